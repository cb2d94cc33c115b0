"""The tables that prove no leg was lost, or say which was."""

from __future__ import annotations

from adapters.warehouse import Column, TableSpec

BOOT_ID = Column("boot_id", "VARCHAR", "Which start of the switch: FreeSWITCH's Core-UUID.")
SWITCH_NAME = Column("switch_name", "VARCHAR", "Name of the switch: that of its journal (SECONDE_SWITCHES).")
SESSION_NUMBER = Column("session_number", "BIGINT", "The boot's counter of legs.")
RECORD_DATE = Column(
    "record_date", "DATE", "Local day: of a hang-up's answer (its end if never answered), of any other event."
)
EXPLANATION = Column(
    "explanation",
    "VARCHAR",
    "in_progress: began, and its switch lives; left_by_dead_switch: began, and its switch is gone; hangup_lost: began "
    "and must have ended, but no source says how; gateway_down: a carrier's gateway that was down took the number, "
    "there was no leg; lost: nothing at all was heard of it.",
)

SWITCH_DAYS = TableSpec(
    "switch_days",
    "month",
    "One row per switch boot and local day: what was heard of it, session numbers as runs (1-37 40). "
    "The completeness proof is made of these, not of the events.",
    (
        Column("month", "VARCHAR", "Local (Europe/Paris) month, YYYY-MM."),
        RECORD_DATE,
        BOOT_ID,
        SWITCH_NAME,
        Column("first_heard_at", "TIMESTAMP", "Its first event of the day, UTC."),
        Column("last_heard_at", "TIMESTAMP", "Its last event of the day, UTC."),
        Column("first_claimed_number", "BIGINT", "First leg that began while we listened; null if none.", True),
        Column("counted_legs", "BIGINT", "Legs its heartbeats had counted (Session-Since-Startup).", True),
        Column("counted_at", "TIMESTAMP", "Its last heartbeat of the day, UTC.", True),
        Column("idle_counted_legs", "BIGINT", "Legs counted by its last heartbeat with none in progress.", True),
        Column("shut_down_at", "TIMESTAMP", "When it said it shuts down, UTC; null if it did not.", True),
        Column(
            "known_until_at",
            "TIMESTAMP",
            "The last instant its counter is known for, UTC: a heartbeat, a leg that began, its shutdown.",
            True,
        ),
        Column("started_at", "TIMESTAMP", "When the boot began, UTC, as its heartbeats say.", True),
        Column(
            "listed_at", "TIMESTAMP", "Last listing of its channels a minute old when it was last heard, UTC.", True
        ),
        Column(
            "listed_position", "VARCHAR", "Where it stands: journal/number of the segment/number of the record.", True
        ),
        Column(
            "listed_legs",
            "VARCHAR",
            "Ids of the legs that listing had up, separated by spaces; null without one.",
            True,
        ),
        Column("begun_runs", "VARCHAR", "Session numbers heard alive that day."),
        Column("ended_runs", "VARCHAR", "Session numbers whose hang-up landed."),
        Column(
            "down_gateways",
            "VARCHAR",
            "Callers whose carrier's gateway was down, as 197-204:1 (their number, the last that may be the gateway's, "
            "how many were down), separated by spaces.",
        ),
        Column("hangups", "BIGINT", "Legs whose hang-up landed, whatever the source."),
        Column("confirmed_hangups", "BIGINT", "Of them, said by the event socket and by a CDR file."),
        Column("heard_only", "BIGINT", "Said by the event socket only."),
        Column("filed_only", "BIGINT", "Said by a CDR file only: the event was lost, the bill is not."),
        Column("files_suppressed", "BIGINT", "Heard only because the dialplan set process_cdr=false: no file is due."),
        Column("refused_legs", "BIGINT", "Legs refused for their password: counted by the switch, no call, no file."),
        Column("inputs_sha256", "VARCHAR", "Of the segments and the rules the row was made from."),
    ),
)
CDR_COMPLETENESS = TableSpec(
    "cdr_completeness",
    "table",
    "One row per switch boot: the legs it counted against those whose hang-up landed.",
    (
        BOOT_ID,
        SWITCH_NAME,
        Column("first_heard_at", "TIMESTAMP", "First event, UTC."),
        Column("last_heard_at", "TIMESTAMP", "Last event, UTC: what happened later is not known."),
        Column(
            "died_of",
            "VARCHAR",
            "shutdown: it said so; restart: a later boot was heard; silence: for a day others were heard and it was "
            "not; null while alive.",
            True,
        ),
        Column("first_number", "BIGINT", "The proof begins with this leg; null when nothing can be claimed.", True),
        Column("last_number", "BIGINT", "Highest leg known, by an event, a file or a heartbeat's count.", True),
        Column(
            "legs_before_listening", "BIGINT", "Legs before the first: they began unheard, of them nothing is proved."
        ),
        Column("expected_legs", "BIGINT", "Legs that have ended or will: all from the first to the last."),
        Column("landed_legs", "BIGINT", "Of them, those whose hang-up landed."),
        Column("in_progress_legs", "BIGINT", "Of the others: began, and the switch lives."),
        Column("left_by_dead_switch_legs", "BIGINT", "Began, and the switch is gone: see unfinished_legs."),
        Column("hangup_lost_legs", "BIGINT", "Began and must have ended: see unfinished_legs."),
        Column("gateway_down_legs", "BIGINT", "Numbers a carrier's gateway took while it was down: there was no leg."),
        Column("lost_legs", "BIGINT", "Nothing was heard of them: see missing_legs."),
        Column(
            "is_complete",
            "BOOLEAN",
            "Every leg has landed, is in progress, was left by a dead switch or never was (gateway_down).",
        ),
    ),
)
MISSING_LEGS = TableSpec(
    "missing_legs",
    "table",
    "One row per session number without a hang-up, and what explains it.",
    (
        Column("month", "VARCHAR", "Local month it may have begun in at the earliest."),
        Column("last_month", "VARCHAR", "Local month it may have begun in at the latest."),
        BOOT_ID,
        SWITCH_NAME,
        SESSION_NUMBER,
        EXPLANATION,
        Column("leg_id", "VARCHAR", "The leg's Unique-ID, when it was heard alive.", True),
        Column("earliest_start_at", "TIMESTAMP", "It began at this instant or later, UTC: the leg before it did."),
        Column(
            "latest_start_at", "TIMESTAMP", "It began by this instant, UTC: the leg after it did, or it was counted."
        ),
    ),
)
UNFINISHED_LEGS = TableSpec(
    "unfinished_legs",
    "table",
    "One row per leg that began and will never say how it ended: a person decides, it is never billed by itself.",
    (
        Column("month", "VARCHAR", "Local month it began in."),
        BOOT_ID,
        SWITCH_NAME,
        SESSION_NUMBER,
        Column("leg_id", "VARCHAR", "The leg's Unique-ID."),
        EXPLANATION,
        Column("began_at", "TIMESTAMP", "First event of the leg, UTC."),
        Column("answered_at", "TIMESTAMP", "When it was answered, UTC; null if that was not heard.", True),
        Column("last_alive_at", "TIMESTAMP", "Last proof that it was up, UTC."),
        Column(
            "last_alive_event", "VARCHAR", "That proof: CHANNEL_CREATE, CHANNEL_ANSWER, SESSION_HEARTBEAT or CHANNELS."
        ),
        Column(
            "switch_last_heard_at", "TIMESTAMP", "Last event of its switch's boot, UTC: it ended by then, or unheard."
        ),
        Column("call_direction", "VARCHAR", "inbound or outbound, as the switch sees the leg.", True),
        Column(
            "gateway", "VARCHAR", "Gateway an outbound leg left through: with one, the carrier bills us for it.", True
        ),
        Column("caller_number", "VARCHAR", "Caller number as presented.", True),
        Column("dialed_number", "VARCHAR", "Number it went to.", True),
    ),
)
UNCOUNTED_TIMES = TableSpec(
    "uncounted_times",
    "table",
    "One row per stretch of time in which a switch may have had calls that nobody counted: after the last count of a "
    "boot, until the next began, or until now.",
    (
        Column("month", "VARCHAR", "First local month that it leaves unproved."),
        Column("last_month", "VARCHAR", "Last one; null while nothing ends it.", True),
        SWITCH_NAME,
        Column("boot_id", "VARCHAR", "The boot that was counted last."),
        Column("counted_until_at", "TIMESTAMP", "The last instant its counter is known for, UTC."),
        Column("counted_again_at", "TIMESTAMP", "When the next boot began, UTC; null if none was heard.", True),
    ),
)
COMPLETENESS_DAILY = TableSpec(
    "completeness_daily",
    "month",
    "One row per local day: hang-ups landed = call records = not billable + rated + set aside + waiting.",
    (
        Column("month", "VARCHAR", "Local (Europe/Paris) month, YYYY-MM."),
        RECORD_DATE,
        Column("hangups", "BIGINT", "Legs whose hang-up landed, counted in the events."),
        Column("confirmed_hangups", "BIGINT", "Of them, said by both sources."),
        Column("heard_only", "BIGINT", "Said by the event socket only."),
        Column("filed_only", "BIGINT", "Said by a CDR file only."),
        Column("files_suppressed", "BIGINT", "Heard only because process_cdr=false: no file is due."),
        Column("refused_legs", "BIGINT", "Legs refused for their password, beside the hang-ups: they are no calls."),
        Column("landed_legs", "BIGINT", "Call records of the day."),
        Column(
            "unbillable_legs", "BIGINT", "Call records that bill nothing: incoming, internal, never answered, free."
        ),
        Column("rated_legs", "BIGINT", "Billable calls with a price, in the month that billed them."),
        Column("set_aside_legs", "BIGINT", "Billable calls without one, with its reason (unrated_calls)."),
        Column(
            "waiting_legs",
            "BIGINT",
            "Billable calls that landed after their month was rated: the next month rates them.",
        ),
        Column("is_balanced", "BOOLEAN", "Both equations of this table hold."),
    ),
)
TABLES: tuple[TableSpec, ...] = (
    SWITCH_DAYS,
    CDR_COMPLETENESS,
    MISSING_LEGS,
    UNFINISHED_LEGS,
    UNCOUNTED_TIMES,
    COMPLETENESS_DAILY,
)
