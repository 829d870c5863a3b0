# Needs Python 3.11+ and make; everything else goes into .venv and build/ of this checkout.
PYTHON ?= python3
BIN := .venv/bin
LOCAL := TMPDIR="$(CURDIR)/build/tmp" XDG_RUNTIME_DIR="$(CURDIR)/build/tmp" PIP_DISABLE_PIP_VERSION_CHECK=1

.PHONY: demo test lint bench truth years readers spark fuzz audit examples lock clean

demo: .venv/ready  ## a simulated company: collected, analysed, drawn, told
	@$(LOCAL) $(BIN)/gemba demo --folder build/demo

test: .venv/ready  ## all tests
	@$(LOCAL) $(BIN)/python -m pytest -q -n auto --basetemp=build/tmp/pytest $(ARGS)

lint: .venv/ready  ## style, types and walls
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: .venv/ready build/peers/ready  ## speed beside peers and limits, as ratios within one run; ARGS="--only engine --events 1e6"
	@$(LOCAL) $(BIN)/python -m bench $(ARGS)

truth: .venv/ready  ## how near the engine comes to the truth of simulated streams
	@$(LOCAL) $(BIN)/python -m bot.demo.truth $(ARGS)

years: .venv/ready  ## a year of schedules and a quarter of kills, on both databases (an hour)
	@$(LOCAL) $(BIN)/python -m tests.years.year
	@$(LOCAL) $(BIN)/python -m tests.years.quarter --database sqlite
	@$(LOCAL) $(BIN)/python -m tests.years.quarter --database postgresql

readers: build/readers/ready  ## other people's tools, in an environment of their own, that read back what is exported

spark: build/spark/ready  ## Apache Spark beside .venv, for the tests of many streams; it wants Java 17

fuzz: build/fuzz/ready  ## every parser against whatever may come; ARGS="--seconds 60 --target ics"
	@$(LOCAL) build/fuzz/bin/python -m fuzz $(ARGS)

audit: build/audit/ready .venv/ready  ## known weaknesses, licences and the bill of materials of what is locked
	@build/audit/bin/python deploy/audit.py $(STRICT)

examples: .venv/ready  ## the examples, pictures and references in the documents, made anew; pictures want Chromium
	@$(LOCAL) $(BIN)/python -m bot.app.examples .
	@$(LOCAL) $(BIN)/python -m tests.pictures .
	@$(LOCAL) $(BIN)/python -m bot.cli.reference .

lock: .venv/ready  ## choose newer versions of everything
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --group dev -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		tests/readers/requirements.in -o tests/readers/requirements.lock
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		fuzz/requirements.in -o fuzz/requirements.lock
	@$(BIN)/uv pip compile -q --upgrade --no-deps --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		tests/spark/requirements.in -o tests/spark/requirements.lock
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		bench/peers.in -o bench/peers.lock
	@for what in build audit; do \
		$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			deploy/$$what.in -o deploy/$$what.lock || exit 1; done

clean:
	rm -rf .venv build

.venv/ready: requirements-dev.lock pyproject.toml
	@mkdir -p build/tmp
	@echo "Preparing .venv (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit("gemba needs Python 3.11 or newer; try make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv
	@$(LOCAL) $(BIN)/python -m pip install -q --no-cache-dir --require-hashes -r requirements-dev.lock
	@$(LOCAL) $(BIN)/python -m pip install -q --no-cache-dir --no-deps --no-build-isolation -e .
	@touch .venv/ready

build/readers/ready: tests/readers/requirements.lock
	@mkdir -p build/tmp
	@echo "Preparing build/readers (half a minute, once)"
	@$(PYTHON) -m venv --clear build/readers
	@$(LOCAL) build/readers/bin/python -m pip install -q --no-cache-dir --require-hashes -r tests/readers/requirements.lock
	@touch build/readers/ready

build/spark/ready: tests/spark/requirements.lock .venv/ready
	@mkdir -p build/tmp
	@echo "Preparing build/spark (a minute, once)"
	@rm -rf build/spark
	@$(LOCAL) $(BIN)/python -m pip install -q --no-cache-dir --no-deps --require-hashes --target build/spark -r tests/spark/requirements.lock
	@touch build/spark/ready

build/peers/ready: bench/peers.lock
	@mkdir -p build/tmp
	@echo "Preparing build/peers (a minute, once)"
	@$(PYTHON) -m venv --clear build/peers
	@$(LOCAL) build/peers/bin/python -m pip install -q --no-cache-dir --require-hashes -r bench/peers.lock
	@touch build/peers/ready

build/fuzz/ready: fuzz/requirements.lock requirements.lock
	@mkdir -p build/tmp
	@echo "Preparing build/fuzz (a minute, once)"
	@$(PYTHON) -m venv --clear build/fuzz
	@$(LOCAL) build/fuzz/bin/python -m pip install -q --no-cache-dir --require-hashes -r requirements.lock -r fuzz/requirements.lock
	@touch build/fuzz/ready

build/audit/ready: deploy/audit.lock
	@mkdir -p build/tmp
	@echo "Preparing build/audit (ten seconds, once)"
	@$(PYTHON) -m venv --clear build/audit
	@$(LOCAL) build/audit/bin/python -m pip install -q --no-cache-dir --require-hashes -r deploy/audit.lock
	@touch build/audit/ready
