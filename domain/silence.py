"""The stretches of time in which a switch may have had calls that nobody counted.

While a boot is heard again, its own counter proves what happened in between. It proves nothing after its last count:
a listener that died, with the switch's files, leaves a month that looks whole. So every switch owes a count at the end
of each month, and the boot that follows another one owes an account of the time between them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.completeness import BootDay, boots_of_switches, is_shut_down, known_until, started_at

# A heartbeat comes every 20 s, and a killed FreeSWITCH that is started again at once is back within the minute.
USUAL_SILENCE = dt.timedelta(minutes=2)


@dataclass(frozen=True)
class Silence:
    """``until`` is null while the switch has not been heard again. ``boot_id`` is the boot counted last. UTC."""

    switch_name: str
    boot_id: str
    since: dt.datetime
    until: dt.datetime | None
    # The switch said SHUTDOWN: it owes nothing, unless it was to go on.
    is_shut_down: bool = False


def silences(days: Iterable[BootDay]) -> Iterator[Silence]:
    """Of each switch, those between its boots that are longer than usual, then the one that goes on.

    A boot that said SHUTDOWN was over, and the next counts from its own start, however late it was heard.
    """
    for boots in boots_of_switches(days):
        last, since = boots[0], known_until(boots[0])
        for boot in boots[1:]:
            start = started_at(boot) or min(day.first_heard_at for day in boot)
            if not is_shut_down(last) and start - since > USUAL_SILENCE:
                yield Silence(boot[-1].switch_name, last[0].boot_id, since, start)
            # A boot may have been heard on, under one name with another (a second switch behind the address).
            if known_until(boot) >= since:
                last, since = boot, known_until(boot)
        yield Silence(last[-1].switch_name, last[0].boot_id, since, None, is_shut_down(last))
