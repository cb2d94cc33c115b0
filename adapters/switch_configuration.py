"""The switch's whole configuration: what stands in ``telephony/freeswitch/conf``, and what is rendered from the ledger.

A configuration is texts by path, the same for the same ledger and day. Where they go: ``adapters.switch_release``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import groupby

from jinja2 import Environment, FunctionLoader, StrictUndefined

from adapters.ledger.store import Ledger
from adapters.switch_reader import read_view
from adapters.switch_view import SwitchView

# Sixteen hexadecimal digits tell any two releases of a switch apart.
RELEASE_DIGITS = 16


@dataclass(frozen=True)
class Configuration:
    """Every file of a release by its path, and the telephones (``alice@acct-1001``) that need a password."""

    files: dict[str, str]
    accounts: tuple[str, ...] = ()

    @cached_property
    def release(self) -> str:
        """The release's name: a digest of its content."""
        digest = hashlib.sha256()
        for path, text in sorted(self.files.items()):
            digest.update(f"{path}\0{len(text.encode())}\0{text}".encode())
        return digest.hexdigest()[:RELEASE_DIGITS]

    @property
    def root(self) -> str:
        """The text of ``freeswitch.xml``, which makes FreeSWITCH read this release."""
        return environment().get_template("freeswitch.xml.j2").render(release=self.release)


def render_configuration(ledger: Ledger, on: dt.date) -> Configuration:
    """The configuration of a local day.

    Raises:
        BadInput: rows of the ledger contradict one another; all of them are listed.
    """
    view = read_view(ledger, on)
    return Configuration(dict(static_files()) | dict(rendered_files(view)), tuple(view.account_names))


def source() -> Traversable:
    """The folder of the configuration's sources, in the repository or in the installed package."""
    return resources.files("telephony").joinpath("freeswitch")


def static_files() -> Iterator[tuple[str, str]]:
    """What no ledger changes, as it stands."""
    folders = [("", source().joinpath("conf"))]
    while folders:
        prefix, folder = folders.pop()
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.is_dir():
                folders.append((f"{prefix}{entry.name}/", entry))
            else:
                yield f"{prefix}{entry.name}", entry.read_text(encoding="utf-8")


def environment() -> Environment:
    """Templates that escape XML, and refuse a name they do not know."""
    templates = source().joinpath("templates")
    return Environment(
        loader=FunctionLoader(lambda name: templates.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def rendered_files(view: SwitchView) -> Iterator[tuple[str, str]]:
    """What the ledger says, a file for each thing that changes by itself: the list of files is the list of changes."""
    templates = environment()

    def render(template: str, **values: object) -> str:
        return templates.get_template(f"{template}.xml.j2").render(**values)

    yield from _carriers(view, render)
    yield from _calls(view, render)
    yield from _queues(view, render)


def _carriers(view: SwitchView, render: Callable[..., str]) -> Iterator[tuple[str, str]]:
    gateways = {"gateways": view.gateways, "emergency_gateways": view.emergency_gateways}
    yield "autoload_configs/acl.conf.xml", render("acl.conf", **gateways)
    yield "dialplan/gateways.xml", render("dialplan_gateways", **gateways)
    for gateway in view.gateways:
        yield f"gateways/{gateway.gateway_name}.xml", render("gateway", gateway=gateway)


def _calls(view: SwitchView, render: Callable[..., str]) -> Iterator[tuple[str, str]]:
    for plan in view.plans:
        yield f"dialplan/numbering/{plan.country}.xml", render("dialplan_numbering", plan=plan)
    emergency = {plan.country: plan.emergency for plan in view.plans}
    for block, numbers in view.blocks:
        yield f"dialplan/numbers/{block}.xml", render("dialplan_numbers", block=block, numbers=numbers)
    for customer in view.customers:
        calls = {"customer": customer, "emergency": emergency[customer.plan]}
        yield f"dialplan/customers/{customer.customer_id}.xml", render("dialplan_customer", **calls)
        if customer.accounts:
            yield f"directory/{customer.customer_id}.xml", render("directory", customer=customer)
        if customer.menus:
            yield f"voice_menus/{customer.customer_id}.xml", render("voice_menus", customer=customer)


def _queues(view: SwitchView, render: Callable[..., str]) -> Iterator[tuple[str, str]]:
    for queue in view.queues:
        yield f"callcenter/queues/{queue.queue_name}@{queue.customer_id}.xml", render("queue", queue=queue)
    for agent in view.agents:
        yield f"callcenter/agents/{agent.user_name}@{agent.customer_id}.xml", render("agent", agent=agent)
    for (customer_id, queue_name), tiers in groupby(view.tiers, key=lambda tier: (tier.customer_id, tier.queue_name)):
        yield f"callcenter/tiers/{queue_name}@{customer_id}.xml", render("tiers", tiers=list(tiers))
