"""What is done in one place is done nowhere else: settings, rounding, partitions, the time of day."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import MONEY, at, dotted, modules, nodes, read, text_files

SETTINGS = Path("orchestration/settings.py")
ROUNDING = Path("domain/money.py")
PARTITIONS = Path("assets/partitions.py")
CLOCK = Path("orchestration/clock.py")

ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv", "os.unsetenv", "environ", "getenv"}
ROUNDERS = {"round", "quantize", "to_integral", "to_integral_exact", "localcontext", "getcontext", "setcontext", "fsum"}
TIMES = re.compile(
    r"(\w+\.)*(datetime|date|Timestamp|pendulum)\.(now|today|utcnow)|time\.(time|time_ns|localtime|gmtime|ctime)"
)
MONOTONIC = {"time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"}
# An amount, by the words that end its name.
AMOUNT = re.compile(r"(cents|micros|euros|basis_points|amount|quantity|seconds)\b")


def names(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every name and attribute a module uses, and every name it imports from a module, dotted."""
    for node in nodes(path):
        if isinstance(node, ast.Name | ast.Attribute) and (name := dotted(node)):
            yield node, name
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def test_only_settings_reads_the_environment() -> None:
    faults = [
        at(path, node)
        for path in modules()
        if path != SETTINGS
        for node, name in names(path)
        if name in ENVIRONMENT or name.endswith("load_dotenv")
    ]
    assert faults == []


def test_only_money_rounds() -> None:
    faults = []
    for path in modules():
        if path == ROUNDING:
            continue
        for node in nodes(path):
            rounds = isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in ROUNDERS
            names_a_mode = isinstance(node, ast.Attribute | ast.Name | ast.alias) and "ROUND_" in ast.unparse(node)
            if rounds or names_a_mode:
                faults.append(at(path, node))
    assert faults == []


def test_no_amount_is_a_float() -> None:
    """Neither by type, nor by a literal, nor by ``/``, nor by a format that rounds on paper."""
    faults = []
    for path in modules("domain", "assets"):
        for node in nodes(path):
            is_float = (isinstance(node, ast.Name) and node.id == "float") or (
                isinstance(node, ast.Constant) and isinstance(node.value, float)
            )
            if is_float or (isinstance(node, ast.FormattedValue) and format_of(node).endswith(tuple("%eEfFgGn"))):
                faults.append(at(path, node))
    assert faults == []


def format_of(value: ast.FormattedValue) -> str:
    """``.2f`` of ``{amount:.2f}``."""
    parts = value.format_spec.values if isinstance(value.format_spec, ast.JoinedStr) else []
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def test_no_amount_is_divided_but_by_money() -> None:
    """``/`` makes a float of two integers; ``//`` cuts, half a cent at a time."""
    faults = [
        at(path, node)
        for path in modules(*MONEY, "ingest")
        if path != ROUNDING
        for node in nodes(path)
        if isinstance(node, ast.BinOp)
        and (isinstance(node.op, ast.Div) and (path.parts[0] == "domain" or AMOUNT.search(ast.unparse(node))))
    ]
    assert faults == []


def test_no_sql_model_knows_a_float_or_divides() -> None:
    faults = []
    for path in text_files(".sql"):
        sql = re.sub(r"--.*|'[^']*'", "", re.sub(r"\{#.*?#\}", "", read(path), flags=re.DOTALL))
        faults += [f"{path}: {word}" for word in re.findall(r"(?i)\b(?:double|float\d?|real|round|avg)\b", sql)]
        faults += [f"{path}: /" for _ in re.findall(r"(?<![/*])/(?![/*])", sql)]
    assert faults == []


def test_no_warehouse_column_is_a_float() -> None:
    faults = [
        at(path, node)
        for path in modules("assets", "adapters")
        for node in nodes(path)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"(?i)double|float\d?|real", node.value)
    ]
    assert faults == []


def test_only_partitions_makes_partitions() -> None:
    faults = [
        at(path, node)
        for path in modules()
        if path != PARTITIONS
        for node in nodes(path)
        if isinstance(node, ast.Call) and dotted(node.func).endswith(("PartitionsDefinition", "PartitionMapping"))
    ]
    assert faults == []


def test_only_the_clock_asks_what_time_it_is() -> None:
    faults = [
        at(path, node) for path in modules() if path != CLOCK for node, name in names(path) if TIMES.fullmatch(name)
    ]
    assert faults == []


def test_only_what_waits_for_a_socket_measures_durations() -> None:
    faults = [
        at(path, node)
        for path in modules("domain", "dbt_like_sql", "adapters", "assets")
        for node, name in names(path)
        if name in MONOTONIC
    ]
    assert faults == []


def test_no_sql_asks_what_time_it_is() -> None:
    asks = re.compile(r"(?i)\b(now\(\)|current_date|current_timestamp|localtimestamp|today\(\)|get_current_\w+)")
    texts = [(path, read(path)) for path in text_files(".sql")]
    for path in modules("assets", "adapters", "dbt_like_sql"):
        strings = [n.value for n in nodes(path) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        texts.append((path, "\n".join(text for text in strings if re.search(r"(?i)\bselect\b", text))))
    assert [f"{path}: {found}" for path, text in texts for found in asks.findall(text)] == []
