# Every target makes its own virtual environment; nothing is installed outside it and the user's cache folder.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := operator:.

.DEFAULT_GOAL := help
.PHONY: help venv demo test unit lint crds cluster cluster-down

help: ## show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

venv: $(VENV)/.ready ## the virtual environment that the other targets use

# The project is installed in place: editing a file needs no second install.
$(VENV)/.ready: pyproject.toml
	@echo "making the virtual environment in $(VENV) (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

unit: venv ## the quick tests: the core, its tables and the model cluster
	$(BIN)/python -m pytest tests/unit -q

lint: venv ## format, lint, strict types and the import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

crds: venv ## render crds/ and the chart's copies from the models
	$(BIN)/tidegate crds --write

cluster: venv ## start the local cluster and leave it running; prints how to use it
	$(BIN)/python -m dev.cluster up --detach

cluster-down: venv ## end the local cluster
	$(BIN)/python -m dev.cluster down
