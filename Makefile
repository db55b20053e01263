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
EMULATOR := .emulator/.is-installed
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

CDK := infra/node_modules/.is-installed
DEPLOY := $(VENV)/.deploy-is-installed

$(CDK): infra/package-lock.json
	@cd infra && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(DEPLOY): pyproject.toml tools/setup_venv.py
	@$(PYTHON) tools/setup_venv.py $(VENV) --extra deploy --stamp $@
	@touch $(CORE)

.PHONY: setup-deploy
setup-deploy: $(DEPLOY) $(CDK) ## As setup, plus what `listbackup deploy` needs (Node 20.9 or newer)

.PHONY: synth
synth: $(DEV) $(CDK) ## Write the CloudFormation templates of STAGE=main into infra/cdk.out
	@cd infra && PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/cdk synth --quiet --no-notices --context stage=$(or $(STAGE),main) \
		--context functions=$(CURDIR)/tests/infra/functions

.PHONY: demo
demo: $(CORE) ## Back up a simulated CRM twice, compare, restore and verify it: the whole product in one go
	@$(BIN)/listbackup demo $(ARGS)

NODE := $(shell command -v node >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 9) ? 0 : 1)' && echo yes)
NPM_CI := web/node_modules/.is-installed
WEB := src/listbackup/api/web/_ui.json
CHROMIUM ?= /usr/bin/chromium
WEB_ARGS ?=
RUNS ?= 5

$(NPM_CI): web/package-lock.json
	@cd web && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB): $(NPM_CI) openapi.json $(shell find web/src web/messages web/public web/scripts web/next.config.ts -type f -not -path 'web/src/messages/*' -not -name schema.d.ts 2>/dev/null)
	@cd web && NEXT_TELEMETRY_DISABLED=1 npm run --silent build
	@rm -rf $(@D) && cp -r web/out $(@D)

.PHONY: web
web: $(if $(NODE),$(WEB)) ## Build the web app, which `make run` then serves (needs Node 20.9 or newer)
ifeq ($(NODE),)
	@echo "The web app is left out: building it needs Node 20.9 or newer. The API works without it."
endif

.PHONY: web-check
web-check: $(NPM_CI) ## Types, lint and unit tests of the web app
	@cd web && npm run --silent check && npm run --silent unit

.PHONY: test-web
test-web: $(WEB) $(DEV) ## The web app in a real browser, against the real server (WEB_ARGS="-g name" for some)
	@if $(BIN)/python tools/find_chromium.py $(CHROMIUM); then \
		cd web && CHROMIUM=$(CHROMIUM) JOBS=$(JOBS) npm run --silent e2e -- $(WEB_ARGS); fi

.PHONY: web-quality
web-quality: $(WEB) $(DEV) ## Measure the web app on a quiet machine and write web/QUALITY.md (minutes)
	@cd web && status=0; QUIET=1 JOBS=1 CHROMIUM=$(CHROMIUM) npm run --silent e2e -- quality --no-deps || status=$$?; \
		node scripts/quality.mjs; exit $$status

.PHONY: web-lighthouse
web-lighthouse: $(WEB) $(DEV) ## The same by Lighthouse, each screen RUNS=5 times for a phone and a desktop (a quarter of an hour)
	@cd web && status=0; QUIET=1 JOBS=1 LIGHTHOUSE=$(RUNS) CHROMIUM=$(CHROMIUM) npm run --silent e2e -- lighthouse || status=$$?; \
		node scripts/quality.mjs; exit $$status

SERVER := $(VENV)/.server-is-installed

$(SERVER): pyproject.toml tools/setup_venv.py
	@$(PYTHON) tools/setup_venv.py $(VENV) --extra server --stamp $@
	@touch $(CORE)

.PHONY: run
run: $(SERVER) web ## Serve web app and HTTP API on 127.0.0.1:8400 with scheduler and workers; the first start prints a set-up code
	@$(BIN)/listbackup serve $(ARGS)

FUNCTIONS ?= build/functions

.PHONY: functions
functions: $(DEV) ## Build the folders that the functions of the cloud consist of, into FUNCTIONS=build/functions
	@$(BIN)/python tools/build_functions.py $(FUNCTIONS) $(ARGS)

.PHONY: openapi
openapi: $(DEV) ## Write openapi.json as the routes say it, and the Python client that it describes
	@$(BIN)/python tools/write_openapi.py
	@$(BIN)/python tools/write_client.py

$(EMULATOR): tools/setup_emulator.py tools/emulator.txt
	@$(PYTHON) tools/setup_emulator.py $(@D) --stamp $@

.PHONY: emulator
emulator: $(EMULATOR) ## Install the AWS emulator that the tests in tests/aws start, into .emulator (instant when nothing changed)

.PHONY: test
test: static $(EMULATOR) $(if $(NODE),web-check $(WEB) $(CDK)) ## Everything CI runs: the checks, then every test, JOBS=2 at a time (PYTEST_ARGS="-k name" for some)
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)
	@$(if $(NODE),$(if $(PYTEST_ARGS),true,$(MAKE) --no-print-directory test-aws),echo "No stage was deployed: that needs Node 20.9 or newer.")
	@$(if $(NODE),$(MAKE) --no-print-directory test-web,echo "The web app was not tested: that needs Node 20.9 or newer.")

.PHONY: test-aws
test-aws: $(DEV) $(EMULATOR) $(CDK) $(WEB) ## Deploy a whole stage to the emulator and take the journey of a new user through it
	@$(BIN)/python -m pytest -q -m deployed tests/e2e/cloud $(PYTEST_ARGS)

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

.PHONY: drill
drill: $(CORE) ## Lose an installation of 250 accounts and a thousand schedules, bring it back, and time it (minutes)
	@$(BIN)/listbackup doctor --drill --accounts 250 $(ARGS)

.PHONY: clean
clean: ## Remove what was built or cached, and .venv
	@rm -rf $(VENV) .emulator infra/node_modules infra/cdk.out web/node_modules web/.next web/out src/listbackup/api/web .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist .demo
	@find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +
