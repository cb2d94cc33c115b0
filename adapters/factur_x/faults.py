"""What is wrong with an electronic invoice: the rule it breaks, in that rule's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
# [BR-CO-10]-Sum of ..., or BR-FR-05/BT-22 : La mention ...
RULE_IN_TEXT = re.compile(r"\[([A-Z][A-Za-z0-9-]+)\]")
WARNINGS = frozenset({"warning", "warn", "information", "info"})


@dataclass(frozen=True)
class Fault:
    """One broken rule. ``source``: xsd, en16931, br-fr or cents. A warning does not refuse the document."""

    source: str
    rule: str
    text: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


def svrl_faults(source: str, report: str) -> list[Fault]:
    """The failed assertions of a schematron's report, once each."""
    root = etree.fromstring(report.encode())
    failed = [*root.iter(f"{SVRL}failed-assert"), *root.iter(f"{SVRL}successful-report")]
    return list(dict.fromkeys(_svrl_fault(source, element) for element in failed))


def _svrl_fault(source: str, element: Any) -> Fault:
    text = " ".join("".join(element.find(f"{SVRL}text").itertext()).split())
    named = RULE_IN_TEXT.search(text)
    rule = named[1] if named else element.get("id") or "unnamed rule"
    severity = (element.get("flag") or element.get("role") or "fatal").lower()
    return Fault(source, rule, text, is_warning=severity in WARNINGS)
