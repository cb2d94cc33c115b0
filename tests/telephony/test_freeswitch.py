"""Where calls go: the rendered dialplan, followed as FreeSWITCH follows it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from sqlmodel import select

from adapters.ledger.tables import Customer, NumberRoute, SipAccount, Suspension
from adapters.switch_configuration import Configuration, rendered_files, static_files
from adapters.switch_reader import read_view
from tests.telephony.conftest import DAY
from tests.telephony.dialplan import Call

CARRIER_1, CARRIER_2 = "sofia/gateway/carrier1/", "sofia/gateway/carrier2/"
TROUBLE = "NORMAL_TEMPORARY_FAILURE"


@pytest.fixture
def telephone(load):
    """A call from a telephone of acct-1001, as the directory and the dialplan make it."""

    def telephone(
        destination, *, user="alice", customer="acct-1001", caller=None, answer=lambda data: None, **variables
    ):
        document = load()
        domain = document.find(f"section[@name='directory']/domain[@name='{customer}.lab.invalid']")
        found = domain.find(f".//user[@id='{user}']")
        own = {v.get("name"): v.get("value") for v in [*domain.iter("variable"), *found.iter("variable")]}
        call = Call(document, own | variables, caller or user, answer)
        return call.dial(own["user_context"], destination)

    return telephone


@pytest.fixture
def carrier(load):
    """A call from a carrier."""

    def carrier(destination, *, caller="+33639980001", answer=lambda data: None, hides_number=False):
        return Call(load(), {}, caller, answer, hides_number).dial("carriers", destination)

    return carrier


@pytest.fixture
def suspend(ledger):
    def suspend(customer_id="acct-1001", suspended_from=dt.date(2026, 11, 20), lifted_on=None):
        with ledger.session() as session:
            session.add(
                Suspension(
                    customer_id=customer_id, suspended_from=suspended_from, lifted_on=lifted_on, reason="FA unpaid"
                )
            )

    return suspend


@pytest.mark.parametrize(
    ("dialled", "sent", "number_type"),
    [
        ("0639981111", "+33639981111", "mobile"),
        ("+33639981111", "+33639981111", "mobile"),
        ("0199000019", "+33199000019", "fixed"),
        ("0692123456", "+262692123456", "mobile"),
        ("00442079460018", "+442079460018", "international"),
        ("3639", "3639", "surcharged"),
    ],
)
def test_an_outgoing_call_leaves_by_the_first_carrier_with_account_direction_and_type(
    telephone, dialled, sent, number_type
):
    call = telephone(dialled)
    assert call.ran("bridge") == [CARRIER_1 + sent]
    for variables in (call.variables, call.exported):
        assert (variables["account_id"], variables["accountcode"]) == ("acct-1001", "acct-1001")
        assert variables["number_type"] == number_type
    assert (call.variables["call_direction"], call.exported["call_direction"]) == ("outbound", "outbound")
    assert call.variables["effective_caller_id_number"] == "+33170181010"


def test_another_carrier_is_tried_on_a_carriers_trouble_only(telephone):
    assert telephone("0639981111", answer=lambda data: TROUBLE).ran("bridge") == [
        f"{CARRIER_1}+33639981111",
        f"{CARRIER_2}+33639981111",
    ]
    for cause in ("USER_BUSY", "NO_ANSWER", "UNALLOCATED_NUMBER", "CALL_REJECTED", "NO_USER_RESPONSE"):
        call = telephone("0639981111", answer=lambda data, cause=cause: cause)
        assert (len(call.ran("bridge")), call.cause) == (1, cause)


def test_when_every_carrier_is_in_trouble_the_caller_is_told_so_and_the_leg_says_how_each_fared(telephone):
    call = telephone("0639981111", answer=lambda data: "GATEWAY_DOWN" if "carrier1" in data else TROUBLE)
    assert call.cause == TROUBLE
    assert call.variables["carriers_tried"].split() == ["carrier1=GATEWAY_DOWN", f"carrier2={TROUBLE}"]


@pytest.mark.parametrize("presented", ["+33170181083", "0170181083", "33170181083", "0033170181083"])
def test_a_number_of_the_customers_own_is_presented_as_e164(telephone, presented):
    assert telephone("0639981111", caller=presented).variables["effective_caller_id_number"] == "+33170181083"


@pytest.mark.parametrize("presented", ["+33170182001", "0612345678", "anonymous", "+331701810833"])
def test_a_number_of_somebody_else_is_not_presented(telephone, presented):
    assert telephone("0639981111", caller=presented).variables["effective_caller_id_number"] == "+33170181010"


def test_a_campaign_presents_its_number_and_is_on_both_legs(telephone):
    call = telephone("0639981111", **{"sip_h_X-Campaign": "rentree"})
    assert (call.variables["campaign"], call.exported["campaign"]) == ("rentree", "rentree")
    assert call.variables["effective_caller_id_number"] == "+33170181031"


def test_a_campaign_nobody_declared_is_none(telephone):
    call = telephone("0639981111", **{"sip_h_X-Campaign": "rentree,x"})
    assert "campaign" not in call.variables


def test_calls_at_once_are_counted_by_account(telephone):
    assert telephone("0639981111").ran("limit") == ["hash accounts alice@acct-1001 2 !NORMAL_CIRCUIT_CONGESTION"]


@pytest.mark.parametrize("number", ["15", "17", "18", "112", "114", "115", "119", "116000", "191", "196", "197"])
def test_an_emergency_call_is_neither_barred_nor_counted_and_tries_every_carrier(telephone, suspend, number):
    suspend()
    call = telephone(number, caller="0170181083", answer=lambda data: "CALL_REJECTED")
    assert call.ran("bridge") == [CARRIER_1 + number, CARRIER_2 + number]
    assert call.ran("limit") == []
    assert call.exported["number_type"] == "emergency"
    # The number whose address the carrier knows, whatever the caller presents.
    assert call.variables["effective_caller_id_number"] == "+33170181010"


@pytest.mark.parametrize("number", ["112", "15", "116000"])
def test_a_telephone_named_like_an_emergency_number_never_takes_its_calls(ledger, documents, number):
    """The ledger refuses the name; were it there all the same, help would still be reached."""
    view = read_view(ledger, DAY)
    first, *others = view.customers
    named = SipAccount(customer_id=first.customer_id, user_name=number, caller_number=first.numbers[0].number)
    customers = (replace(first, accounts=(named, *first.accounts)), *others)
    files = dict(static_files()) | dict(rendered_files(replace(view, customers=customers)))
    document = documents(Configuration(files, (f"{number}@{first.customer_id}", *view.account_names)))
    own = {"account_number": "+33170181010", "sip_account": f"alice@{first.customer_id}", "max_calls": "2"}
    call = Call(document, own, "alice").dial(f"customer-{first.customer_id}", number)
    assert call.ran("bridge") == [CARRIER_1 + number]
    assert call.exported["number_type"] == "emergency"


def test_an_emergency_call_has_no_limit_of_time(telephone):
    help_call = telephone("15")
    assert "execute_on_answer" not in help_call.exported
    assert (help_call.exported["media_timeout"], help_call.exported["media_hold_timeout"]) == ("0", "0")
    assert "ALLOTTED_TIMEOUT" in telephone("0639981111").exported["execute_on_answer"]


def test_sound_before_an_answer_ends_but_for_help(telephone, carrier, load):
    """With SIP 183 and no answer a real FreeSWITCH kept a call up for good: call_timeout bounds ringing alone."""
    assert telephone("0639981111").exported["bridge_answer_timeout"] == "180"
    assert carrier("+33170181040").exported["bridge_answer_timeout"] == "180"
    forwarded = carrier("+33170181040")
    helped = Call(load(), forwarded.variables, forwarded.caller_id_number).dial("customer-acct-1001", "112")
    assert helped.exported["bridge_answer_timeout"] == telephone("112").exported["bridge_answer_timeout"] == "-1"


def test_a_suspended_customer_is_refused_outgoing_calls_with_a_reason(telephone, suspend):
    suspend()
    call = telephone("0639981111")
    assert (call.ran("bridge"), call.cause) == ([], "OUTGOING_CALL_BARRED")
    assert call.variables["account_id"] == "acct-1001"


def test_a_suspended_customer_is_still_called_and_calls_inside(telephone, carrier, suspend):
    suspend()
    assert carrier("+33170181010").ran("bridge") == ["user/alice@acct-1001.lab.invalid"]
    assert carrier("+33170181020").ran("callcenter") == ["support@acct-1001"]
    assert telephone("0170181001").ran("bridge") == ["user/standard@acct-1001.lab.invalid"]
    assert telephone("bob").ran("bridge") == ["user/bob@acct-1001.lab.invalid"]


def test_a_suspended_customers_numbers_are_not_forwarded(carrier, suspend):
    suspend()
    call = carrier("+33170181040")
    assert (call.ran("bridge"), call.cause) == ([], "OUTGOING_CALL_BARRED")


def test_other_customers_are_not_suspended_with_it(telephone, suspend):
    suspend()
    call = telephone("0639981111", user="cabinet", customer="acct-1002")
    assert call.ran("bridge") == [f"{CARRIER_1}+33639981111"]


BLOCKED = ["+252612345678", "00252612345678", "+8816123456789", "+87077311163", "+97912345678", "+883510012345"]


@pytest.mark.parametrize("dialled", BLOCKED)
def test_satellites_and_known_fraud_ranges_are_refused_by_default(telephone, dialled):
    call = telephone(dialled)
    assert (call.ran("bridge"), call.cause) == ([], "OUTGOING_CALL_BARRED")


@pytest.mark.parametrize("dialled", BLOCKED)
def test_a_customer_whose_row_allows_it_may_call_blocked_ranges(telephone, ledger, dialled):
    with ledger.session() as session:
        session.get(Customer, "acct-1001").is_high_risk_allowed = True
    assert len(telephone(dialled).ran("bridge")) == 1
    assert telephone(dialled, user="cabinet", customer="acct-1002").ran("bridge") == []


def test_a_number_forwarded_to_a_blocked_range_is_refused(carrier, ledger):
    with ledger.session() as session:
        session.exec(select(NumberRoute).where(NumberRoute.number == "+33170181040")).one().destination = BLOCKED[0]
    call = carrier("+33170181040")
    assert (call.ran("bridge"), call.cause) == ([], "OUTGOING_CALL_BARRED")


@pytest.mark.parametrize(
    ("suspended_from", "lifted_on", "is_refused"),
    [
        ("2026-11-22", None, True),
        ("2026-11-23", None, False),
        ("2026-11-01", "2026-11-23", True),
        ("2026-11-01", "2026-11-22", False),
    ],
)
def test_a_suspension_begins_on_its_first_day_and_ends_on_the_day_it_is_lifted(
    telephone, suspend, suspended_from, lifted_on, is_refused
):
    suspend(
        suspended_from=dt.date.fromisoformat(suspended_from),
        lifted_on=dt.date.fromisoformat(lifted_on) if lifted_on else None,
    )
    assert (telephone("0639981111").cause == "OUTGOING_CALL_BARRED") == is_refused


@pytest.mark.parametrize("written", ["+33170181010", "33170181010", "0033170181010", "0170181010"])
def test_a_number_is_found_however_the_carrier_writes_it(carrier, written):
    call = carrier(written)
    assert call.ran("bridge") == ["user/alice@acct-1001.lab.invalid"]
    assert (call.variables["call_direction"], call.exported["call_direction"]) == ("inbound", "inbound")
    assert call.exported["account_id"] == "acct-1001"


@pytest.mark.parametrize("number", ["+33170189999", "+33170181099", "anonymous", "112", ""])
def test_a_number_that_leads_nowhere_is_unallocated(carrier, number):
    call = carrier(number)
    assert (call.ran("bridge"), call.cause) == ([], "UNALLOCATED_NUMBER")


def test_a_number_of_a_contract_that_ended_leads_nowhere(carrier):
    # acct-1012 left on 15 October; one of its numbers went to acct-1011.
    assert carrier("+33353010101").cause == "UNALLOCATED_NUMBER"
    assert carrier("+33353010102").ran("bridge") == ["user/agence@acct-1011.lab.invalid"]


def test_several_telephones_ring_together(carrier):
    assert carrier("+33170181050").ran("bridge") == [
        "user/alice@acct-1001.lab.invalid,user/bob@acct-1001.lab.invalid,user/nobody@acct-1001.lab.invalid"
    ]


def test_a_caller_nobody_answers_is_told_so(carrier):
    assert carrier("+33170181010", answer=lambda data: "NO_ANSWER").cause == "NO_ANSWER"


def test_a_queue_answers_first_and_its_agents_legs_have_the_account(carrier):
    call = carrier("+33170181031")
    applications = [name for name, _ in call.trace]
    assert applications.index("answer") < applications.index("callcenter")
    assert set(call.variables["cc_export_vars"].split(",")) >= {"account_id", "accountcode", "campaign"}
    assert call.variables["campaign"] == "rentree"


def test_a_forwarded_call_is_incoming_on_one_leg_and_outgoing_on_the_other(carrier):
    call = carrier("+33170181040")
    assert call.ran("bridge") == [f"{CARRIER_1}+33639981234"]
    assert (call.variables["call_direction"], call.exported["call_direction"]) == ("inbound", "outbound")
    assert (call.variables["number_type"], call.exported["number_type"]) == ("fixed", "mobile")
    assert "effective_caller_id_number" not in call.variables, "the callee sees who calls"
    assert call.exported["sip_h_Diversion"].startswith("<sip:+33170181040@")


def test_nobody_who_answers_302_sends_a_call_elsewhere(telephone, carrier, load):
    """A real FreeSWITCH called a satellite at the carrier's address an agent gave, and nobody was billed."""
    for call in (telephone("0639981111"), telephone("15"), carrier("+33170181040")):
        assert call.exported["outbound_redirect_fatal"] == "true"
    dialled = [param.get("value") for param in load().findall(".//domain//param[@name='dial-string']")]
    assert dialled
    assert all("outbound_redirect_fatal=true" in value.partition("}${sofia_contact")[0] for value in dialled)
    agents = [agent.get("contact") for agent in load().iter("agent")]
    assert all("]user/" in contact for contact in agents), "agents are called through the directory"


