# Two commands on a fresh machine with Python 3.11: make serve, make test.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: serve test audit format lock footnotes docs accuracy benchmark peers systems reader reliability clean

serve: .venv/.runtime ## build the index and serve the chat on http://127.0.0.1:7860
	$(BIN)/summit serve

test: .venv/.dev ## every check and test
	sh scripts/install_chromium.sh
	sh scripts/install_postgres.sh
	sh scripts/install_nginx.sh
	sh scripts/install_faketime.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/footnotes.py --check
	$(BIN)/python scripts/cli_docs.py --check
	$(BIN)/pytest -m ''

audit: .venv/.dev ## look the locked packages up among known vulnerabilities
	$(BIN)/python scripts/audit.py

format: .venv/.dev ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.dev ## pin every dependency anew
	$(BIN)/python scripts/lock.py

footnotes: .venv/.dev ## write the documents' sources as footnotes
	$(BIN)/python scripts/footnotes.py

docs: .venv/.dev ## write the command line's documentation and the screenshots
	$(BIN)/python scripts/cli_docs.py
	$(BIN)/python scripts/screenshots.py

accuracy: .venv/.dev ## write the baseline, and the accuracy tables of README and docs
	$(BIN)/python scripts/accuracy.py
	$(BIN)/python benchmarks/peers.py --write

benchmark: .venv/.dev ## measure speed and memory
	$(BIN)/python benchmarks/speed.py

peers: .venv/.dev ## compare with LangChain's quick start on the test questions
	$(BIN)/python benchmarks/peers.py

systems: .venv/.peers ## measure other systems beside ours, with speed and memory
	$(BIN)/python benchmarks/systems.py

reliability: .venv/.dev ## show the promises of docs/reliability.md and write their figures there
	$(BIN)/python reliability/report.py --write $(if $(STRINGS),--strings $(STRINGS))

reader: .venv/.dev ## train the reading model anew from the data in DATA
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[training]'
	$(BIN)/python -m training train --data $(DATA)
	$(BIN)/python -m training export
	$(BIN)/python -m training calibrate --data $(DATA)

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch $@

.venv/.peers: pyproject.toml .venv/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c requirements.lock -c requirements-dev.lock -e '.[peers]'
	touch $@
