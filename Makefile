# make demo    a virtual environment, dmod with what the demo needs, three rivers simulated and scored
# make test    the tests; ARGS=--live runs the slow ones too, on every real thing they can drive
# make check   what CI runs: style, types, layers, and the tests with --live
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# files side by side, the tests of a file in their order
PYTEST := $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile
ARGS ?=

.PHONY: demo test check

demo: .venv/demo
	@$(BIN)/dmod demo $(ARGS)

test: .venv/dev
	@$(PYTEST) $(ARGS)

check: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(PYTEST) --live

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'error: dmod needs Python 3.11 or newer, and $(PYTHON) is older; fix: make demo PYTHON=python3.12' >&2; exit 2; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/demo: .venv/python pyproject.toml
	@echo 'installing dmod into .venv (first time only, about a minute)' >&2
	@$(PIP) install --editable '.[demo]'
	@touch $@

.venv/dev: .venv/demo
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --editable '.[all]' --group dev
	@touch $@