def test_a_call_to_an_own_number_stays_inside(telephone):
    call = telephone("0170181001")
    assert call.ran("bridge") == ["user/standard@acct-1001.lab.invalid"]
    assert (call.variables["call_direction"], call.exported["call_direction"]) == ("internal", "internal")


def test_a_call_to_an_own_number_that_is_forwarded_leaves_with_a_number_for_caller(telephone):
    call = telephone("0170181040")
    assert call.ran("bridge") == [f"{CARRIER_1}+33639981234"]
    assert call.caller_id_number == "+33170181010"


def test_another_customers_number_is_called_through_a_carrier(telephone):
    assert telephone("0170182001").ran("bridge") == [f"{CARRIER_1}+33170182001"]


def test_an_incoming_call_that_is_transferred_outside_stays_incoming_and_presents_the_number_it_came_in_on(
    carrier, load
):
    call = carrier("+33170181010")
    context = call.variables["force_transfer_context"]
    after = Call(load(), call.variables, call.caller_id_number).dial(context, "0639981114")
    assert after.ran("bridge") == [f"{CARRIER_1}+33639981114"]
    assert (after.variables["call_direction"], after.exported["call_direction"]) == ("inbound", "outbound")
    assert after.variables["effective_caller_id_number"] == "+33170181010"
    assert after.caller_id_number == "+33639980001", "the caller's own leg keeps who called"


