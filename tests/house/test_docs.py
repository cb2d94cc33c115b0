"""The documents say what is true: folders, make targets, commands, links; and nothing is left for later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import REPOSITORY, files, modules, read, syntax, text_files

DOCUMENTS = text_files(".md")
# Written apart, so that this file does not name what it forbids.
LEFT_FOR_LATER = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "lorem " + "ipsum"]) + r")\b"
)
NOT_OURS = {"uv.lock"}
OPERATIONS = Path("docs/operations.md")


def code(document: Path) -> str:
    """What a document shows as code, blocks and inline pieces, one after the other."""
    pieces = re.findall(r"```.*?\n(.*?)```|`([^`\n]+)`", read(document), re.DOTALL)
    return "\n".join(block or inline for block, inline in pieces)


def test_the_readme_names_every_folder_and_only_those() -> None:
    named = set(re.findall(r"^\| `([\w.]+)/` \|", read(Path("README.md")), re.MULTILINE))
    there = {path.parts[0] for path in files() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    assert named == there


def test_every_make_target_named_in_a_document_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", read(Path("Makefile")), re.MULTILINE))
    named = {
        (str(document), target)
        for document in DOCUMENTS
        for line in re.findall(r"\bmake((?: [a-z][\w-]*)+)", code(document))
        for target in line.split()
    }
    assert {(document, target) for document, target in named if target not in targets} == set()


def test_every_make_target_is_phony_and_says_what_it_does() -> None:
    makefile = read(Path("Makefile"))
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split())
    described = set(re.findall(r"^([\w-]+):.*## \w", makefile, re.MULTILINE))
    assert targets == phony == described


def test_every_command_named_in_a_document_exists() -> None:
    from typer.main import get_command

    from orchestration.cli import build_app

    commands = set(getattr(get_command(build_app()), "commands", {}))
    named = {
        (str(document), command)
        for document in DOCUMENTS
        for command in re.findall(r"(?:^|[\s/$(])seconde ([a-z][\w-]*)", code(document), re.MULTILINE)
    }
    assert {(document, command) for document, command in named if command not in commands} == set()
    assert {command for _, command in named} >= commands, "a command no document names"


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(document))
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in local if not (REPOSITORY / document.parent / link).exists()] == []


def test_nothing_is_left_for_later() -> None:
    texts = [
        path
        for path in text_files(".py", ".sql", ".md", ".toml", ".yml", ".j2", ".css", "")
        if path.name not in NOT_OURS
    ]
    left = [(str(path), found) for path in texts for found in LEFT_FOR_LATER.findall(read(path))]
    assert left == []


def test_every_module_says_what_it_is() -> None:
    """The first line is a sentence; an empty __init__.py needs none."""
    faults = []
    for path in modules():
        body = syntax(path).body
        first = body[0] if body else None
        text = getattr(getattr(first, "value", None), "value", None)
        if body and not (
            isinstance(text, str) and re.match(r"[A-Z`].*[.:]", text.strip().split("\n\n")[0].replace("\n", " "))
        ):
            faults.append(str(path))
    assert faults == []


def table_rows(document: Path, heading: str) -> list[list[str]]:
    """The rows of the tables whose head begins with ``heading``, cell by cell."""
    tables = re.findall(rf"^\| {heading} \|.*\n\|[-| ]+\n((?:\|.*\n)+)", read(document), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for table in tables for line in table.splitlines()]


def test_every_behaviour_of_the_listener_names_tests_that_exist() -> None:
    """docs/operations.md: what the listener lives through is what a test makes it live through."""
    tests = {name for path in text_files(".py") if path.parts[0] == "tests"
             for name in re.findall(r"^def (test_\w+)", read(path), re.MULTILINE)}  # fmt: skip
    # Cells may hold no "|", so a head that ends so has tests in the last cell of each row.
    rows = table_rows(OPERATIONS, r"what happens \|[^\n]*\| shown by")
    listener = table_rows(OPERATIONS, r"what happens \| what the listener does \|[^\n]*\| shown by")
    shown = {row[0]: set(re.findall(r"`(test_\w+)`", row[-1])) for row in rows}
    assert len(listener) > 10
    assert [row for row, names in shown.items() if not names] == []
    assert {row: names - tests for row, names in shown.items() if names - tests} == {}


def test_every_setting_is_in_the_operators_document_and_no_other() -> None:
    from orchestration.settings import PREFIX, Settings

    fields = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    thresholds = {name for name in fields if name.startswith(f"{PREFIX}FRAUD_")}
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]\b(?!_)", read(OPERATIONS)))
    assert fields - thresholds - named == set()
    assert {name for path in DOCUMENTS for name in re.findall(rf"{PREFIX}[A-Z_]*[A-Z]\b(?!_)", read(path))} <= fields
    explained = code(Path("docs/decisions/0016-fraud-thresholds.md"))
    assert {name for name in thresholds if name.removeprefix(f"{PREFIX}FRAUD_") not in explained} == set()
