# `make run` tries Qonaq out, `make test` tests it. Both need Python 3.11 or newer and make, nothing else.
# VAR_DIR, PORT, DATABASE_URL, REDIS_URL and EMAIL_URL are taken from the environment: see .env.example.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EMBEDDED := $(BIN)/python -m config.embedded
workers ?= 2
# Other random examples each time; seed=N tries those of N again.
seed := $(or $(seed),$(shell date +%s))
RANDOM := --hypothesis-profile=random --hypothesis-seed=$(seed)

.PHONY: help run test check prove bench fuzz fmt lock manage clean bench-repair bench-closures oracle-repair

help:
	@echo "make run      try it out: starts everything, prints the address and the sign-ins; Ctrl-C stops it"
	@echo "make test     all tests, on a PostgreSQL and a Redis of their own"
	@echo "make check    style, types, layers, migrations, API schema"
	@echo "make fuzz     the API against its own schema: 200 cases for each call and role (examples=… seed=…)"
	@echo "make prove    the scheduling core against the referee on 100,000 random days (days=N for fewer, seed=…); under an hour"
	@echo "make faults   kills and breaks everything under load, with a ledger: a table in docs/faults.json (seeds="1 2 3" minutes=5)"
	@echo "make bench-sending   letters a minute of one worker beside a bare SMTP loop (letters=… rounds=…)"
	@echo "make calendar-table  which reader takes which calendar rule, and what a feed request costs"
	@echo "make screens  pictures of every page, into docs/screens/"
	@echo "make journeys-table  six journeys of real life in a browser; the clicks and keys of each, in docs/journeys.json"
	@echo "make fuzz-replies    garbage for the reader of replies, guided by what it covers (minutes=10)"
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
	@echo "seed=$(seed)"
	@FUZZ_EXAMPLES=$(or $(examples),200) $(EMBEDDED) exec --apart test -- $(BIN)/pytest $(RANDOM) tests/scheduler/api/test_schema.py

prove: $(VENV)/.installed-dev
	@echo "seed=$(seed)"
	@PROVE_DAYS=$(or $(days),100000) $(BIN)/pytest -q $(RANDOM) tests/core/test_availability.py tests/core/test_properties.py --timeout=0

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.benchmarks $(if $(smptsp),--smptsp $(smptsp))

fmt: $(VENV)/.installed-dev
	@$(BIN)/ruff format -q . && $(BIN)/ruff check --fix -q .

bench-repair: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.benchmarks.repair $(seeds)

oracle-repair: $(VENV)/.installed-dev
	@echo "seed=$(seed)"
	@REPAIR_CASES=$(or $(cases),3000) REPAIR_FIRST=$(seed) $(EMBEDDED) exec --apart test -- $(BIN)/pytest -s tests/core/test_repair.py -k least

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
	@$(EMBEDDED) exec --apart bench -- $(BIN)/pytest tests/benchmarks/pages.py tests/benchmarks/weights.py -q

.PHONY: faults bench-sending calendar-table fuzz-replies

# Each seed's runs end by themselves; the table keeps the last of each run and seed.
faults: $(VENV)/.installed-dev
	@for seed in $(or $(seeds),1 2 3); do \
	  FAULTS_TABLE=$(CURDIR)/docs/faults.json FAULT_SEED=$$seed FAULT_SECONDS=$$(($(or $(minutes),5) * 60)) \
	  FAULT_LETTERS=$$(($(or $(minutes),5) * 400)) FAULT_KILLS=$$(($(or $(minutes),5) * 8)) \
	  $(EMBEDDED) exec --apart faults -- $(BIN)/pytest tests/faults --ignore tests/faults/test_throughput.py -q || exit 1; \
	done; $(BIN)/python -m tests.faults.table docs/faults.json

bench-sending: $(VENV)/.installed-dev
	@SENDING_LETTERS=$(or $(letters),500) SENDING_ROUNDS=$(or $(rounds),7) \
	  $(EMBEDDED) exec --apart bench -- $(BIN)/pytest tests/benchmarks/sending.py -q

calendar-table: $(VENV)/.installed-dev
	@$(EMBEDDED) exec --apart bench -- $(BIN)/pytest tests/benchmarks/calendars.py -q

fuzz-replies: $(VENV)/.installed-dev
	@$(EMBEDDED) exec --apart test -- $(BIN)/python -m tests.notifications.fuzzing $(or $(minutes),10)

.PHONY: journeys-table

# The clicks and keys that each of the six journeys takes, into docs/journeys.json.
journeys-table: $(VENV)/.installed-dev
	@JOURNEYS_TABLE=1 $(EMBEDDED) exec --apart test -- $(BIN)/pytest tests/journeys/test_six_journeys.py -q

.PHONY: screens

# Pictures of every page for README and docs/.
screens: $(VENV)/.installed-dev
	@$(EMBEDDED) exec --apart test -- $(BIN)/pytest tests/journeys/screens.py -q