def test_an_incoming_call_that_is_transferred_to_help_presents_the_number_it_came_in_on(carrier, load):
    call = carrier("+33170181010")
    after = Call(load(), call.variables, call.caller_id_number).dial(call.variables["force_transfer_context"], "15")
    assert after.variables["effective_caller_id_number"] == "+33170181010"
    assert (after.variables["call_direction"], after.exported["call_direction"]) == ("inbound", "outbound")
    assert (after.variables["number_type"], after.exported["number_type"]) == ("fixed", "emergency")
    assert after.caller_id_number == "+33639980001", "the caller's own leg keeps who called"


def test_a_callee_who_is_transferred_to_help_presents_the_number_of_the_telephone_that_called(telephone, load):
    """A real FreeSWITCH gave help the callee's own number, and the carrier no address."""
    called = telephone("0639981111").exported
    after = Call(load(), dict(called), "+33639981111").dial(called["force_transfer_context"], "112")
    assert after.ran("bridge") == [f"{CARRIER_1}112"]
    assert after.variables["effective_caller_id_number"] == "+33170181010"
    assert after.caller_id_number == "+33639981111"


def test_help_may_ring_for_longer_than_a_telephone_or_another_number(telephone, carrier, load):
    """FreeSWITCH's own patience is a minute: the real one left a ringing 116000 for the next carrier after it."""
    own = telephone("112")
    called = carrier("+33170181010")
    assert (called.variables["call_timeout"], telephone("0639981111").variables["call_timeout"]) == ("30", "90")
    sent_on = Call(load(), called.variables, called.caller_id_number).dial("customer-acct-1001", "112")
    assert (own.variables["call_timeout"], sent_on.variables["call_timeout"]) == ("300", "300")


