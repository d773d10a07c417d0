# One command from an empty clone: `make demo` or `make test`.
#
#   make venv PYTHON=/path/to/python3.11   choose the interpreter
#   make venv WITH_OPS=1                   build mmcv's compiled ops as well
#   make venv VENV=.venv-py312             set it up in another folder

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help venv demo test test-all test-browser test-oldest test-newest \
	test-mutants coverage lint docs clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install -q --disable-pip-version-check
PIP := $(BIN)/python $(PIP_INSTALL)
INSTALLED := $(VENV)/installed
WITH_OPS_BUILT := $(VENV)/ops-built
# Lint and the pages need none of the 3 GB: their tools have small environments
# of their own.
LINT := .venv-lint
LINT_REQUIREMENTS := requirements/lint.txt
DOCS := .venv-docs
DOCS_REQUIREMENTS := requirements/docs.txt
# What measures the tests runs where they run, and is no part of `make venv`.
MEASURE := $(VENV)/measure
MEASURE_REQUIREMENTS := requirements/measure.txt
REQUIREMENTS := $(filter-out $(LINT_REQUIREMENTS) $(DOCS_REQUIREMENTS) \
	$(MEASURE_REQUIREMENTS),$(wildcard requirements/*.txt))
SOURCES := $(wildcard mmpose_pinet configs demo tests tools) setup.py

# A command named python3.11 may be a shim that does not run: ask each one.
SUPPORTED := 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))'
PYTHON ?= $(shell for p in python3.11 python3.10 python3.12 python3 python; do \
	$$p -c $(SUPPORTED) 2>/dev/null && echo $$p && break; done)

# torch 2.1 has no build for Python 3.12, which has its own set of versions.
CONSTRAINTS = -c requirements/constraints$(shell $(BIN)/python -c \
	'import sys; print("-py312" * (sys.version_info[:2] == (3, 12)))').txt

# $(call step,what is done,command,what to do when it fails)
define step
@echo "[venv] $(1)"
@$(2) || { echo "[venv] FAILED: $(1)"; echo "[venv] $(3)"; exit 1; } >&2
endef
NETWORK := Is the package index reachable? Then the same command goes on from here.

define check_python
@[ -n "$(PYTHON)" ] || { echo "[venv] No Python 3.10, 3.11 or 3.12 found." \
	"Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
@$(PYTHON) -c $(SUPPORTED) || { echo "[venv] PYTHON=$(PYTHON) does not run" \
	"or is not Python 3.10, 3.11 or 3.12: name another one" >&2; exit 1; }
endef

# $(call create,folder)
define create
$(call step,creating $(1) with $(PYTHON),$(PYTHON) -m venv $(1),\
	Debian and Ubuntu need 'apt install python3-venv'. Then: make clean $(MAKECMDGOALS))
endef

help:
	@echo "make demo   draw a crowd, train PINet on it, evaluate it, draw its poses"
	@echo "make test   lint and run the tests; make test-all: the slow ones too;"
	@echo "            make test-browser: those that need Chromium"
	@echo "            make test-oldest, make test-newest: on Python 3.10, on 3.12"
	@echo "make coverage      what share of the package the tests run"
	@echo "make test-mutants  break the package line by line: does a test fail each"
	@echo "            time? ONLY=fusion or ONLY='codecs.*': in these modules alone"
	@echo "make lint   flake8, isort and yapf, as CI and pre-commit run them"
	@echo "make docs   build the site of the pages into site/, and check its links"
	@echo "make venv   only set up .venv (WITH_OPS=1: with mmcv's compiled ops)"
	@echo "make clean  remove .venv* and build files; data/ and work_dirs/ stay"

venv: $(if $(WITH_OPS),$(WITH_OPS_BUILT),$(INSTALLED))

demo: venv
	$(BIN)/python demo/drawn_crowd_demo.py

test: lint venv
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-all: lint venv
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow or not slow" \
		-o faulthandler_timeout=3600

test-browser: venv
	$(BIN)/python -m pytest -m browser

# $(call test_on,python3.x,environment)
define test_on
$(MAKE) venv VENV=$(2) PYTHON=$(if $(filter command%,$(origin PYTHON)),$(PYTHON),$(1))
$(2)/bin/python -m pytest -n 2 --dist loadfile
endef

test-oldest:
	$(call test_on,python3.10,.venv-py310)

test-newest:
	$(call test_on,python3.12,.venv-py312)

# An hour or two; stopped, it goes on where it was. Settings are in setup.cfg.
# Workers are forks: they must not inherit the threads of a thread pool.
test-mutants: $(MEASURE)
	OMP_NUM_THREADS=1 $(BIN)/mutmut run $(patsubst %,'mmpose_pinet.%.*',$(ONLY))
	$(BIN)/mutmut results

coverage: $(MEASURE)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --dist loadfile
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

lint: $(LINT)/installed
	$(LINT)/bin/flake8 $(SOURCES)
	$(LINT)/bin/isort --check --diff $(SOURCES)
	$(LINT)/bin/yapf --diff --recursive --parallel $(SOURCES)

# Not --quiet: what is not told is not counted by --strict. The theme would say
# at each build that it ends in May 2027.
docs: $(DOCS)/installed
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict

clean:
	rm -rf .venv .venv-* build site dist *.egg-info .pytest_cache .hypothesis \
		mutants .coverage .coverage.*
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

$(LINT)/installed: $(LINT_REQUIREMENTS)
	$(check_python)
	$(call create,$(LINT))
	$(call step,installing the tools of lint,\
		$(LINT)/bin/python $(PIP_INSTALL) -r $(LINT_REQUIREMENTS),$(NETWORK))
	@touch $@

$(DOCS)/installed: $(DOCS_REQUIREMENTS)
	$(check_python)
	$(call create,$(DOCS))
	$(call step,installing the builder of the site,\
		$(DOCS)/bin/python $(PIP_INSTALL) -r $(DOCS_REQUIREMENTS),$(NETWORK))
	@touch $@

$(BIN)/python:
	$(check_python)
	$(call create,$(VENV))

$(INSTALLED): $(REQUIREMENTS) setup.py | $(BIN)/python
	$(call step,installing build tools,\
		$(PIP) $(CONSTRAINTS) -r requirements/build.txt,$(NETWORK))
	$(call step,installing PyTorch and what OpenMMLab needs (about 3 GB),\
		$(PIP) $(CONSTRAINTS) --no-build-isolation -r requirements.txt,\
		$(NETWORK) On a compiler error: is a C compiler there (apt install gcc python3-dev)?)
	$(call step,installing MMEngine - MMCV - MMDetection - MMPose,\
		$(PIP) $(CONSTRAINTS) --no-deps -r requirements/mminstall.txt \
		$(if $(wildcard $(WITH_OPS_BUILT)),,mmcv-lite),$(NETWORK))
	$(call step,installing mmpose_pinet,\
		$(PIP) --no-deps --no-build-isolation -e .,See the error above.)
	@touch $@

$(MEASURE): $(MEASURE_REQUIREMENTS) $(INSTALLED)
	$(call step,installing mutmut and coverage,\
		$(PIP) $(CONSTRAINTS) -r $(MEASURE_REQUIREMENTS),$(NETWORK))
	@touch $@

$(WITH_OPS_BUILT): $(INSTALLED)
	$(call step,building mmcv with its compiled ops (about 20 minutes on 2 cores),\
		PATH="$(CURDIR)/$(BIN):$$PATH" MMCV_WITH_OPS=1 \
		$(BIN)/python -m pip wheel -q --no-cache-dir $(CONSTRAINTS) --no-deps \
		--no-build-isolation --no-binary mmcv -w $(VENV)/wheels mmcv,\
		Is a C++ compiler there (apt install g++ python3-dev)? mmcv-lite stays till then.)
	$(call step,installing mmcv in the place of mmcv-lite,\
		$(BIN)/python -m pip uninstall -q -y mmcv-lite && \
		$(PIP) --no-deps $(VENV)/wheels/mmcv-*.whl,'make clean venv' starts afresh.)
	@touch $@
