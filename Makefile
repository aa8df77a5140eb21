# make demo   install what users need (no torch), export both sample models, find and name faces
# make test   lint, types and all tests
# make quick  lint, types, and the tests that need no real data, emulation or browser, and take no more than seconds
# make hostile   a hundred thousand hostile inputs (20 minutes), whose table goes into reports/hostile.md; kills, full disks
# make docs   the site of docs/, in build/site/
# make lint   lint and types only         make clean  remove what was made (not the environments)

PYTHON ?= python3
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
OLD := .venv-tflite
PIP_FLAGS := --disable-pip-version-check --quiet

# The pinned versions need Python 3.11; 3.10 takes the newest that it can have.
CONSTRAINTS := $(shell $(PYTHON) -c 'import sys; print("-c constraints.txt" if sys.version_info >= (3, 11) else "")')

# Fixtures say what a test needs and tests/conftest.py marks it; tests/session/scheduling.py says which worker runs it.
PYTEST := $(BIN)/python -m pytest -n $(JOBS)
LONG := real_data or emulation or browser or wheel or counters or slow or hostile

.PHONY: test quick hostile lint style demo docs clean
.DEFAULT_GOAL := test

# mypy takes half a minute of one core: tests/docs/test_types.py runs it while other tests run.
test: style $(OLD)/.installed
	$(PYTEST) -m 'not hostile' --durations=25

quick: lint
	$(PYTEST) -m 'not ($(LONG))'

hostile: $(VENV)/.installed
	$(BIN)/python -m tests.hostile --jobs $(JOBS) --report reports/hostile.md
	$(BIN)/python -m pytest -m hostile

lint: style
	$(BIN)/mypy

style: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

docs: $(VENV)/.installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

demo: $(VENV)/.usable
	$(BIN)/edgeface demo

# What users install, without extras; `make demo` needs no more.
$(VENV)/.usable: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) $(CONSTRAINTS) -e .
	touch $@

# With all extras, and torch: tests compare with it. OpenVINO comes without what it requires besides numpy, which is the
# package that sends usage.
$(VENV)/.installed: $(VENV)/.usable
	$(BIN)/python -m pip install $(PIP_FLAGS) $(CONSTRAINTS) torch==2.13.0 -e '.[dev]'
	$(BIN)/python -m pip install $(PIP_FLAGS) $(CONSTRAINTS) --no-deps openvino
	touch $@

# tflite-runtime is what old boards have: artifacts must load there too. Its last release is for Python 3.11.
$(OLD)/.installed:
	@mkdir -p $(OLD)
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then \
	  $(PYTHON) -m venv $(OLD) && \
	  $(OLD)/bin/python -m pip install $(PIP_FLAGS) tflite-runtime==2.14.0 'numpy<2'; \
	else \
	  echo "tflite-runtime has no release for this Python: artifacts are not tested on it"; \
	fi
	@touch $@

clean:
	rm -rf out build dist .cache .pytest_cache .mypy_cache .ruff_cache
	find edgeface tests -name __pycache__ -type d -prune -exec rm -rf {} +
