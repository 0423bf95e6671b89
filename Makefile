# m2v: make demo and make test are all the set-up there is.
# Needs Go and a C compiler; make interop and make bench also python3, make interop cargo and node.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CACHE   := .cache
PYTHON  ?= python3
INTEROP_PYTHON := $(abspath $(CACHE))/interop/venv/bin/python
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VEGETA  := github.com/tsenart/vegeta/v12@v12.13.0
MODELS  ?= $(or $(M2V_TEST_MODELS),$(wildcard $(HOME)/.cache/m2v-test-models))
# Only runtime needs cgo; everything else builds and runs without it.
CROSS   := windows/amd64 darwin/arm64 js/wasm

.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/m2v
	go build -trimpath -o bin/m2v ./cmd/m2v

runtime: build ## Install ONNX Runtime where none is found
	@bin/m2v runtime path >/dev/null 2>&1 || bin/m2v runtime install

man: build ## Write the man pages into man/
	bin/m2v man man/man1

commands: build ## Write docs/commands.md
	bin/m2v man --markdown > docs/commands.md

demo: runtime ## Distill the tiny teacher and look at the student
	@scripts/demo.sh

test: runtime ## Run all tests that need no real model
	scripts/test.sh --may-skip 'the reference prunes' -skip '^TestReal' -timeout 20m ./...

test-pure: ## Run all tests without cgo
	CGO_ENABLED=0 scripts/test.sh --may-skip 'cgo|the reference prunes' -skip '^TestReal' -timeout 20m ./...

# Under the race detector a test takes five to twenty times as long. Left out is what runs
# on one goroutine and takes longest: by -short the tokenizer's long tests, by name
# comparisons of whole results with other programs, and an install that hashes a library.
# The tests that compare results of one core and of several stay.
ONE_GOROUTINE := InertiaIsScikitLearns$$|^TestEqualsPlainLloyd$$|^TestBLASEqualsGonum$$|^TestFitEqualsStatPC$$|^TestProjectInPlace$$|^TestMomentsEqualFit$$|^TestInstallTakesTheFileThatIsNamed$$

# Scripts run whole commands, ten times slower under the detector: two that use every
# parallel loop of a fit and of a teacher stand for them, the packages' own tests for the rest.
race: runtime ## Run all tests but the long ones under the race detector
	scripts/test.sh --may-skip 'takes long|the reference prunes' -race -short -skip '^TestReal|^TestScripts|^TestPureScripts|$(ONE_GOROUTINE)' -timeout 20m ./...
	scripts/test.sh -race -run '^TestScripts$$/^(fit|encode_teacher)$$' -timeout 20m ./cmd/m2v

test-real: runtime ## Run the tests on real teachers, in M2V_TEST_MODELS
	@test -n '$(MODELS)' || { echo 'make test-real: set M2V_TEST_MODELS to a folder of real teachers' >&2; exit 1; }
	M2V_TEST_MODELS='$(MODELS)' scripts/test.sh -count=1 -timeout 30m -run '^TestReal' ./...

check: ## Check format, vet, lint, layers, tidiness, sizes and the builds without cgo
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo 'make check: run gofmt -w on these' >&2; exit 1; }
	go mod tidy -diff
	go vet ./...
	go test -run '^TestImports' .
	scripts/licences.sh
	$(MAKE) --no-print-directory lint cross size

lint:
	GOBIN=$(abspath $(CACHE)/bin) scripts/lint.sh $(LINT)

licences: ## List the licences of all dependencies, and refuse those that may not be shipped
	scripts/licences.sh --list

# The sizes that docs/reliability.md and the README name, and their limits.
size: ## Check the sizes of m2v and of a program that only encodes (package static)
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $(CACHE)/embed ./testdata/size
	@scripts/size.sh $(CACHE)/embed 6
	go build -trimpath -ldflags='-s -w' -o $(CACHE)/m2v-stripped ./cmd/m2v
	@scripts/size.sh $(CACHE)/m2v-stripped 32

dist: ## Build the release's programs into dist/, twice, and compare; checksums, completions, man pages
	scripts/dist.sh dist

