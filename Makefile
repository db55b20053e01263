# Everything a person does with this checkout. `make` alone lists the targets.
# Needs Python 3.11 or newer and nothing else; what is installed goes into .venv and nowhere else.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.core-is-installed
DEV := $(VENV)/.dev-is-installed
PYTEST_ARGS ?=
JOBS ?= 2

.PHONY: help
help: ## List the targets (this is what `make` alone does)
	@echo "usage: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/\1|\2/p' Makefile | while IFS='|' read -r name about; do \
		printf '  %-12s %s\n' "$$name" "$$about"; done

.PHONY: setup
setup: $(CORE) ## Create .venv and install ListBackup into it (instant when nothing changed)
	@echo "ListBackup is installed: try  $(BIN)/listbackup --help"

.PHONY: setup-dev
setup-dev: $(DEV) ## As setup, plus what tests, checks and exports need

$(CORE): pyproject.toml tools/setup_venv.py
	@$(PYTHON) tools/setup_venv.py $(VENV) --stamp $@

$(DEV): pyproject.toml tools/setup_venv.py
	@$(PYTHON) tools/setup_venv.py $(VENV) --extra dev --stamp $@
	@touch $(CORE)

.PHONY: demo
demo: $(CORE) ## Back up a simulated CRM twice, compare, restore and verify it: the whole product in one go
	@$(BIN)/listbackup demo $(ARGS)

SERVER := $(VENV)/.server-is-installed

$(SERVER): pyproject.toml tools/setup_venv.py
	@$(PYTHON) tools/setup_venv.py $(VENV) --extra server --stamp $@
	@touch $(CORE)

.PHONY: run
run: $(SERVER) ## Serve the HTTP API on 127.0.0.1:8400 with scheduler and workers; the first start prints an API key
	@$(BIN)/listbackup serve $(ARGS)

.PHONY: openapi
openapi: $(DEV) ## Write openapi.json as the routes say it, and the Python client that it describes
	@$(BIN)/python tools/write_openapi.py
	@$(BIN)/python tools/write_client.py

.PHONY: test
test: static ## Everything CI runs: the checks, then every test, JOBS=2 at a time (PYTEST_ARGS="-k name" for some)
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)

.PHONY: check
check: static docs-test ## Lint, format, types, import contracts, spelling, and the commands in the docs

.PHONY: static
static: $(DEV) ## The part of check that runs nothing: ruff, mypy, lint-imports, codespell
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell README.md ARCHITECTURE.md CONTRIBUTING.md Makefile changes docs src tests tools

.PHONY: docs-test
docs-test: $(DEV) ## Run every command that the README and the guides show
	@$(BIN)/python -m pytest -q tests/house

.PHONY: bench
bench: $(DEV) ## Measure against the peers, side by side, and write bench/RESULTS.md (minutes)
	@$(BIN)/python -m bench $(ARGS)

.PHONY: trust-long
trust-long: $(DEV) ## The long trust figures: kills, power cuts, lies, simulators (hours)
	@$(BIN)/python -m pytest -m long --timeout 0 $(PYTEST_ARGS)

.PHONY: clean
clean: ## Remove what was built or cached, and .venv
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist .demo
	@find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +
