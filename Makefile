# What a person does with Seconde. Every target works alone in a fresh clone.
SHELL := /bin/sh
.DEFAULT_GOAL := help
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup demo test test-dbt check golden bench ui

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1  /p' $(MAKEFILE_LIST) | awk '{ name = $$1; $$1 = ""; printf "  make %-9s%s\n", name, $$0 }'

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
	@.venv/bin/python -m pytest -n auto --dist loadfile -m "not dbt"

test-dbt: ## the SQL models under real dbt give the same tables
	@scripts/bootstrap dev
	@scripts/bootstrap dbt
	@.venv/bin/python -m pytest -m dbt

check: ## ruff, mypy, sqlfluff, import contracts, the house's rules
	@scripts/bootstrap dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/sqlfluff lint dbt_like_sql/models
	.venv/bin/lint-imports
	.venv/bin/python -m pytest tests/house

golden: ## rewrite the golden files; read their diff before you commit it
	@scripts/bootstrap dev
	@.venv/bin/python -m pytest tests/golden --write-golden

bench: ## the figures of benchmarks/ on this machine
	@scripts/bootstrap dev
	@.venv/bin/python -m benchmarks
