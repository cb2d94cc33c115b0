"""What a switch is told after reloadxml: from what changed and what it says it has, to the same state each time."""

from __future__ import annotations

import pytest

from adapters.switch_release import changes
from adapters.switch_reload import Running, by_hand, reload_commands, running
from domain.errors import PermanentError

TIER = '<include>\n  <tier queue="{}" agent="{}" level="{}" position="{}"/>\n</include>\n'
FILES = {
    "autoload_configs/acl.conf.xml": "<configuration/>",
    "callcenter/agents/alice@acct-1001.xml": "<include/>",
    "callcenter/agents/bob@acct-1001.xml": "<include/>",
    "callcenter/queues/support@acct-1001.xml": "<include/>",
    "callcenter/tiers/support@acct-1001.xml": TIER.format("support@acct-1001", "alice@acct-1001", 1, 1),
    "gateways/carrier1.xml": "<include/>",
    "dialplan/customers/acct-1001.xml": "<include/>",
}
# As FreeSWITCH 1.11 answers, some columns left out.
AGENTS = "name|status|contact\nalice@acct-1001|Available|x\nbob@acct-1001|Logged Out|x\n+OK"
QUEUES = "name|strategy|max_wait_time\nsupport@acct-1001|longest-idle-agent|0\n+OK"
TIERS = "queue|agent|state|level|position\nsupport@acct-1001|alice@acct-1001|Ready|1|1\n+OK"


@pytest.fixture
def now():
    return running("carrier1 ", QUEUES, AGENTS, TIERS)


def told(now, before=FILES, after=FILES):
    return reload_commands(changes(before, after), after, now)


def test_freeswitchs_answers_are_read(now):
    assert now == Running(
        frozenset({"carrier1"}),
        frozenset({"support@acct-1001"}),
        frozenset({"alice@acct-1001", "bob@acct-1001"}),
        {("support@acct-1001", "alice@acct-1001"): ("1", "1")},
    )


def test_a_switch_without_queues_answers_only_ok():
    assert running(" ", "+OK", "+OK", "+OK") == Running(frozenset(), frozenset(), frozenset(), {})


def test_a_profile_that_did_not_start_is_told():
    with pytest.raises(PermanentError, match="'external' is not running"):
        running("Invalid Profile [external] Invalid Profile [external]", QUEUES, AGENTS, TIERS)


def test_nothing_is_told_when_nothing_changed(now):
    assert told(now) == []


def test_what_is_looked_up_at_each_call_needs_no_command(now):
    assert told(now, after=FILES | {"dialplan/customers/acct-1001.xml": "<include> </include>"}) == []


def test_a_carriers_new_address_is_loaded(now):
    assert told(now, after=FILES | {"autoload_configs/acl.conf.xml": "<x/>"}) == ["reloadacl"]


def test_a_new_gateway_is_read_without_touching_the_others(now):
    assert told(now, after=FILES | {"gateways/carrier2.xml": "<include/>"}) == ["sofia profile external rescan"]


def test_a_gateway_that_changed_goes_before_it_is_read_again(now):
    assert told(now, after=FILES | {"gateways/carrier1.xml": "<x/>"}) == [
        "sofia profile external killgw carrier1",
        "sofia profile external rescan",
    ]


def test_a_gateway_that_left_goes(now):
    after = {path: text for path, text in FILES.items() if not path.startswith("gateways/")}
    assert told(now, after=after) == ["sofia profile external killgw carrier1"]


def test_a_queue_its_agent_and_their_tier_come_in_this_order():
    """A queue that is not there yet is loaded: told to read it again, FreeSWITCH logs "Invalid queue" first."""
    now = running("carrier1", "+OK", "+OK", "+OK")
    assert told(now) == [
        "callcenter_config queue load support@acct-1001",
        "callcenter_config agent reload alice@acct-1001",
        "callcenter_config agent reload bob@acct-1001",
        "callcenter_config tier reload support@acct-1001 alice@acct-1001",
    ]


def test_what_the_ledger_has_no_more_leaves_freeswitchs_database_in_this_order(now):
    after = {path: text for path, text in FILES.items() if not path.startswith("callcenter/")}
    assert told(now, after=after) == [
        "callcenter_config tier del support@acct-1001 alice@acct-1001",
        "callcenter_config agent del alice@acct-1001",
        "callcenter_config agent del bob@acct-1001",
        "callcenter_config queue unload support@acct-1001",
    ]


def test_only_the_queue_and_the_agent_that_changed_are_read_again(now):
    after = FILES | {
        "callcenter/queues/support@acct-1001.xml": "<x/>",
        "callcenter/agents/bob@acct-1001.xml": "<x/>",
        "callcenter/tiers/support@acct-1001.xml": TIER.format("support@acct-1001", "alice@acct-1001", 2, 1),
    }
    assert told(now, after=after) == [
        "callcenter_config queue reload support@acct-1001",
        "callcenter_config agent reload bob@acct-1001",
        "callcenter_config tier reload support@acct-1001 alice@acct-1001",
    ]


def test_what_is_read_once_is_left_to_a_person(now):
    after = FILES | {"sip_profiles/internal.xml": "<profile/>"}
    changed = after | {"sip_profiles/internal.xml": "<x/>"}
    assert told(now, after, changed) == []
    assert by_hand(changes(after, changed)) == ["sofia profile internal restart"]
    assert by_hand(changes({}, changed)) == [], "a first release is read whole"
