"""The repository as the house's rules see it: its files, their syntax, where a rule is broken."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("adapters", "assets", "dbt_like_sql", "domain", "ingest", "orchestration")
# What imports nothing above it and is imported by all: money is exact below this line.
MONEY = ("adapters", "assets", "domain")


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository, new ones included, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(Path(name) for name in sorted(set(filter(None, listed.stdout.split("\0")))) if exists(name))


def exists(name: str) -> bool:
    """Deleted files stay listed until the deletion is committed."""
    return (REPOSITORY / name).is_file()


def text_files(*suffixes: str) -> list[Path]:
    return [path for path in files() if path.suffix in suffixes]


def modules(*packages: str) -> list[Path]:
    """The Python files of the packages (all of the product's by default), relative to the root."""
    return [path for path in text_files(".py") if path.parts[0] in (packages or PACKAGES)]


def read(path: Path) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(read(path), str(path))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(syntax(path))


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def at(path: Path, node: ast.AST) -> str:
    """``domain/money.py:12: divide_half_up(1, 2)``: where a rule is broken, for the failure message."""
    return f"{path}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)[:100]}"


def dotted(node: ast.AST) -> str:
    """``os.environ`` of an attribute or a name; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""
