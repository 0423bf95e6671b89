"""make interop-serve: m2v serve asked by the clients that people have.

OpenAI's for Python and for Node, huggingface_hub's InferenceClient and langchain's
embeddings. Whatever they ask and however the vectors travel, these are those of m2v encode.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import openai
from huggingface_hub import InferenceClient
from langchain_huggingface import HuggingFaceEndpointEmbeddings

ROOT = pathlib.Path(__file__).resolve().parents[2]
M2V, DIR = ROOT / "bin/m2v", pathlib.Path(sys.prefix).parent
MODEL = ROOT / "static/testdata/float32"
TEXTS = ["the old stone bridge", "summer music", "naïve café 日本", "xyzzy the"]
KEY = "a key"


def encode(folder: pathlib.Path, *flags: str) -> np.ndarray:
    out = folder / "vectors.npy"
    subprocess.run([M2V, "encode", MODEL, "-", "-o", out, "--quiet", *flags], input="\n".join(TEXTS).encode(), check=True)
    return np.load(out)


def same(name: str, got, want: np.ndarray) -> None:
    got = np.asarray(got, dtype=np.float32)
    if got.shape != want.shape or not np.array_equal(got, want):
        raise SystemExit(f"{name}: the vectors are not those of m2v encode:\n{got}\n{want}")
    print(f"{name}: {want.shape[0]} vectors of {want.shape[1]}, equal to those of m2v encode")


def equal(name: str, got, want) -> None:
    if got != want:
        raise SystemExit(f"{name}: {got!r}, want {want!r}")
    print(f"{name}: {got!r}")


def python_openai(url: str, want: np.ndarray, cut: np.ndarray) -> None:
    client = openai.OpenAI(base_url=url + "/v1", api_key=KEY, max_retries=0)

    def vectors(**options):
        return [d.embedding for d in client.embeddings.create(model="student", **{"input": TEXTS, **options}).data]

    same("openai, Python, as it comes", vectors(), want)  # base64 on the wire
    same("openai, Python, float", vectors(encoding_format="float"), want)
    same("openai, Python, dimensions", vectors(dimensions=5), cut)
    same("openai, Python, one text", vectors(input=TEXTS[0]), want[:1])
    same("openai, Python, token ids", vectors(input=[[2, 17, 28, 39], [32, 34]]), want[:2])
    equal("openai, Python, usage", client.embeddings.create(model="student", input="summer music").usage.total_tokens, 2)
    equal("openai, Python, models", [m.id for m in client.models.list()], ["student"])
    equal("openai, Python, one model", client.models.retrieve("student").owned_by, "m2v")
    for name, options, kind, code in (
        ("unknown model", {"model": "gpt-5"}, openai.NotFoundError, "model_not_found"),
        ("empty text", {"input": ""}, openai.BadRequestError, None),
        ("too many dimensions", {"dimensions": 99}, openai.UnprocessableEntityError, None),
    ):
        try:
            client.embeddings.create(**{"model": "student", "input": "a", **options})
            raise SystemExit(f"openai, Python, {name}: no error")
        except openai.APIStatusError as error:
            equal(f"openai, Python, {name}", (type(error), error.code, error.type), (kind, code, "invalid_request_error"))
    try:
        openai.OpenAI(base_url=url + "/v1", api_key="another", max_retries=0).models.list()
        raise SystemExit("openai, Python: another key is taken")
    except openai.AuthenticationError as error:
        equal("openai, Python, another key", error.code, "invalid_api_key")


def node_openai(url: str, want: np.ndarray, cut: np.ndarray) -> None:
    got = json.loads(subprocess.run(["node", "client.mjs", url, KEY], cwd=DIR, input=json.dumps(TEXTS).encode(), stdout=subprocess.PIPE, check=True).stdout)
    same("openai, Node, as it comes", got["plain"], want)
    same("openai, Node, float", got["float"], want)
    same("openai, Node, dimensions", got["cut"], cut)
    equal("openai, Node, models", got["models"], ["student"])
    equal("openai, Node, unknown model", got["unknown"][:3], ["NotFoundError", 404, "model_not_found"])
    equal("openai, Node, empty text", got["empty"][:2], ["BadRequestError", 400])


def hugging_face(url: str, want: np.ndarray, raw: np.ndarray) -> None:
    for path in ("", "/embed"):
        client = InferenceClient(model=url + path, token=KEY)
        for i, text in enumerate(TEXTS):
            same(f"huggingface_hub, {path or 'root'}, text {i}", client.feature_extraction(text), want[i:i + 1])
        same(f"huggingface_hub, {path or 'root'}, not normalised", client.feature_extraction(TEXTS[0], normalize=False, truncate=True), raw[:1])
    got = InferenceClient(model=url + "/similarity", token=KEY).sentence_similarity(TEXTS[0], other_sentences=TEXTS)
    cosines = want @ want[0] / np.linalg.norm(want, axis=1) / np.linalg.norm(want[0])
    if not np.allclose(got, cosines, atol=1e-6):
        raise SystemExit(f"huggingface_hub, similarity: {got}, want {cosines}")
    print(f"huggingface_hub, similarity: {got}")


def langchain(url: str, want: np.ndarray) -> None:
    embeddings = HuggingFaceEndpointEmbeddings(model="m2v/student", huggingfacehub_api_token=KEY)
    embeddings.client = InferenceClient(model=url + "/embed", token=KEY)  # langchain takes no address itself
    same("langchain, documents", embeddings.embed_documents(TEXTS), want)
    same("langchain, query", [embeddings.embed_query(TEXTS[1])], want[1:2])


def main() -> None:
    os.environ.pop("HF_HUB_OFFLINE", None)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        want, cut, raw = encode(folder), encode(folder, "--dims", "5"), encode(folder, "--no-normalize")
    server = subprocess.Popen([M2V, "serve", f"student={MODEL}", "--addr", "127.0.0.1:0", "--quiet"], stdout=subprocess.PIPE, text=True, env={**os.environ, "M2V_API_KEY": KEY})
    try:
        url = server.stdout.readline().strip()
        python_openai(url, want, cut)
        node_openai(url, want, cut)
        hugging_face(url, want, raw)
        langchain(url, want)
    finally:
        server.terminate()
    equal("exit code", server.wait(30), 0)


main()
