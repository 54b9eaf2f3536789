# Every target makes its own virtual environment; nothing is installed outside it and the user's cache folder.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := operator:.

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint unit property property-deep coverage mutants bed scenarios chart e2e bench crds build tools cluster cluster-down
# Suites share 2 cores with the clusters that they start: `make -j` would only make them slow.
.NOTPARALLEL:
# What else pytest is told: make unit ARGS='-k pause'
ARGS ?=
# $(call suite,FOLDER,WHAT): a folder without tests, or a test that is skipped, fails (tests/conftest.py).
suite = @echo "== $(1): $(2)" && $(BIN)/python -m pytest tests/$(1) -q $(ARGS)

help: ## show what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

venv: $(VENV)/.ready ## the virtual environment that the other targets use

# The project is installed in place: editing a file needs no second install.
$(VENV)/.ready: pyproject.toml
	@echo "making the virtual environment in $(VENV) (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: venv ## a good release and a bad one under traffic (KUBECONFIG=FILE: on your own cluster)
	$(BIN)/python -m dev.demo $(if $(filter command line,$(origin KUBECONFIG)),--kubeconfig $(KUBECONFIG))

test: lint unit property chart bed scenarios e2e ## everything that CI runs, quick ones first
	@echo "== all suites passed"

unit: venv ## the quick tests: the core and its tables
	$(call suite,unit,decisions without a cluster)

property: venv ## random worlds and failures on the model cluster
	$(call suite,property,random worlds and failures on the model cluster)

property-deep: venv ## the same with 100,000 worlds that were not seen before: an hour and more
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest tests/property -q -n auto -o timeout=0 $(ARGS)

coverage: venv ## how much of the decisions the tables and the properties reach, branch by branch: five minutes
	$(BIN)/python -m pytest tests/unit tests/property -q -n auto --cov --cov-report=term-missing:skip-covered $(ARGS)
	@$(BIN)/python -m dev.branches

# Where mutmut finds the source root under a name that it knows. What it did there it does not do again.
MUTANTS := out/mutants

mutants: venv ## which changed decision of core/rollout no quick test notices: a quarter of an hour
	@mkdir -p $(MUTANTS) && cd $(MUTANTS) && rm -f mutants/mutmut-stats.json && ln -sfn ../../operator src && ln -sfn ../../tests ../../dev ../../pyproject.toml .
	cd $(MUTANTS) && PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH= MYPYPATH=src mutmut run $(ARGS)
	@cd $(MUTANTS) && PYTHONPATH="$(CURDIR)/operator:$(CURDIR)" $(CURDIR)/$(BIN)/python -m dev.mutants

chart: venv ## the chart, the image and the documents, on the real API server
	$(call suite,chart,the chart and the manifests on a real API server)

bed: venv ## the local cluster itself: that it shows what goes wrong
	$(call suite,bed,the local cluster shows what goes wrong)

scenarios: venv ## the same stories on the model and on the real API server
	$(call suite,scenarios,stories on the model cluster and on a real API server)

e2e: venv ## real traffic, real Envoy, real Prometheus
	$(call suite,e2e,releases under real traffic) -n 4 --dist loadgroup

bench: venv ## the budgets, measured, as a table and as out/bench.json
	$(BIN)/python -m tests.bench

lint: venv ## format, lint, strict types and the import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shellcheck .ci/run
	$(BIN)/hadolint Dockerfile

crds: venv ## render crds/, the chart's copies and docs/reference.md from the models
	$(BIN)/tidegate crds --write
	$(BIN)/python -m dev.reference

build: venv ## the wheel, into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

tools: venv ## build and fetch what the local cluster is made of, once
	$(BIN)/python -m dev.cluster build

cluster: venv ## start the local cluster and leave it running; prints how to use it
	$(BIN)/python -m dev.cluster up --detach

cluster-down: venv ## end the local cluster
	$(BIN)/python -m dev.cluster down
