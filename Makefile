# The verbs of this repository; .ci/run and the workflows call nothing else.
#
# Everything runs in a virtual environment named after the interpreter's version, so that
# `make test` and `make test PYTHON=python3.12` live side by side. Stamp files inside it
# remember what is installed and built: a repeated call starts at once.

PYTHON ?= python3
PYTEST_ARGS ?=
WORKLOAD ?= invoke.h1
INSTRUCTIONS_ARGS ?=

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# "3.12 .cpython-312-x86_64-linux-gnu.so", or "3.14t …" for a free-threaded interpreter.
PROBE := $(shell $(PYTHON) .ci/probe.py version 2>/dev/null)
VERSION := $(word 1,$(PROBE))
EXTENSION := python/ferrule/_core$(word 2,$(PROBE))

VENV := .venv-$(VERSION)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Cargo output per version: PyO3 is configured for one interpreter at a time.
export CARGO_TARGET_DIR := $(CURDIR)/target/py$(VERSION)
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python

ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),help)),)
ifeq ($(VERSION),)
$(error `$(PYTHON)` is no Python 3.10 or later; name one with PYTHON=…)
endif
ifeq ($(shell command -v cargo),)
$(error `cargo` was not found; install a Rust toolchain (https://rustup.rs))
endif
endif

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Variables: PYTHON=$(PYTHON)  PYTEST_ARGS='-k name'  WORKLOAD=$(WORKLOAD)"

# ------------------------------------------------------------------------ environment

$(VENV)/.pip:
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

# Dependency groups. The optional ones (libraries of the extras, langchain-core, the
# documentation tools) may be unavailable for an interpreter; the rest may not.
$(VENV)/.group-%: pyproject.toml | $(VENV)/.pip
	@echo "installing the $* group"
	@$(PIP) install --group $*
	@touch $@

$(VENV)/.optional-%: pyproject.toml | $(VENV)/.pip
	@echo "installing the $* group"
	@$(PIP) install --group $* || echo "skipped: the $* group cannot be installed for Python $(VERSION), see above"
	@touch $@

SOURCES := Cargo.toml pyproject.toml $(wildcard Cargo.lock build.rs) $(shell find rust -name '*.rs')

# The stamp is newer than the extension that it stands for, unless somebody removed that.
$(VENV)/.built: $(SOURCES) $(if $(wildcard $(EXTENSION)),,missing-extension) $(VENV)/.group-build
	@echo "building the extension for Python $(VERSION)"
	@env -u CONDA_PREFIX PIP_QUIET=1 VIRTUAL_ENV=$(CURDIR)/$(VENV) \
	  $(BIN)/maturin develop --release --quiet --extras anthropic
	@touch $@

.PHONY: missing-extension
missing-extension:

.PHONY: build
build: $(VENV)/.built ## Build the release extension in place, in an environment of its own

TESTABLE := $(VENV)/.built $(VENV)/.group-test $(VENV)/.optional-extras $(VENV)/.optional-parity

# ------------------------------------------------------------------------------ verbs

.PHONY: demo
demo: $(VENV)/.built ## Run the documented examples (real model with ANTHROPIC_API_KEY set)
	@$(BIN)/python -m ferrule

.PHONY: test
test: test-rust test-python ## Run all tests

.PHONY: test-rust
test-rust: $(VENV)/.pip ## Run the Rust unit tests
	@if reason=$$($(BIN)/python .ci/probe.py libpython 2>&1); then \
	  env $$reason cargo test --quiet; \
	else echo "skipped: cargo test ($$reason)"; fi

.PHONY: test-python
test-python: $(TESTABLE) ## Run the Python tests
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: test-parity
test-parity: $(TESTABLE) ## Run the comparison with langchain-core only
	@$(BIN)/python -m pytest tests/parity -p no:randomly $(PYTEST_ARGS)

# The packages of the LangChain ecosystem, in an environment of their own: they pin each other's
# versions. Those packages leave langchain-core patched, so its own tests come first.
ECOSYSTEM := .venv-ecosystem-$(VERSION)

$(ECOSYSTEM)/.installed: tests/ecosystem/requirements.txt
	@echo "creating $(ECOSYSTEM)"
	@rm -rf $(ECOSYSTEM)
	@$(PYTHON) -m venv $(ECOSYSTEM)
	@if $(ECOSYSTEM)/bin/python -m pip --disable-pip-version-check --quiet install \
	  --requirement tests/ecosystem/requirements.txt; then touch $@; \
	else echo "skipped: tests/ecosystem (its packages cannot be installed for Python $(VERSION), see above)"; fi

.PHONY: test-ecosystem
test-ecosystem: $(VENV)/.built $(ECOSYSTEM)/.installed ## Run the tests with the packages of the LangChain ecosystem
	@if [ -e $(ECOSYSTEM)/.installed ]; then PYTHONPATH=python $(ECOSYSTEM)/bin/python -m pytest \
	  -c tests/ecosystem/pytest.ini --rootdir . tests/unit/interop tests/ecosystem $(PYTEST_ARGS); fi

.PHONY: lint
lint: lint-rust lint-style lint-types ## Check format, lints, types and the stub of the core

.PHONY: lint-rust
lint-rust: $(VENV)/.pip
	@if cargo fmt --version >/dev/null 2>&1; then cargo fmt --check; \
	else echo "skipped: cargo fmt (rustfmt is not installed)"; fi
	@if cargo clippy --version >/dev/null 2>&1; then cargo clippy --quiet --all-targets -- -D warnings; \
	else echo "skipped: cargo clippy (clippy is not installed)"; fi

.PHONY: lint-style
lint-style: $(VENV)/.group-lint
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

.PHONY: lint-types
lint-types: $(TESTABLE) $(VENV)/.group-lint
	@$(BIN)/mypy
	@$(BIN)/basedpyright --pythonpath $(BIN)/python
	@$(BIN)/python -m mypy.stubtest ferrule._core --mypy-config-file pyproject.toml \
	  --allowlist tests/typing/stubtest_allowlist.txt

.PHONY: format
format: $(VENV)/.group-lint ## Format the sources, apply the fixes that are safe
	@cargo fmt
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

.PHONY: bench
bench: $(TESTABLE) ## Measure; regenerate benches/RESULTS.md and the README's table
	@mkdir -p .benchmarks
	@$(BIN)/python -m pytest benches --benchmark-enable --benchmark-only -p no:randomly \
	  --benchmark-json .benchmarks/latest.json --timeout 0 $(PYTEST_ARGS)
	@$(BIN)/python benches/report.py .benchmarks/latest.json

.PHONY: bench-smoke
bench-smoke: $(TESTABLE) ## Run each bench once, without measuring
	@$(BIN)/python -m pytest benches --benchmark-disable -q $(PYTEST_ARGS)

.PHONY: instructions
instructions: $(TESTABLE) ## Compare instruction counts with those that are kept (needs valgrind)
	@$(BIN)/python -m benches.instructions $(INSTRUCTIONS_ARGS)

.PHONY: allocations
allocations: $(TESTABLE) ## Count the blocks and bytes that runs allocate (needs glibc)
	@$(BIN)/python -m benches.allocations

# A build with symbols and frame pointers, beside the release build that stays in place.
PROFILED := .benchmarks/profiled

$(PROFILED)/.built: $(SOURCES) $(shell find python/ferrule -name '*.py') $(VENV)/.group-build
	@echo "building the extension with symbols for Python $(VERSION)"
	@rm -rf $(PROFILED)
	@RUSTFLAGS="-C force-frame-pointers=yes" CARGO_TARGET_DIR=$(CURDIR)/target/profiling \
	  $(BIN)/maturin build --profile profiling --quiet --interpreter $(BIN)/python --out $(PROFILED)
	@$(PIP) install --no-deps --target $(PROFILED) $(PROFILED)/*.whl
	@touch $@

.PHONY: profile
profile: $(PROFILED)/.built $(TESTABLE) ## Show where a workload's time goes: WORKLOAD=invoke.h1
	@PYTHONPATH=$(PROFILED) bash benches/profile.sh $(BIN)/python $(WORKLOAD)

.PHONY: docs
docs: $(VENV)/.built $(VENV)/.optional-docs ## Build the documentation into site/
	@if $(BIN)/python -c 'import mkdocs, material, mkdocstrings' 2>/dev/null; then \
	  NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet && echo "wrote site/"; \
	else echo "skipped: docs (mkdocs-material and mkdocstrings are not installed)"; fi

.PHONY: wheel
wheel: $(VENV)/.group-build ## Build a wheel into dist/
	@$(BIN)/maturin build --release --interpreter $(BIN)/python --out dist

.PHONY: clean
clean: ## Remove environments, builds and caches
	@rm -rf .venv-* target dist site .benchmarks .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@rm -f python/ferrule/_core*.so
