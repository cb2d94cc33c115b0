"""Modules fit in a screen or three, functions in one: what is larger is listed, and the list only shrinks."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house.tree import modules, nodes, read

MODULE_LINES = 250
FUNCTION_LINES = 60
# Lines of "<size> <file>[:<function>]": what stood over the limit the day it was written down.
BASELINE = Path("tests/house/size_baseline.txt")


def sizes() -> dict[str, int]:
    """What is over a limit, and how large it is. Migrations are exempt: they are written once and never read again."""
    found = {}
    for path in modules():
        if "migrations" in path.parts:
            continue
        lines = read(path).count("\n")
        if lines > MODULE_LINES:
            found[str(path)] = lines
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES:
                    found[f"{path}:{node.name}"] = length
    return found


def baseline() -> dict[str, int]:
    rows = [line.split() for line in read(BASELINE).splitlines() if line and not line.startswith("#")]
    return {name: int(size) for size, name in rows}


def test_nothing_grows_over_the_limits() -> None:
    allowed = baseline()
    grown = {name: size for name, size in sizes().items() if size > allowed.get(name, 0)}
    assert grown == {}, f"split them: {MODULE_LINES} lines for a module, {FUNCTION_LINES} for a function"


def test_the_baseline_only_shrinks() -> None:
    now = sizes()
    stale = {
        name: (size, now.get(name, "within the limit")) for name, size in baseline().items() if now.get(name) != size
    }
    assert stale == {}, f"lower these in {BASELINE}, or take them out"