@pytest.mark.parametrize(("number", "application"), [("+33170181010", "bridge"), ("+33170181020", "callcenter")])
def test_a_caller_who_hides_the_number_is_hidden_from_telephones(carrier, number, application):
    hidden = carrier(number, hides_number=True)
    assert len(hidden.ran(application)) == 1
    assert hidden.variables["effective_caller_id_number"] == "anonymous"
    assert hidden.caller_id_number == "+33639980001", "the call record says who called"
    assert "effective_caller_id_number" not in carrier(number).variables


def test_a_caller_who_hides_the_number_is_known_to_the_carrier_a_call_is_sent_on_to(carrier, load):
    assert "effective_caller_id_number" not in carrier("+33170181040", hides_number=True).variables
    called = carrier("+33170181010", hides_number=True)
    after = Call(load(), called.variables, called.caller_id_number, hides_number=True)
    after.dial(called.variables["force_transfer_context"], "0170181040")
    assert after.ran("bridge") == [f"{CARRIER_1}+33639981234"]
    assert "effective_caller_id_number" not in after.variables


@pytest.mark.parametrize(
    ("digit", "application", "data"),
    [
        ("1", "callcenter", "support@acct-1001"),
        ("2", "bridge", "user/standard@acct-1001.lab.invalid"),
        ("9", "bridge", f"{CARRIER_1}+33639981234"),
    ],
)
def test_a_menus_digit_leads_where_the_ledger_says(load, carrier, digit, application, data):
    call = carrier("+33170181030")
    assert call.ran("ivr") == ["acct-1001-accueil"]
    menu = load().find(".//menu[@name='acct-1001-accueil']")
    parameter = next(entry.get("param") for entry in menu.iter("entry") if entry.get("digits") == digit)
    _, extension, _, context = parameter.split(" ")
    assert Call(load(), call.variables).dial(context, extension).ran(application) == [data]


