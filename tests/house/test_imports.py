"""Who may import whom, and what an import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, REPOSITORY, at, module_name, modules, nodes, text_files

# Each is seconds: imported inside the function that needs it.
HEAVY = ("facturx", "great_expectations", "matplotlib", "playwright", "saxonche", "weasyprint")

# Imports every module named on the command line; whatever it does besides is printed, one line each.
WATCHED = """
import importlib, pathlib, sys
root, names = sys.argv[1], sys.argv[2:]
faults = []
def watch(event, args):
    if event == "open":
        path, mode = str(args[0]), args[1] or "r"
        inside = path.startswith(root) and not path[len(root):].startswith(".")  # .venv is inside the root
        if inside and not path.endswith((".py", ".pyc")) and "__pycache__" not in path:
            faults.append(f"opens {path}")
        if inside and set(mode) & set("wax+") and "__pycache__" not in path:
            faults.append(f"writes {path}")
    elif event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system", "sqlite3.connect"):
        if args[0] != "file":  # Dagster asks file(1) whether Python is a 32-bit one
            faults.append(f"does {event} {args[:2]}")
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.putenv", "os.chdir") and str(args[0]).startswith(root):
        if "__pycache__" not in str(args[0]):
            faults.append(f"does {event} {args[0]}")
sys.addaudithook(watch)
for name in names:
    done = len(faults)
    importlib.import_module(name)
    faults[done:] = [f"{name} {fault}" for fault in faults[done:]]
print("\\n".join(faults))
print("LOADED", *sorted(sys.modules))
"""


@cache
def imported(*names: str) -> tuple[list[str], set[str]]:
    """What importing the modules does besides, and the modules that are loaded afterwards; in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, f"{REPOSITORY}/", *names], cwd=REPOSITORY, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *faults, loaded = done.stdout.splitlines()
    return [fault for fault in faults if fault], set(loaded.split()[1:])


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_domain_sees_only_the_standard_library_and_itself() -> None:
    allowed = {*sys.stdlib_module_names, "domain"}
    faults = []
    for path in modules("domain"):
        for node in nodes(path):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            faults += [at(path, node) for name in names if name.split(".")[0] not in allowed]
    assert faults == []


def names(*packages: str) -> list[str]:
    """Modules by name; Alembic's migrations are scripts it runs, not modules."""
    return [module_name(path) for path in modules(*packages) if "migrations" not in path.parts]


def test_importing_a_module_does_nothing() -> None:
    faults, _ = imported(*names())
    assert faults == []


def test_importing_every_module_loads_no_heavy_library() -> None:
    _, loaded = imported(*names())
    assert sorted(loaded.intersection(HEAVY)) == []


@pytest.mark.parametrize(
    ("package", "unknown"),
    [
        ("domain", ("dagster", "duckdb", "pandas", "pyarrow", "pydantic", "sqlalchemy")),
        ("ingest", ("dagster", "duckdb", "pandas", "pyarrow", "pydantic", "sqlalchemy", "httpx")),
        ("dbt_like_sql", ("dagster", "pandas", "sqlalchemy", "httpx")),
        ("adapters", ("dagster",)),
        # A mistyped command answers at once: what runs the flow is loaded when the flow runs.
        ("orchestration.cli", ("dagster", "pandas")),
    ],
)
def test_a_part_of_the_house_does_not_load_what_it_does_not_need(package: str, unknown: tuple[str, ...]) -> None:
    _, loaded = imported(*(names(package) or [package]))
    assert sorted(loaded.intersection(unknown)) == []


def test_assets_that_annotate_their_context_do_not_postpone_annotations() -> None:
    """Dagster reads the annotation as an object: as text it refuses to load the module."""
    faults = []
    for path in modules("assets", "orchestration"):
        postponed = any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in nodes(path))
        contexts = [n for n in nodes(path) if isinstance(n, ast.arg) and n.arg == "context" and n.annotation]
        if postponed and is_decorated_by_dagster(path) and contexts:
            faults.append(at(path, contexts[0]))
    assert faults == []


def is_decorated_by_dagster(path: Path) -> bool:
    decorators = [d for n in nodes(path) if isinstance(n, ast.FunctionDef) for d in n.decorator_list]
    return any(ast.unparse(decorator).startswith("dg.") for decorator in decorators)


def test_every_package_is_under_contract() -> None:
    """A new top-level folder with Python is of the house, under its contracts, or one of those nobody imports."""
    folders = {path.parts[0] for path in text_files(".py") if len(path.parts) > 1}
    assert folders - {"benchmarks", "scripts", "seeds", "telephony", "tests"} == set(PACKAGES)
