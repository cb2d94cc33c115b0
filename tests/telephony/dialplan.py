"""A dialplan, followed as FreeSWITCH follows it, without FreeSWITCH: what a call would be told to do, in order.

Written from mod_dialplan_xml.c and switch_core_session.c (execute_extension), and compared with the real switch by the
calls of ``captures/``: conditions are decided when a context is entered, actions run afterwards, an extension whose
``continue`` is true does not end the search, what a condition does is done even if a later one fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

VARIABLE = re.compile(r"\$\{([^{}()]+)\}")
DEEPEST = 20


class HungUp(Exception):
    """The call is over."""


@dataclass
class Call:
    """A leg in the dialplan of a document.

    ``answer`` gives what becomes of a bridge: None when it is answered, else the cause. ``trace`` is what was run.
    """

    document: ET.Element
    variables: dict[str, str] = field(default_factory=dict)
    caller_id_number: str = ""
    answer: Callable[[str], str | None] = lambda data: None
    hides_number: bool = False
    exported: dict[str, str] = field(default_factory=dict)
    trace: list[tuple[str, str]] = field(default_factory=list)

    def dial(self, context: str, destination: str) -> Call:
        """Enter a context; returns the call as it ended."""
        with suppress(HungUp):
            self._enter(context, destination, 0)
        return self

    def ran(self, application: str) -> list[str]:
        """The data an application was run with, each time."""
        return [data for name, data in self.trace if name == application]

    @property
    def cause(self) -> str | None:
        """Why it was hung up, if the dialplan did it."""
        return next(iter(self.ran("hangup")), None)

    def _enter(self, context: str, destination: str, depth: int) -> None:
        assert depth < DEEPEST, f"{context} leads to itself"
        found = self.document.find(f"section[@name='dialplan']/context[@name='{context}']")
        if found is not None:
            for application, data in self._hunt(found, destination):
                self._run(application, data, depth)

    def _hunt(self, context: ET.Element, destination: str) -> list[tuple[str, str]]:
        actions: list[tuple[str, str]] = []
        for extension in context.iter("extension"):
            proceed = True
            for condition in extension.iter("condition"):
                match = self._match(condition, destination)
                actions += self._actions(condition, match)
                if match is None and condition.get("break", "on-false") == "on-false":
                    proceed = False
                    break
            if proceed and extension.get("continue") != "true":
                break
        return actions

    def _match(self, condition: ET.Element, destination: str) -> re.Match[str] | None:
        name = condition.get("field")
        known = {
            "destination_number": destination,
            "caller_id_number": self.caller_id_number,
            "privacy_hide_number": str(self.hides_number).lower(),
        }
        value = "" if name is None else known.get(name) or self._expand(name) if name in known or "$" in name else name
        assert name is None or name in known or "$" in name, f"{name} is no field this follows"
        return re.search(condition.get("expression", ""), value, re.ASCII)

    @staticmethod
    def _actions(condition: ET.Element, match: re.Match[str] | None) -> Iterator[tuple[str, str]]:
        for action in condition.iter("action" if match is not None else "anti-action"):
            data = action.get("data", "")
            if match is not None and match.groups():
                data = data.replace("$1", match[1] or "")
            yield action.get("application", ""), data

    def _expand(self, text: str) -> str:
        return VARIABLE.sub(lambda match: self.variables.get(match[1], ""), text)

    def _run(self, application: str, data: str, depth: int) -> None:
        data = self._expand(data)
        self.trace.append((application, data))
        if application in ("set", "export"):
            name, _, value = data.partition("=")
            self.variables[name] = value
            if application == "export":
                self.exported[name.removeprefix("nolocal:")] = value
        elif application == "unset":
            self.variables.pop(data, None)
        elif application == "set_profile_var":
            name, _, value = data.partition("=")
            assert name == "caller_id_number"
            self.caller_id_number = value
        elif application == "execute_extension":
            extension, dialplan, context = data.split(" ")
            assert dialplan == "XML"
            self._enter(context, extension, depth + 1)
        elif application == "bridge":
            self._bridge(data)
        elif application == "hangup":
            raise HungUp

    def _bridge(self, data: str) -> None:
        cause = self.answer(data)
        self.variables["originate_disposition"] = cause or "SUCCESS"
        goes_on = self.variables.get("continue_on_fail", "NO_ANSWER,NO_USER_RESPONSE,ORIGINATOR_CANCEL")
        if cause is None or (goes_on != "true" and cause not in goes_on.split(",")):
            self.trace.append(("hangup", cause or "NORMAL_CLEARING"))
            raise HungUp
