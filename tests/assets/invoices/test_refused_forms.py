"""A draft whose electronic form breaks a rule is not issued; its neighbours are, and its calls wait."""

from __future__ import annotations

from adapters.ledger.tables import Customer


def test_a_draft_that_breaks_a_rule_is_refused_by_its_name_and_its_neighbour_is_issued(house):
    house.customer("acct-1002", siren=None, country="US", postal_code="10001", city="New York", email="",
                   vat_territory="NON_EU")  # fmt: skip
    house.contract("ctr-1002-1")
    issued = house.close("2026-10", "2026-11-01")
    assert [document.customer_id for document in issued] == ["acct-1001"]
    [refused] = house.rows("refused_drafts")
    assert refused["customer_id"] == "acct-1002"
    assert refused["amount_cents"] == 149_00
    assert "BR-FR-12" in refused["reason"]


def test_the_refused_customer_is_invoiced_once_it_is_mended_and_the_closed_month_stands(house):
    house.customer("acct-1002", siren=None, country="US", postal_code="10001", city="New York", email="",
                   vat_territory="NON_EU")  # fmt: skip
    house.contract("ctr-1002-1")
    house.close("2026-10", "2026-11-01")
    with house.ledger.session() as session:
        session.get_one(Customer, "acct-1002").email = "compta@exemple.example"
    assert [document.customer_id for document in house.close("2026-10", "2026-11-01")] == ["acct-1001"]
    assert [document.customer_id for document in house.close("2026-11", "2026-12-01")] == ["acct-1001", "acct-1002"]
    # October's subscription too: its invoice was refused.
    assert house.ledger.documents(customer_id="acct-1002")[0].net_cents == 2 * 149_00
