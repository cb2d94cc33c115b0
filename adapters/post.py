"""How documents leave an installation: a mail relay, an approved platform's folder, both or neither."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.mail_relay import Relay
from adapters.platform_folder import PlatformFolder
from domain.errors import PermanentError


@dataclass(frozen=True)
class Mail:
    """The relay, and the address bills come from.

    Raises:
        PermanentError: the sender is no address.
    """

    relay: Relay
    sender: str

    def __post_init__(self) -> None:
        if self.sender.count("@") != 1 or self.sender.startswith("@") or self.sender.endswith("@"):
            raise PermanentError(f"SECONDE_BILLING_SENDER {self.sender!r} is not a mail address")

    @property
    def domain(self) -> str:
        """What Message-IDs end with."""
        return self.sender.partition("@")[2]


@dataclass(frozen=True)
class Post:
    """The channels that are set."""

    mail: Mail | None = None
    platform: PlatformFolder | None = None
