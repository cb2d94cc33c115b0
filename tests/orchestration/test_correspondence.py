"""Crediting, sending and exporting from the command line, and the job and sensor that send."""

from __future__ import annotations

import datetime as dt
import hashlib
import sys

import dagster as dg
import pytest

from adapters.ledger.documents import issue
from adapters.ledger.seed import load_law, load_world
from adapters.ledger.store import Ledger
from assets.invoices.printed import invoice_payload
from domain.calendar import Month
from domain.invoice import DraftLine, draft_document
from domain.penalty import LatePaymentRule
from domain.vat import VatRule
from orchestration.build import build_definitions, build_platform
from orchestration.cli import main
from orchestration.settings import load_settings
from orchestration.simulation import DEMO_SEEDS, SEEDS
from tests.adapters.receivers import Mailbox, smtp_server
from tests.closings import CLOSING
from tests.domain.fec_checker import check

OCTOBER = Month(2026, 10)
ON = dt.date(2026, 11, 1)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The demo's customers; acct-1001 was invoiced 58.80 for October."""
    monkeypatch.setenv("SECONDE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "400")
    ledger = Ledger(load_settings().ledger)
    ledger.migrate()
    load_law(ledger, SEEDS / "law")
    load_world(ledger, DEMO_SEEDS)
    line = DraftLine(1, "subscription", "Abonnement", "1", "mois", 49_000_000, 4900, "S", 2000, "ctr-1001-1")
    rule = LatePaymentRule(**ledger.late_payment_rule(ON).model_dump())
    vat = VatRule(**ledger.vat_rule("FR_MAINLAND", ON).model_dump())
    draft = draft_document(
        customer_id="acct-1001",
        kind="invoice",
        month=OCTOBER,
        issue_date=ON,
        due_date=dt.date(2026, 12, 1),
        lines=[line],
        payload=invoice_payload(ledger.operator(), ledger.customers()[0], OCTOBER, vat, rule, [{"detail": None}]),
    )
    issue(ledger, OCTOBER, ON, [draft], CLOSING)
    return tmp_path


@pytest.fixture
def seconde(home, monkeypatch, capsys):
    """Run a command; its exit code, standard output and standard error."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["seconde", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return ended.value.code, said.out, said.err

    return run


def test_a_credit_note_is_issued_drawn_sent_and_booked(seconde, home, monkeypatch):
    words = ("credit", "FA-2026-000001", "--all", "--reason", "error", "--because", "Doublon", "--by", "A. Martin")
    code, out, told = seconde(*words, "--as-of", "2026-11-05")
    assert (code, "AV-2026-000001" in out) == (0, True)
    assert "seconde deliver 2026-11" in told
    assert (home / "documents" / "2026-11" / "AV-2026-000001.pdf").read_bytes().startswith(b"%PDF")
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        monkeypatch.setenv("SECONDE_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("SECONDE_SMTP_PORT", str(port))
        monkeypatch.setenv("SECONDE_BILLING_SENDER", "factures@operateur.example")
        code, out, told = seconde("deliver", "2026-11", "--dry-run")
        assert "compta@centre-imaginaire.example" in out
        assert mailbox.mails == []
        code, _, told = seconde("deliver", "2026-11")
        assert (code, told) == (0, "1 queued; 1 sent\n")
        assert seconde("deliver", "2026-11")[2] == "0 queued; nothing was due\n"
    [mail] = mailbox.mails
    assert mail["Subject"].startswith("Votre avoir AV-2026-000001")
    code, _, told = seconde("export", "fec", "2026", "--until", "2026-11-05", "--out", home / "books")
    [file] = (home / "books").glob("*FEC*[0-9].txt")
    assert (code, {row["EcritureLet"] for row in check(file.read_bytes(), file.name)}) == (0, {"AA", ""})
    assert "2 entries, 117,60" in told.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("export", "fec", "2026", "--out", "x"), 4, "2026-11, 2026-12 ended by 2026-12-31 and is not closed"),
        (("export", "fec", "2026", "--out", "x", "--until", "1/1"), 3, "is not a date"),
        (("credit", "FA-1", "--reason", "error", "--because", "x", "--by", "y"), 3, "say --all, or --line N"),
        (("credit", "FA-1", "--all", "--reason", "mood", "--because", "x", "--by", "y"), 2, "mood"),
        (("deliver", "2026-10"), 4, "nothing is set to send documents by"),
        (("deliver", "--again", "FA-2026-000001"), 3, "nothing of it bounced or failed"),
        (("deliver", "--bounces", "nowhere"), 3, "nowhere is not a folder"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(seconde, words, code, said):
    answer = seconde(*words)
    assert answer[0] == code
    assert said in answer[2]


def test_the_sensor_is_stopped_until_started_and_asks_for_a_run_when_something_is_due(home, monkeypatch):
    mailbox = Mailbox()
    with smtp_server(mailbox) as port, dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("SECONDE_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("SECONDE_SMTP_PORT", str(port))
        monkeypatch.setenv("SECONDE_BILLING_SENDER", "factures@operateur.example")
        settings = load_settings()
        platform = build_platform(settings)
        definitions = build_definitions(settings, platform=platform)
        sensor = definitions.resolve_sensor_def("deliveries_due")
        assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
        context = dg.build_sensor_context(instance=instance)
        assert sensor.evaluate_tick(context).run_requests == []
        # Queued and not drawn yet: the job says so and tries again later.
        job = definitions.resolve_job_def("deliver_documents")
        config = {"ops": {"deliveries": {"config": {"month": "2026-10"}}}}
        assert job.execute_in_process(instance=instance, run_config=config).success
        assert mailbox.mails == []
        (home / "documents" / "2026-10").mkdir(parents=True)
        (home / "documents" / "2026-10" / "FA-2026-000001.pdf").write_bytes(b"%PDF")
        platform.ledger.keep_file("FA-2026-000001", hashlib.sha256(b"%PDF").hexdigest(), 1)
        with platform.ledger.session() as session:
            session.connection().exec_driver_sql("update delivery set next_attempt_at = '2026-01-01 00:00:00.000000'")
        [request] = sensor.evaluate_tick(dg.build_sensor_context(instance=instance)).run_requests or []
        # One that came to nothing does not keep the next one from being asked for; one on its way does.
        assert request.run_key is None
        assert sensor.evaluate_tick(dg.build_sensor_context(instance=instance)).run_requests
        begun = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        assert sensor.evaluate_tick(dg.build_sensor_context(instance=instance)).run_requests == []
        instance.delete_run(begun.run_id)
        for name in ("SECONDE_SMTP_HOST", "SECONDE_BILLING_SENDER"):
            monkeypatch.delenv(name)
        unset = build_definitions(load_settings(), platform=build_platform(load_settings()))
        skipped = unset.resolve_sensor_def("deliveries_due").evaluate_tick(dg.build_sensor_context(instance=instance))
        assert "1 deliveries are due and nothing is set" in (skipped.skip_message or "")
        assert job.execute_in_process(instance=instance).success
        assert len(mailbox.mails) == 1
