"""The tests keep their own rules: real things instead of mocks, no waiting by the clock, each can fail."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house.tree import PACKAGES, at, dotted, nodes, text_files

TESTS = [path for path in text_files(".py") if path.parts[0] == "tests"]


def test_no_test_mocks() -> None:
    faults = [
        at(path, node)
        for path in TESTS
        for node in nodes(path)
        if isinstance(node, ast.Import | ast.ImportFrom) and "mock" in ast.unparse(node).split(" import ")[0].lower()
    ]
    assert faults == []


def test_no_test_waits_by_the_clock() -> None:
    faults = [
        at(path, node)
        for path in TESTS
        for node in nodes(path)
        if isinstance(node, ast.Call) and dotted(node.func) in {"time.sleep", "sleep", "asyncio.sleep"}
    ]
    assert faults == []


def test_every_test_can_fail() -> None:
    """It asserts or expects an error, itself or in a function of the tests that it calls."""
    functions = [
        (path, node)
        for path in TESTS
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    checking = {function.name for _, function in functions if checks(function)}
    faults = []
    for path, function in functions:
        called = {dotted(node.func).split(".")[-1] for node in ast.walk(function) if isinstance(node, ast.Call)}
        if function.name.startswith("test_") and not checks(function) and not called & checking:
            faults.append(f"{path}:{function.lineno}: {function.name}")
    assert faults == []


def checks(function: ast.AST) -> bool:
    """Whether it has an assertion, an expected error or a subprocess that must succeed."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or any(
        "raises" in dotted(call.func) or "assert" in dotted(call.func) or "check=True" in ast.unparse(call)
        for call in calls
    )


def test_tests_mirror_the_tree() -> None:
    """tests/<folder>/ is about <folder>/; a file is named after a module, or after what several do together."""
    folders = {Path(*path.parts[1:-1]) for path in TESTS if path.name.startswith("test_") and len(path.parts) > 2}
    apart = {Path("golden"), Path("house"), Path("scenarios")}
    packages = {path.parent for path in text_files(".py", ".sql")} | {Path(package) for package in PACKAGES}
    assert sorted(map(str, folders - apart - packages)) == []
