# Every target sets up what it needs; nothing has to be installed by hand but Python >= 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
RUN_DIR ?= runs/demo
SPACES ?= gpt nasbench201 mobilenetv3 hat
RESULTS := $(CURDIR)/benchmarks/results
export PYTHONHASHSEED := 0

LOWEST := .venv-lowest
LOWEST_TORCH ?= 2.13.0

.PHONY: docs release-check demo test test-all test-lowest check bench bench-searches bench-tables clean

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "monas needs Python 3.11 or newer; set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

demo: $(STAMP)  ## set up, then search a small GPT for six devices and more (under 4 minutes)
	rm -rf $(RUN_DIR)
	$(BIN)/monas run --space gpt --objectives acc,lat,energy --out-dir $(RUN_DIR)
	$(BIN)/monas pick $(RUN_DIR) --prefer acc=.5,lat=.5

test: $(STAMP) check  ## everything but the slow tests
	$(BIN)/python -m pytest -n auto --dist loadscope -m "not slow"

test-all: $(STAMP) check  ## the whole suite
	$(BIN)/python -m pytest -n auto

$(LOWEST)/.ready: pyproject.toml
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	echo 'torch==$(LOWEST_TORCH)' > $(LOWEST)/override.txt
	$(LOWEST)/bin/uv pip compile --quiet --resolution lowest-direct --extra test --python $(LOWEST)/bin/python \
	  --override $(LOWEST)/override.txt $(addprefix --find-links ,$(PIP_FIND_LINKS)) pyproject.toml -o $(LOWEST)/lowest.txt
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python $(addprefix --find-links ,$(PIP_FIND_LINKS)) -r $(LOWEST)/lowest.txt
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --no-deps -e .
	@touch $@

test-lowest: $(LOWEST)/.ready  ## the fast tests with the lowest versions pyproject.toml allows (torch: LOWEST_TORCH)
	$(LOWEST)/bin/python -m pytest -n auto -m "not slow" -W default  # old releases warn of newer ones

check: $(STAMP)  ## lint, format, spelling, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(STAMP)  ## every figure beside its limit: docs/benchmarks.md, compared with the last time
	mkdir -p $(RESULTS)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -c benchmarks/suite/pytest.ini benchmarks/suite \
	  --benchmark-storage=file://$(RESULTS) --benchmark-autosave --benchmark-json=$(RESULTS)/latest.json \
	  $(if $(wildcard $(RESULTS)/*/*.json),--benchmark-compare)
	$(BIN)/python benchmarks/suite_table.py $(RESULTS)/latest.json

bench-searches: $(STAMP)  ## the figures of searches that README and docs quote
	$(BIN)/python benchmarks/bench_search.py
	for s in $(SPACES); do $(BIN)/python benchmarks/bench_inherited.py --space $$s; done

bench-tables: $(STAMP)  ## the contest on published measurements in MONAS_DATA (hours)
	$(BIN)/python benchmarks/bench_predictor.py
	for n in 100 200; do $(BIN)/monas bench nb201 --budget $${n}evals --seeds 8 --jobs 2; done
	for p in ofa gpt-s gpt-m; do $(BIN)/monas bench $$p --budget 200evals --seeds 8 --jobs 2; done

clean:
	rm -rf $(VENV) $(LOWEST) dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

docs: $(STAMP)  ## the documentation as a site, in site/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	$(BIN)/python docs/reference.py
	$(BIN)/zensical build --strict --clean

release-check: $(STAMP)  ## a rehearsal of a release: wheel and sdist, looked into and used in a fresh environment
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[release]'
	$(BIN)/python docs/release.py
