"""The tables of the call record group; the fields of an event are said once, in ``domain.call_event``."""

from __future__ import annotations

from adapters.warehouse import Column, TableSpec
from assets.cdr import completeness_tables
from domain.call_event import FIELDS

MONTH = Column("month", "VARCHAR", "Local (Europe/Paris) month, YYYY-MM.")
RECORD_DATE = Column(
    "record_date", "DATE", "Local day the row counts on: a hang-up's answer, its end if never answered."
)
SEGMENT = Column("segment", "VARCHAR", "Journal segment the row was read from.")
RECEIVED_AT = Column("received_at", "TIMESTAMP", "When the listener received it, UTC.")
ALWAYS_THERE = frozenset({"boot_id"})

CALL_EVENTS = TableSpec(
    "call_events",
    "parts",
    "One row per journal record kept: a leg's creation, answer and hang-up (an event, or the switch's CDR file), "
    "queue events, and the switch's heartbeats. "
    "A part is one local day of one segment.",
    (
        MONTH,
        RECORD_DATE,
        SEGMENT,
        Column("record_number", "BIGINT", "Position of the record in its segment, from 0."),
        RECEIVED_AT,
        Column("source", "VARCHAR", "esl: the event socket said it; json_cdr: the switch's CDR file did."),
        Column("file_flaws", "VARCHAR", "CDR files: what encode-values=true did to its values; null if nothing.", True),
        Column(
            "event_name",
            "VARCHAR",
            "CHANNEL_CREATE, CHANNEL_ANSWER, SESSION_HEARTBEAT, CHANNEL_HANGUP_COMPLETE (a CDR file too), "
            "CUSTOM (queues); of the switch itself HEARTBEAT, SHUTDOWN, CHANNELS (what the listener asked: which legs "
            "are up).",
        ),
        Column("event_at", "TIMESTAMP", "When the switch made the event (CHANNELS: when it answered), UTC."),
        *(
            Column(
                field.column,
                "VARCHAR" if field.type == "text" else "BIGINT",
                field.description,
                nullable=field.column not in ALWAYS_THERE,
            )
            for field in FIELDS
        ),
    ),
)
REJECTED_EVENTS = TableSpec(
    "rejected_events",
    "parts",
    "One row per journal record that could not be read: set aside with its reason, nothing is lost silently.",
    (
        MONTH,
        SEGMENT,
        Column("record_number", "BIGINT", "Position among the segment's good records; null for damaged bytes.", True),
        Column("received_at", "TIMESTAMP", "When the listener received it, UTC; null for damaged bytes.", True),
        Column("event_name", "VARCHAR", "Event-Name, when it could be read.", True),
        Column("reason", "VARCHAR", "Why it could not be taken."),
        Column("body_excerpt", "VARCHAR", "Its first characters; the whole stands in the journal or the quarantine."),
    ),
)
LANDED_SEGMENTS = TableSpec(
    "landed_segments",
    "parts",
    "One row per journal segment landed. Written last: a segment without its row is landed again.",
    (
        MONTH,
        SEGMENT,
        Column("sha256", "VARCHAR", "Of the segment's bytes."),
        Column("records", "BIGINT", "Good records in the segment, notes included."),
        Column("events", "BIGINT", "Records kept in call_events."),
        Column("rejected_records", "BIGINT", "Good records that could not be read as events."),
        Column("damaged_records", "BIGINT", "Places where the segment's bytes are damaged."),
        Column("landed_dates", "VARCHAR", "Local days its events count on, comma separated."),
    ),
)
CALL_DETAIL_RECORDS = TableSpec(
    "call_detail_records",
    "parts",
    "One row per leg that ended. Sum billable legs only: a call has as many legs as ends. A part is a local day.",
    (
        MONTH,
        RECORD_DATE,
        Column("boot_id", "VARCHAR", "Which start of the switch; leg ids are unique within it."),
        Column("leg_id", "VARCHAR", "The leg's Unique-ID."),
        Column("session_number", "BIGINT", "The boot's counter of legs.", True),
        Column("switch_name", "VARCHAR", "Name of the switch.", True),
        Column("originating_leg_id", "VARCHAR", "The leg this one was made for; null for a root leg.", True),
        Column("call_id", "VARCHAR", "Leg id of the call's root leg."),
        Column("leg_side", "VARCHAR", "A for a root leg, B for one made for another leg."),
        Column(
            "direction",
            "VARCHAR",
            "As the carrier sees it: outgoing, incoming; internal when no carrier is on the leg.",
        ),
        Column("is_carrier_leg", "BOOLEAN", "Outbound through a gateway, or inbound on a carrier's profile."),
        Column(
            "is_billable",
            "BOOLEAN",
            "Outgoing carrier leg that was answered, to a number that is not free to the caller: the only legs billed.",
        ),
        Column(
            "call_category",
            "VARCHAR",
            "incoming; of outgoing carrier legs forwarded (a call that came in and left again), campaign (the switch "
            "named one); else direct.",
        ),
        Column("gateway", "VARCHAR", "Gateway an outgoing leg left through.", True),
        Column("customer_id", "VARCHAR", "Whose call it is, by the number inventory that day; null if nobody's.", True),
        Column("contract_id", "VARCHAR", "The contract that held the number that day.", True),
        Column("account_code", "VARCHAR", "Account the switch said: it only confirms customer_id.", True),
        Column("caller_number", "VARCHAR", "Caller number as presented.", True),
        Column("dialed_number", "VARCHAR", "Number as dialled, before any transfer.", True),
        Column(
            "origin_number",
            "VARCHAR",
            "E.164 of the caller; for an outgoing leg, of the customer's number "
            "used: the forwarded number when a call was forwarded.",
            True,
        ),
        Column("origin_country", "VARCHAR", "ISO 3166 alpha-2.", True),
        Column("origin_number_type", "VARCHAR", "fixed, mobile, free, ...; null when there is no number.", True),
        Column("destination_number", "VARCHAR", "E.164 of the number dialled; null when it is none.", True),
        Column("destination_country", "VARCHAR", "ISO 3166 alpha-2.", True),
        Column("destination_number_type", "VARCHAR", "fixed, mobile, short, ...; null when there is no number.", True),
        Column(
            "called_digits",
            "VARCHAR",
            "What a tariff's prefix is matched with: E.164 digits without +, or country and short number (FR3639).",
            True,
        ),
        Column("started_at", "TIMESTAMP", "When the leg began, UTC."),
        Column("answered_at", "TIMESTAMP", "When it was answered, UTC; null if never.", True),
        Column("ended_at", "TIMESTAMP", "When it ended, UTC."),
        Column("billed_seconds", "BIGINT", "Seconds begun between answer and end; 0 only if never answered."),
        Column("talk_micros", "BIGINT", "Exact microseconds between answer and end."),
        Column("ring_micros", "BIGINT", "Microseconds from start to answer, or to the end if never answered."),
        Column("disposition", "VARCHAR", "answered, busy, no_answer, cancelled, failed or abandoned_in_queue."),
        Column("hangup_cause", "VARCHAR", "Why the leg ended, as FreeSWITCH said.", True),
        Column("sip_status", "INTEGER", "SIP status that ended it or refused it.", True),
        Column("queue_name", "VARCHAR", "Queue, on the waiting member's leg and on agents' legs.", True),
        Column(
            "queue_joined_at", "TIMESTAMP", "When the member joined, UTC, to the second; on member legs only.", True
        ),
        Column("queue_answered_at", "TIMESTAMP", "When an agent took the member; null if none did.", True),
        Column("queue_left_at", "TIMESTAMP", "When the member left unserved; null if an agent answered.", True),
        Column("agent_name", "VARCHAR", "Agent, on the member's leg if served and on agents' legs.", True),
        Column("campaign", "VARCHAR", "Campaign, as the switch said.", True),
        Column("segment", "VARCHAR", "Journal segment of the hang-up."),
    ),
)
CALL_RECORD_DAYS = TableSpec(
    "call_record_days",
    "month",
    "One row per local day of call records, and what it was made from: a day is made again when that changes.",
    (
        MONTH,
        RECORD_DATE,
        Column("inputs_sha256", "VARCHAR", "Of the segments, the numbers in force and the rules it was made from."),
        Column("legs", "BIGINT", "Call records of the day."),
        Column("billable_calls", "BIGINT", "Those that are billed."),
    ),
)
TRUNCATED_MONTHS = TableSpec(
    "truncated_months",
    "month",
    "One row per month whose called numbers were truncated after the retention period: it is never made again.",
    (MONTH, Column("truncated_on", "DATE", "The day the truncation began.")),
)
TABLES: tuple[TableSpec, ...] = (
    CALL_EVENTS,
    REJECTED_EVENTS,
    LANDED_SEGMENTS,
    CALL_DETAIL_RECORDS,
    CALL_RECORD_DAYS,
    TRUNCATED_MONTHS,
    *completeness_tables.TABLES,
)
