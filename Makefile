# What people type; CI types the same (.ci/run).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where it is set, every start would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test check live live-setup bench format lock clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: $(VENV)/installed ## everything into .venv

$(VENV)/installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "deskpulse needs Python 3.11 or newer as $(PYTHON): install it, or say which: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv) and try again." >&2; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## the main job with a made-up help desk, no account needed
	@$(BIN)/deskpulse demo

test: setup ## the tests that need nothing but Python
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not live and not thorough"

check: setup ## lint, types, import contract, docs
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/test_docs.py

live: setup ## the thorough tests, and those against Request Tracker, PostgreSQL, a Slack emulator and Chromium
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory live-setup; else echo "npm is missing: the tests with the Slack emulator will be skipped"; fi
	@# More at a time than there are processors, for much of what the live ones do is to wait; the files
	@# in their order, so that those which take longest are begun first.
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "thorough or live"

live-setup: tests/live/node_modules/installed

tests/live/node_modules/installed: tests/live/package-lock.json tests/live/blockkit.ts
	@npm ci --prefix tests/live --silent --no-fund --no-audit
	@npm run --prefix tests/live --silent blockkit
	@touch $@

bench: setup ## speed, as ratios to a floor measured in the same run
	@$(BIN)/python -m tests.bench

format: setup ## tidy the code
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lock: setup ## newest versions into the lock files
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --extra postgres pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --extra postgres --group dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock

clean: ## forget everything that was built
	@rm -rf $(VENV) tests/live/node_modules demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
