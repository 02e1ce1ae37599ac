# `make run` tries Qonaq out, `make test` tests it. Both need Python 3.11 or newer and make, nothing else.
# VAR_DIR, PORT, DATABASE_URL, REDIS_URL and EMAIL_URL are taken from the environment: see .env.example.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EMBEDDED := $(BIN)/python -m config.embedded
workers ?= 2

.PHONY: help run test check prove bench fuzz fmt lock manage clean bench-repair bench-closures oracle-repair

help:
	@echo "make run      try it out: starts everything, prints the address and the sign-ins; Ctrl-C stops it"
	@echo "make test     all tests, on a PostgreSQL and a Redis of their own"
	@echo "make check    style, types, layers, migrations, API schema"
	@echo "make fuzz     the API against its own schema: 200 cases for each call and role (examples=…)"
	@echo "make prove    the scheduling core against the referee on 100,000 random days (days=N for fewer); under an hour"
	@echo "make bench    the scheduling core's figures as a table, JSON and plots (smptsp=FOLDER adds the published instances)"
	@echo "make fmt      put the code's layout in order"
	@echo "make lock     pin what requirements*.in allow"
	@echo "make manage c='COMMAND'   a management command on the database of make run"

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Qonaq needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment could be made; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

run: $(VENV)/.installed
	@$(EMBEDDED) run

test: $(VENV)/.installed-dev
	@$(EMBEDDED) exec --apart test -- $(BIN)/python -m tests.run $(workers) $(only)

check: $(VENV)/.installed-dev
	@$(EMBEDDED) exec --apart test -- $(BIN)/pytest tests/test_house.py

fuzz: $(VENV)/.installed-dev
	@FUZZ_EXAMPLES=$(or $(examples),200) $(EMBEDDED) exec --apart test -- $(BIN)/pytest tests/scheduler/api/test_schema.py

prove: $(VENV)/.installed-dev
	@PROVE_DAYS=$(or $(days),100000) $(BIN)/pytest -q tests/core/test_availability.py tests/core/test_properties.py --timeout=0

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.benchmarks $(if $(smptsp),--smptsp $(smptsp))

fmt: $(VENV)/.installed-dev
	@$(BIN)/ruff format -q . && $(BIN)/ruff check --fix -q .

bench-repair: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.benchmarks.repair $(seeds)

oracle-repair: $(VENV)/.installed-dev
	@REPAIR_CASES=$(or $(cases),3000) $(EMBEDDED) exec --apart test -- $(BIN)/pytest -s tests/core/test_repair.py -k least

manage: $(VENV)/.installed
	@$(EMBEDDED) exec -- $(BIN)/python manage.py $(c)

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -q requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -q requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

bench-closures: $(VENV)/.installed-dev
	@$(EMBEDDED) exec --apart bench -- $(BIN)/pytest tests/benchmarks/closures.py -q

bench-history: $(VENV)/.installed-dev
	@$(EMBEDDED) exec --apart test -- $(BIN)/pytest tests/benchmarks/history.py -q

bench-pages: $(VENV)/.installed-dev
	@$(EMBEDDED) exec --apart bench -- $(BIN)/pytest tests/benchmarks/pages.py -q