harden: build ## Kill distill, train, featurize and push at random moments, RUNS times each; fail system calls of an export one by one (strace)
	M2V_HARDEN=$(or $(RUNS),10) go test -tags harden -count=1 -timeout 2h -run '^TestKilledAnywhere$$' -v ./cmd/m2v
	scripts/faults.sh bin/m2v

cross:
	@for target in $(CROSS); do echo "build and vet for $$target, without cgo"; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} go build ./... ; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} go vet ./... ; done

interop: runtime ## Compare our folders' vectors in Python model2vec, model2vec-rs, ONNX Runtime, transformers.js and gensim
	testdata/interop/setup.sh $(PYTHON) $(CACHE)/interop
	M2V_TEST_MODELS='$(MODELS)' $(INTEROP_PYTHON) testdata/interop/interop.py
	M2V_PYTHON='$(INTEROP_PYTHON)' go test -tags interop -count=1 -run '^TestInterop' ./hub

interop-eval: build ## Score a stub model by m2v eval and by mteb itself (installs torch: some gigabytes)
	testdata/interop/eval/setup.sh $(PYTHON) $(CACHE)/interop-eval
	$(CACHE)/interop-eval/venv/bin/python testdata/interop/eval/interop_eval.py bin/m2v $(CACHE)/interop-eval/run

interop-serve: build ## Ask m2v serve by OpenAI's clients for Python and Node, huggingface_hub's and langchain's
	testdata/serve/setup.sh $(PYTHON) $(CACHE)/interop-serve
	$(CACHE)/interop-serve/venv/bin/python testdata/serve/clients.py

load-serve: build ## Put m2v serve under load on the loopback interface, beside encode (MINUTES=10: memory)
	GOBIN=$(abspath $(CACHE)/bin) go install $(VEGETA)
	M2V_TEST_MODELS='$(MODELS)' $(PYTHON) testdata/serve/load.py

bench: runtime ## Measure distill against Python and a bare ONNX Runtime loop, and ablate
	testdata/bench/setup.sh $(PYTHON) $(CACHE)/bench
	M2V_TEST_MODELS='$(MODELS)' $(CACHE)/bench/venv/bin/python testdata/bench/distill.py
	M2V_TEST_MODELS='$(MODELS)' $(CACHE)/bench/venv/bin/python testdata/bench/ablate.py

bench-encode: runtime ## Measure encode against model2vec-rs and Python
	testdata/interop/setup.sh $(PYTHON) $(CACHE)/interop
	M2V_TEST_MODELS='$(MODELS)' $(INTEROP_PYTHON) testdata/bench/encode.py

benchmarks: runtime ## Make the tables of docs/benchmarks.md anew (PARTS=distill,encode: some), on a quiet machine
	testdata/bench/setup.sh $(PYTHON) $(CACHE)/bench
	testdata/interop/setup.sh $(PYTHON) $(CACHE)/interop
	M2V_TEST_MODELS='$(MODELS)' $(CACHE)/bench/venv/bin/python testdata/bench/page.py

bench-large: runtime ## Measure the memory of m2v distill with 276,325 and 501,153 tokens; 2 GB of disk
	testdata/bench/setup.sh $(PYTHON) $(CACHE)/bench
	$(CACHE)/bench/venv/bin/python testdata/bench/large.py

bench-scale: ## Measure the memory and time of a fit to 1 and 10 million texts, of which S is mapped
	go build -o $(CACHE)/bench-scale ./testdata/bench/scale
	$(CACHE)/bench-scale -texts 1000000
	$(CACHE)/bench-scale -texts 1000000 -dims 64
	$(CACHE)/bench-scale -texts 10000000

bench-eval: runtime ## Measure eval against an independent program, and a teacher's against onnxruntime
	testdata/bench/setup.sh $(PYTHON) $(CACHE)/bench
	M2V_TEST_MODELS='$(MODELS)' $(CACHE)/bench/venv/bin/python testdata/bench/eval.py

