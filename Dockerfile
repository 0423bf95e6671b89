# m2v with ONNX Runtime: docker build -t m2v . && docker run --rm -v "$PWD:/work" m2v distill TEACHER -o student
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o /out/m2v ./cmd/m2v

# The pinned release of ONNX Runtime, by pip, with its SHA-256 checked.
FROM python:3.12-slim-bookworm AS runtime
COPY --from=build /out/m2v /usr/local/bin/m2v
RUN XDG_CACHE_HOME=/opt m2v runtime install

FROM debian:bookworm-slim
RUN useradd --create-home --uid 1000 m2v && mkdir /work && chown m2v /work
COPY --from=build /out/m2v /usr/local/bin/m2v
# The Hub is asked over https; the slim image has no certificates.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=runtime /opt/m2v /opt/m2v
ENV XDG_CACHE_HOME=/home/m2v/.cache
RUN ln -s /opt/m2v/onnxruntime-*/libonnxruntime.so.* /opt/m2v/libonnxruntime.so
ENV M2V_ORT_LIB=/opt/m2v/libonnxruntime.so
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["m2v"]
CMD ["--help"]
