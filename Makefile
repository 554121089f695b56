# make demo   set up, index this project's own manual, ask it a question
# make test   set up and run every check: lint, types, tests; then say which lines no test runs
# make fast   the tests that need no model
# make eval  run the fast suites against the committed baselines (RAG_EVAL_DATA, else ../shared/data); eval-all: every one
# make docs   write the pages of the manual that are made from the code
# make picture  draw docs/demo.svg and docs/page.png anew from real runs
# make sbom   list everything that the program is made of in sbom.json; make audit checks it for known weaknesses
#             (without a network: make audit ADVISORIES=FOLDER, a clone of github.com/pypa/advisory-database)
# make lock   write the lock files anew from pyproject.toml
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test fast lint lock setup docs picture eval eval-all sbom audit clean

demo: setup
	@.ci/demo

test: setup lint
	$(BIN)/pytest -n auto --dist loadfile --cov --cov-report=term

fast: setup
	$(BIN)/pytest -m "not model"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file .ci/tests.ini

docs: setup
	@$(BIN)/python .ci/manual.py

picture: setup
	@$(BIN)/python .ci/picture.py

# Suites whose corpora are indexed in some minutes; eval-all takes every suite that has a baseline.
FAST_SUITES ?= anthropic_docs chroma_chunking hotpotqa_100
ALL_SUITES ?= $(basename $(notdir $(wildcard eval/baselines/*.json)))
export RAG_EVAL_DATA ?= ../shared/data

eval: setup
	@worse=; for suite in $(FAST_SUITES); do \
	  $(BIN)/rag eval gate eval/$$suite.toml --baseline eval/baselines/$$suite.json -d eval.db || worse="$$worse $$suite"; \
	done; [ -z "$$worse" ] || { echo "eval: not as good as the baseline:$$worse" >&2; exit 1; }

eval-all: setup
	@$(MAKE) --no-print-directory eval FAST_SUITES="$(ALL_SUITES)"

sbom: setup
	@$(BIN)/python .ci/sbom.py > sbom.json

# With a copy of the advisories without a network; else in an environment of its own: what checks the pins is none of them.
ifdef ADVISORIES
audit: setup
	@$(BIN)/python .ci/audit.py $(ADVISORIES)
else
audit:
	@$(PYTHON) -m venv .venv-audit && .venv-audit/bin/pip install -q pip-audit
	@for pins in lock build fuzz; do \
	  .venv-audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/$$pins.txt || { \
	    echo "audit: requirements/$$pins.txt failed, for the reason above. If a package could not be looked up, there is no" \
	      "network here or its index knows of no weaknesses: nothing was audited then. Without a network:" \
	      "make audit ADVISORIES=FOLDER, a clone of github.com/pypa/advisory-database" >&2; exit 1; }; \
	done
endif

setup: .venv/ready

.venv/ready: requirements/lock.txt requirements/build.txt pyproject.toml .ci/setup
	@PYTHON=$(PYTHON) .ci/setup
	@touch $@

lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --group build -o requirements/build.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --group fuzz -o requirements/fuzz.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra all --extra server --group dev pyproject.toml -o requirements/lock.txt

clean:
	rm -rf .venv .venv-audit sbom.json