@pytest.mark.parametrize(("digits", "status"), [("*11", "Available"), ("*12", "On Break"), ("*13", "Logged Out")])
def test_an_agent_comes_and_goes_by_dialling(telephone, digits, status):
    call = telephone(digits)
    assert f"alice@acct-1001 '{status}'" in call.variables["agent_status"].replace("${sip_account}", "alice@acct-1001")


def test_a_telephone_that_is_no_agents_cannot_log_in(telephone):
    call = telephone("*11", user="standard")
    assert ("agent_status" in call.variables, call.cause) == (False, "NO_ROUTE_DESTINATION")


@pytest.mark.parametrize("dialled", ["*99*", "carla", "12345678901234567890", "+", "0"])
def test_what_is_no_number_goes_nowhere(telephone, dialled):
    call = telephone(dialled)
    assert (call.ran("bridge"), call.cause) == ([], "NO_ROUTE_DESTINATION")


def test_whoever_has_no_context_is_refused(load):
    document = load()
    profile = document.find(".//profile[@name='internal']")
    settings = {param.get("name"): param.get("value") for param in profile.iter("param")}
    assert settings["auth-calls"] == "true"
    assert Call(document).dial(settings["context"], "0639981111").cause == "CALL_REJECTED"


def test_every_context_extension_and_carrier_that_is_named_exists(load):
    document = load()
    contexts = {context.get("name") for context in document.iter("context")}
    gateways = {gateway.get("name") for gateway in document.iter("gateway")}
    users = {
        f"{user.get('id')}@{domain.get('name')}" for domain in document.iter("domain") for user in domain.iter("user")
    }
    known = {
        "queue": {queue.get("name") for queue in document.iter("queue")},
        "menu": {menu.get("name") for menu in document.iter("menu")},
        "ring": users,
    }
    for action in [*document.iter("action"), *document.iter("anti-action")]:
        data = action.get("data", "")
        if action.get("application") == "execute_extension":
            extension, _, context = data.split(" ")
            # Those with a variable in their name are looked up at each call, and may well not be there.
            assert context in contexts or "$" in context, data
            if context in known and "$" not in extension:
                assert {name.removeprefix("user/") for name in extension.split(",")} <= known[context], data
        elif action.get("application") == "bridge":
            assert set(re.findall(r"sofia/gateway/(\w+)/", data)) <= gateways


