# make run serves the app; make test runs everything; make help lists the rest.

PORT ?= 7860
HOST ?= 127.0.0.1
DECK_PORT ?= 8501
PYTHON ?= $(firstword $(shell command -v python3.11 python3 python))
PYTEST ?= -n 2 --dist loadfile
CHROMIUM := /usr/bin/chromium
NGINX := /usr/sbin/nginx

# The stamps are named after what the requirements say, so an unchanged .venv is used as it is.
hash = $(firstword $(shell cat $(1) | sha256sum | cut -c 1-12))
RUN_STAMP := .venv/.run-$(call hash,requirements.txt)
NODE_STAMP := node_modules/.stamp-$(call hash,package.json)
DEV_STAMP := .venv/.dev-$(call hash,requirements.txt requirements-faces.txt requirements-cluster.txt requirements-dev.txt)

.PHONY: help install run present test check format bench dev chromium nginx scripts lock audit gpu-check tools clean
.DEFAULT_GOAL := help

help:
	@echo "make install   makes .venv and installs what the app needs"
	@echo "make run       installs if needed and serves on http://$(HOST):$(PORT)  (HOST=0.0.0.0 PORT=8000 override)"
	@echo "make present   serves the deck for stakeholders on http://$(HOST):$(DECK_PORT)  (DECKS=folder adds your own)"
	@echo "make test      installs what tests need, a browser included, and runs every test"
	@echo "make check     formats, lints, checks types (with CI=1 it only says what it would format)"
	@echo "make bench     runs benchmarks/ and prints one table: name, ours, bare library, ratio"
	@echo "make lock      writes requirements.lock: the versions that the tests run with, with their hashes"
	@echo "make audit     asks for known vulnerabilities of what is locked; says so where it can't reach their database"
	@echo "make gpu-check runs everything on CUDA and on the processor, compares, writes docs/gpu.md"

install: $(RUN_STAMP)

$(RUN_STAMP):
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet -r requirements.txt
	@touch $@

dev: $(DEV_STAMP)

$(DEV_STAMP):
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet -r requirements-dev.txt
	.venv/bin/python -m genai_demo prefetch decoder/smollm2 rag/minilm || echo "the tests on models of others will be skipped"
	@touch $@ $(RUN_STAMP)

chromium:
	@test -x $(CHROMIUM) || { test "$$(id -u)" = 0 || { echo "install chromium first: apt-get install chromium"; exit 1; }; \
	  export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && \
	  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

nginx:
	@test -x $(NGINX) || { test "$$(id -u)" = 0 && export DEBIAN_FRONTEND=noninteractive && apt-get update -qq && \
	  apt-get install -y -qq --no-install-recommends nginx-light; } || echo "no nginx here: tests of deploy/nginx.conf are skipped"

run: install
	@PORT=$(PORT) HOST=$(HOST) .venv/bin/python app.py

present: install
	@.venv/bin/python -m streamlit run present.py --server.port $(DECK_PORT) --server.address $(HOST) -- $(DECKS)

test: dev chromium nginx
	.venv/bin/python -m pytest $(PYTEST) --ignore=tests/pages
	.venv/bin/python -m pytest $(PYTEST) tests/pages  # apart: what a page still computes draws from torch's shared numbers

check: dev scripts
	.venv/bin/ruff format $(if $(CI),--check)
	.venv/bin/ruff check
	.venv/bin/python -m mypy

# The scripts of the pages; the app needs no npm, only this does.
ifneq ($(shell command -v npm),)
scripts: $(NODE_STAMP)
	npm run --silent check
else
scripts:
	@echo "no npm here: ESLint and tsc over the scripts are skipped (tests/test_scripts.py checks a part of it)"
endif

$(NODE_STAMP):
	npm install --silent --package-lock=false --no-audit --no-fund
	@touch $@

format: dev
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

bench: dev chromium
	.venv/bin/python -m benchmarks

# Tools that nothing else needs, in an environment of their own.
tools: .venv-tools/bin/uv

.venv-tools/bin/uv:
	$(PYTHON) -m venv .venv-tools
	.venv-tools/bin/python -m pip install --quiet "uv>=0.9,<1" "pip-audit>=2.9,<3"

lock: tools dev
	.venv/bin/python -m pip freeze --exclude-editable | grep -v " @ " > .venv/.tried.txt
	.venv-tools/bin/uv pip compile requirements.txt requirements-faces.txt -c .venv/.tried.txt --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o requirements.lock

audit: tools
	@.venv-tools/bin/pip-audit --disable-pip --no-deps -r requirements.lock --timeout 10 --progress-spinner off \
	  --format json 2>/dev/null | $(PYTHON) -m genai_demo.upkeep.audit

gpu-check: install
	@.venv/bin/python -m genai_demo gpu-check

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis out
