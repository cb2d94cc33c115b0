"""The demo world's switch, rendered and read as FreeSWITCH would read it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from adapters.ledger.seed import load_world
from adapters.ledger.store import Ledger
from adapters.switch_configuration import Configuration, render_configuration
from adapters.switch_passwords import make_passwords
from adapters.switch_preprocessor import Preprocessor
from adapters.switch_release import SwitchFolder

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
DAY = dt.date(2026, 11, 22)
SITE = {
    "switch_name": "lab",
    "sip_domain": "lab.invalid",
    "sip_address": "127.0.0.1",
    "sip_public_address": "127.0.0.1",
}


@pytest.fixture(scope="session")
def demo_ledger_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of the demo world, to copy."""
    path = tmp_path_factory.mktemp("demo") / "ledger.sqlite"
    ledger = Ledger(f"sqlite:///{path}")
    ledger.migrate()
    load_world(ledger, SEEDS / "demo")
    return path


@pytest.fixture
def ledger(demo_ledger_file: Path, tmp_path: Path) -> Ledger:
    """The demo world's ledger, to change."""
    path = tmp_path / "ledger.sqlite"
    shutil.copy(demo_ledger_file, path)
    return Ledger(f"sqlite:///{path}")


def furnish(folder: Path, configuration: Configuration) -> None:
    """The installation's own values and every password."""
    make_passwords(folder, ("event_socket", "gateway-carrier2", *configuration.accounts))
    lines = [f'  <X-PRE-PROCESS cmd="set" data="{name}={value}"/>' for name, value in SITE.items()]
    (folder / "local" / "site.xml").write_text("\n".join(["<include>", *lines, "</include>", ""]))


Load = Callable[[], ET.Element]


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Configuration], ET.Element]:
    """A configuration as FreeSWITCH would read it; each is written once in a session."""
    folder = SwitchFolder(tmp_path_factory.mktemp("conf"))
    known: dict[str, ET.Element] = {}

    def read(configuration: Configuration) -> ET.Element:
        if configuration.release not in known:
            furnish(folder.folder, configuration)
            folder.stage(configuration)
            folder.switch_to(configuration)
            preprocessor = Preprocessor()
            preprocessor.read(folder.folder / "freeswitch.xml")
            document = preprocessor.document()
            assert preprocessor.problems == []
            assert document is not None
            known[configuration.release] = document
        return known[configuration.release]

    return read


@pytest.fixture
def load(ledger: Ledger, documents: Callable[[Configuration], ET.Element]) -> Load:
    """Render the ledger as it is, and read it as FreeSWITCH would."""
    return lambda: documents(render_configuration(ledger, DAY))