def test_every_application_is_one_a_module_of_the_list_has(load):
    known = {
        "answer", "bridge", "callcenter", "execute_extension", "export", "hangup", "ivr", "limit", "playback", "set",
        "set_profile_var", "unset",
    }  # fmt: skip
    assert {action.get("application") for action in load().iter("action")} <= known


def test_nothing_is_named_twice(load):
    document = load()
    for name in ("context", "gateway", "menu", "profile", "configuration", "domain"):
        found = [element.get("name") for element in document.iter(name) if element.get("name") != "all"]
        assert sorted(found) == sorted(set(found)), name


def test_numbers_of_a_hundred_share_a_context_and_a_customer_has_one(load):
    """FreeSWITCH tries a context's extensions one by one, and loads contexts in the square of their number."""
    document = load()
    contexts = document.findall("section[@name='dialplan']/context")
    customers = {domain.get("name", "").removesuffix(".lab.invalid") for domain in document.iter("domain")} - {"all"}
    named = [context.get("name", "") for context in contexts]
    assert {name.removeprefix("customer-") for name in named if name.startswith("customer-")} == customers
    for context in contexts:
        if (name := context.get("name", "")).startswith("numbers-"):
            numbers = [extension.get("name", "") for extension in context.iter("extension")]
            assert all(number.startswith(name.removeprefix("numbers-")) for number in numbers)
            assert len(numbers) <= 100


@pytest.mark.parametrize("dialled", ["=account", "=accueil-9", "=+33170181040"])
def test_what_the_dialplan_calls_itself_cannot_be_dialled(telephone, suspend, dialled):
    suspend()
    call = telephone(dialled)
    assert call.trace == []
