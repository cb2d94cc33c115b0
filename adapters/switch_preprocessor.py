"""FreeSWITCH's preprocessor, read from its source (switch_xml.c, 1.11), to know what it would do before it does it.

FreeSWITCH is silent about what it cannot expand: an undefined variable is nothing, an included file that is not there
is nothing, and an event socket without a password takes the one everybody knows. Here each is a problem. It works on
lines, as FreeSWITCH does, and so it also says where a line is lost:

- a line with ``<include>``, ``</include>`` or ``<?`` is dropped whole;
- a line with a directive is dropped whole, what stands beside the directive too;
- a directive inside a comment is obeyed, and ``X-PRE-PROCESS`` written in a comment drops its line;
- a value is XML text: it is put in place as it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

# What FreeSWITCH defines by itself (switch_core.c), before it reads anything.
CORE_VARIABLES = (
    "base_dir", "cache_dir", "certs_dir", "conf_dir", "core_uuid", "data_dir", "db_dir", "hostname", "local_ip_v4",
    "local_ip_v6", "local_mask_v4", "localstate_dir", "log_dir", "mod_dir", "recordings_dir", "run_dir", "script_dir",
    "sounds_dir", "storage_dir", "temp_dir",
)  # fmt: skip
VARIABLE = re.compile(r"\$\$\{([^{}]*)\}")
DIRECTIVE = re.compile(r'<X-PRE-PROCESS\s+cmd="([^"]*)"\s+data="([^"]*)"\s*/>', re.IGNORECASE)
DROPPED = re.compile(r"<include>|</include>|<\?")
DROPPED_FOR_GOOD = re.compile(r"<include>|</include>|<\?[^?]*\?>")
WILDCARD = re.compile(r"[*?\[]")
DEEPEST = 100


@dataclass
class Preprocessor:
    """One reading of a configuration. ``problems`` are in the order FreeSWITCH would meet them."""

    variables: dict[str, str] = field(default_factory=lambda: dict.fromkeys(CORE_VARIABLES, "/"))
    problems: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def read(self, path: Path, text: str | None = None, depth: int = 0) -> None:
        """Read a file, or the text given for it, and all it includes."""
        if depth > DEEPEST:
            self.problems.append(f"{path}: it includes itself")
            return
        try:
            content = path.read_text(encoding="utf-8") if text is None else text
        except OSError as error:
            self.problems.append(f"{path} cannot be read: {error.strerror}")
            return
        for number, line in enumerate(content.splitlines(), 1):
            self._line(path, f"{path}:{number}", line, depth)

    def document(self) -> ET.Element | None:
        """What FreeSWITCH would parse, parsed; None, and a problem, when it is not XML."""
        try:
            # Our own files and the site's, not a stranger's: entities need no guard here.
            return ET.fromstring("\n".join(self.lines))  # noqa: S314
        except ET.ParseError as error:
            line = self.lines[error.position[0] - 1] if self.lines else ""
            self.problems.append(f"what is read is not XML: {error.msg}, near {line.strip()!r}")
            return None

    def _line(self, path: Path, place: str, line: str, depth: int) -> None:
        expanded = VARIABLE.sub(lambda match: self._value(match[1], place), line)
        if DROPPED.search(line):
            if not DROPPED_FOR_GOOD.fullmatch(line.strip()):
                self.problems.append(f"{place}: the whole line is dropped: {line.strip()!r}")
            return
        if "x-pre-process" not in expanded.lower():
            self.lines.append(expanded)
            return
        directive = DIRECTIVE.search(expanded)
        if directive is None:
            self.problems.append(f"{place}: not a directive FreeSWITCH obeys, and the line is lost: {line.strip()!r}")
            return
        if directive[0] != expanded.strip():
            self.problems.append(f"{place}: what stands beside the directive is lost: {line.strip()!r}")
        command, data = directive.groups()
        if command == "set":
            self._set(place, data)
        elif command == "include":
            self._include(path, place, data, depth)
        else:
            self.problems.append(f"{place}: {command!r} runs or asks something outside; only set and include are used")

    def _value(self, name: str, place: str) -> str:
        if name not in self.variables:
            self.problems.append(f"{place}: {name} is not defined, FreeSWITCH would put nothing there")
        return self.variables.get(name, "")

    def _set(self, place: str, data: str) -> None:
        name, equals, value = data.partition("=")
        if not equals:
            self.problems.append(f"{place}: {data!r} sets nothing; write name=value")
        self.variables[name.strip()] = value.lstrip(" ")

    def _include(self, path: Path, place: str, data: str, depth: int) -> None:
        found = [Path(data)] if Path(data).is_absolute() else []
        if not found:
            found = sorted(path.parent.glob(data)) if WILDCARD.search(data) else [path.parent / data]
        for file in found:
            if not file.exists():
                self.problems.append(f"{place}: {data} is not there, FreeSWITCH would read nothing")
            else:
                self.read(file, depth=depth + 1)


def configuration_problems(folder: Path, root: str) -> list[str]:
    """What FreeSWITCH would silently do wrong if ``folder`` had ``root`` for its ``freeswitch.xml``; best empty."""
    preprocessor = Preprocessor()
    preprocessor.read(folder / "freeswitch.xml", root)
    document = preprocessor.document()
    return preprocessor.problems + ([] if document is None else missing_passwords(document))


def missing_passwords(document: ET.Element) -> list[str]:
    """Who would be known by no password. An event socket without one takes the one everybody knows."""
    sockets = document.findall(".//configuration[@name='event_socket.conf']/settings")
    gateways = [gateway for gateway in document.iter("gateway") if _param(gateway, "register") == "true"]
    named = [
        *(("the event socket", settings) for settings in sockets),
        *((f"gateway {gateway.get('name')}", gateway) for gateway in gateways),
        *(
            (f"{user.get('id')}@{domain.get('name')}", params)
            for domain in document.iter("domain")
            for user in domain.iter("user")
            for params in user.findall("params")
        ),
    ]
    return [f"{name} has no password" for name, element in named if not _param(element, "password")]


def _param(element: ET.Element, name: str) -> str | None:
    """The value of an element's own parameter; FreeSWITCH takes the last."""
    values = [param.get("value") for param in element.findall("param") if param.get("name") == name]
    return values[-1] if values else None