bench-fit: runtime ## Measure a fit against scipy and the reference's trainer, and score its students
	testdata/bench/setup.sh $(PYTHON) $(CACHE)/bench
	M2V_TEST_MODELS='$(MODELS)' $(CACHE)/bench/venv/bin/python testdata/bench/fit.py

test-scale: runtime ## Test what runs on many machines: shares, Slurm, Kubernetes' commands, Spark, S3 (minutes; needs slurm-wlm, Java 17)
	scripts/scale/setup.sh $(PYTHON) $(CACHE)/scale
	go test -count=1 -run 'Process' ./features
	go test -count=1 -run '^TestScripts$$/^shares$$' ./cmd/m2v
	scripts/scale/slurm.sh bin/m2v
	$(CACHE)/scale/venv/bin/python scripts/scale/kubernetes.py bin/m2v
	$(CACHE)/scale/venv/bin/python scripts/spark/test.py bin/m2v
	M2V_TEST_S3_SERVER='$(abspath $(CACHE)/scale/bin/versitygw)' go test -tags scale -count=1 ./store/s3
	scripts/scale/s3.sh bin/m2v $(CACHE)/scale/bin/versitygw

bench-train: runtime ## Measure classifiers against scikit-learn and, with M2V_TRAIN_PYTHON, the reference's trainer
	testdata/bench/setup.sh $(PYTHON) $(CACHE)/bench
	M2V_TEST_MODELS='$(MODELS)' $(CACHE)/bench/venv/bin/python testdata/bench/train.py
	M2V_TEST_MODELS='$(MODELS)' $(CACHE)/bench/venv/bin/python testdata/bench/tokenlearn.py

bench-further: build ## Score the students of STUDENTS='DIR…' by the score that settings are chosen by, and by the 14
	M2V=bin/m2v $(PYTHON) testdata/bench/further.py $(STUDENTS)

bench-table: build ## Write the table of size, speed and score of docs/fitting.md: BGE=DIR and MINILM=DIR are features of the same texts
	M2V=bin/m2v M2V_TEST_MODELS='$(MODELS)' $(PYTHON) testdata/bench/table.py --write docs/fitting.md

sentences: build ## Make .cache/bench/sentences.txt, N=60000 plain sentences from packages, for a fit (docs/fitting.md)
	@mkdir -p $(CACHE)/bench
	bin/m2v eval --print-texts --data ../shared/eval > $(CACHE)/bench/held.jsonl
	$(PYTHON) testdata/bench/sentences.py $(CACHE)/bench/sentences.txt $(CACHE)/bench/held.jsonl $(or $(N),60000)

corpora: sentences ## Make .cache/bench/tasks.txt and random.txt too: all training texts of the shared data's tasks, strings of random words
	$(PYTHON) testdata/bench/corpora.py tasks $(CACHE)/bench/tasks.txt
	$(PYTHON) testdata/bench/corpora.py random $(CACHE)/bench/random.txt 40000 9 "$$(../shared/bin/get-texts | tail -1)/generic.txt" $(CACHE)/bench/sentences.txt

goldens: ## Make the tiny goldens again with the reference, as testdata/gen has it (torch is large)
	testdata/gen/setup.sh $(PYTHON) $(CACHE)/gen
	$(CACHE)/gen/venv/bin/python testdata/gen/goldens.py
	$(CACHE)/gen/venv/bin/python testdata/gen/distill_fit.py ../shared/bin/fit-oracle.py
	git diff --stat -- testdata distill/testdata

fuzz: ## Fuzz every format for 20 seconds each
	scripts/fuzz.sh 20s

fuzz-tokenizers: ## Compare ids with the tokenizers package on random Unicode
	testdata/interop/setup.sh $(PYTHON) $(CACHE)/interop
	M2V_PYTHON='$(INTEROP_PYTHON)' M2V_TEST_MODELS='$(MODELS)' go test -tags fuzz_tokenizers -count=1 -timeout 1h -run AgainstTokenizers -v ./tokenizer

clean: ## Remove what was built here
	rm -rf bin dist $(CACHE)
