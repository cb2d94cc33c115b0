"""What the recorded calls of November come to: one invoice as it reads, and the traffic of the day."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from pypdf import PdfReader

from orchestration.flow import Flow


def test_the_invoice_of_the_call_centre_reads_as_it_did(november: Flow, golden: Callable[[str, str], None]) -> None:
    [row] = november.platform.warehouse.read(
        "select path from invoice_documents where customer_id = 'acct-1001' and kind = 'invoice'"
    ).to_pylist()
    pages = [page.extract_text() for page in PdfReader(november.settings.home / row["path"]).pages]
    golden("invoice_acct-1001.txt", "\n---- next page ----\n".join(pages) + "\n")


def test_the_traffic_of_the_recorded_day_adds_up_as_it_did(november: Flow, golden: Callable[[str, str], None]) -> None:
    traffic = november.platform.warehouse.read("select * from kpi_traffic_daily order by all")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(traffic.column_names)
    writer.writerows(row.values() for row in traffic.to_pylist())
    golden("kpi_traffic_daily.csv", text.getvalue())
