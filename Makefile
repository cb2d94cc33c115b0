# What a person does with Seconde. Every target works alone in a fresh clone.
SHELL := /bin/sh
.DEFAULT_GOAL := help
export UV_PYTHON_DOWNLOADS := never
# Tests start hundreds of processes: each would compile the whole house again where this is set.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test test-dbt test-spark check golden bench chaos fuzz ui

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1  /p' $(MAKEFILE_LIST) | awk '{ name = $$1; $$1 = ""; printf "  make %-10s%s\n", name, $$0 }'

setup: ## everything a developer needs, in .venv/
	@scripts/bootstrap dev

demo: ## a real switch's words to a quarter's invoices, in var/
	@scripts/bootstrap run
	@.venv/bin/seconde demo

ui: ## the Dagster UI on this machine's loopback
	@scripts/bootstrap run
	@.venv/bin/seconde ui

test: ## the tests, on every core
	@scripts/bootstrap dev
	@.venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=25 -m "not dbt and not spark"

test-dbt: ## the SQL models under real dbt give the same tables
	@scripts/bootstrap dev
	@scripts/bootstrap dbt
	@.venv/bin/python -m pytest -m dbt

test-spark: ## the SQL models under Spark, transpiled, give the same tables (needs a Java)
	@scripts/bootstrap dev
	@scripts/bootstrap spark
	@.venv/bin/python -m pytest -m spark

check: ## ruff, mypy, sqlfluff, import contracts, the house's rules
	@scripts/bootstrap dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/sqlfluff lint dbt_like_sql/models dbt_like_sql/tests
	.venv/bin/lint-imports
	.venv/bin/python -m pytest tests/house

golden: ## rewrite the golden files; read their diff before you commit it
	@scripts/bootstrap dev
	@.venv/bin/python -m pytest tests/golden --write-golden

bench: ## the figures of benchmarks/ on this machine
	@scripts/bootstrap dev
	@.venv/bin/python -m benchmarks

chaos: ## 100,000 legs, 50 kills of the listener: nothing lost, nothing double, what is withheld is named
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.scenarios.chaos_verdict

fuzz: ## coverage-guided fuzzing of what reads bytes from outside, a minute each
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.ingest.fuzz
