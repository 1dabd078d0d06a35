# The front door. `make tour` and `make test` make the environment first, then do their job.

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(shell for p in python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && command -v $$p && break; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

.PHONY: help env tour test test-all lint lab notebooks lock clean

help:
	@echo 'make tour       the whole course in a few minutes: data, three networks, their maps, graded submissions'
	@echo 'make test       lint, types and the default tests;  make test-all adds the slow ones'
	@echo 'make lab        open JupyterLab on the course'
	@echo 'make notebooks  build solutions/ and course/ from the percent sources'
	@echo 'make env        only the environment (.venv);  make clean removes it'

env: $(VENV)/.made

# Without resolution: the lock is the whole truth, so iNNvestigate's outdated bounds never matter.
$(VENV)/.locked: requirements.lock
	@if [ -n "$(PYTHON)" ]; then "$(PYTHON)" -m venv --clear $(VENV); \
	elif command -v uv >/dev/null; then uv venv --quiet --seed --clear --python 3.11 $(VENV); \
	elif command -v python3 >/dev/null; then \
		python3 -m venv .uv && .uv/bin/pip install --quiet uv && .uv/bin/uv venv --quiet --seed --clear --python 3.11 $(VENV) && rm -rf .uv; \
	else echo 'toonlens: no Python found: install Python 3.11 with pip, then run make again' >&2; exit 2; fi
	@echo 'installing the locked packages into $(VENV) (once; a minute or two) ...'
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.made: $(VENV)/.locked pyproject.toml
	@$(PIP) --no-build-isolation --editable .
	@touch $@

tour: env
	@$(BIN)/toonlens tour

test: env lint
	@$(BIN)/pytest

test-all: env lint
	@$(BIN)/pytest -m 'slow or not slow'

lint: env
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lab: env
	@$(BIN)/jupyter lab course

notebooks: env
	@$(BIN)/toonlens labs build

# Writes no registry address; the universal lock serves Linux, macOS and Windows.
lock: env
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements.lock

clean:
	@rm -rf $(VENV)
