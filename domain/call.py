"""What a leg's end means: how it turned out.

Source: FACTS.md "The billing event": on 480 or no answer the A leg says NORMAL_CLEARING, and the truth is
in other fields and other legs. What it bills stands in ``domain.rating``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What a tariff may tell apart: see call_detail_records.sql.
CallCategory = Literal["direct", "forwarded", "campaign", "incoming"]
Disposition = Literal["answered", "busy", "no_answer", "cancelled", "failed", "abandoned_in_queue"]

# FreeSWITCH hang-up causes that mean neither success nor failure of equipment; all others are "failed".
DISPOSITION_OF_CAUSE: dict[str, Disposition] = {
    "USER_BUSY": "busy",
    "NO_ANSWER": "no_answer",
    "NO_USER_RESPONSE": "no_answer",  # SIP 480
    "SUBSCRIBER_ABSENT": "no_answer",
    "ALLOTTED_TIMEOUT": "no_answer",
    "PROGRESS_TIMEOUT": "no_answer",
    "RECOVERY_ON_TIMER_EXPIRE": "no_answer",  # SIP 408
    "ORIGINATOR_CANCEL": "cancelled",
    "LOSE_RACE": "cancelled",  # another leg of the fork was answered first
    "PICKED_OFF": "cancelled",
    "BLIND_TRANSFER": "cancelled",  # deflected elsewhere before an answer
    "ATTENDED_TRANSFER": "cancelled",
}
DISPOSITION_OF_SIP_STATUS: dict[int, Disposition] = {
    408: "no_answer",
    480: "no_answer",
    486: "busy",
    487: "cancelled",
    600: "busy",
}
# What a leg says whose own words do not tell why nobody answered.
UNTELLING_CAUSES = frozenset({"NORMAL_CLEARING", "NORMAL_UNSPECIFIED", "UNSPECIFIED", "NONE", "SUCCESS"})


@dataclass(frozen=True)
class LegEnd:
    """What is known of how a leg ended. ``far_cause`` is the cause of the last leg it originated."""

    is_answered: bool
    hangup_cause: str | None = None
    originate_disposition: str | None = None
    last_bridge_hangup_cause: str | None = None
    sip_status: int | None = None
    far_cause: str | None = None
    queue_cause: str | None = None


def disposition(end: LegEnd) -> Disposition:
    """How the leg turned out.

    A member who left a queue unserved abandoned it, though the switch had answered the leg. A leg
    nobody answered is judged by the first of these that tells: its own cause, what it says of the
    legs it originated, the SIP status, the last leg it originated. Rung and cleared: not answered.
    """
    if end.queue_cause == "cancel":
        return "abandoned_in_queue"
    if end.is_answered:
        return "answered"
    for cause in (end.hangup_cause, end.originate_disposition, end.last_bridge_hangup_cause):
        if cause is not None and cause not in UNTELLING_CAUSES:
            return DISPOSITION_OF_CAUSE.get(cause, "failed")
    if end.sip_status is not None and end.sip_status >= 400:
        return DISPOSITION_OF_SIP_STATUS.get(end.sip_status, "failed")
    if end.far_cause is not None and end.far_cause not in UNTELLING_CAUSES:
        return DISPOSITION_OF_CAUSE.get(end.far_cause, "failed")
    return "no_answer"
