"""Every table of the warehouse, from whoever writes it."""

from adapters.warehouse import TableSpec
from assets import ledger_tables, quality_tables
from assets.cdr import tables as cdr
from assets.fraud import tables as fraud
from assets.invoices import tables as invoices
from assets.rating import tables as rating
from assets.sql_models import table_specs
from dbt_like_sql.project import Project


def all_tables(project: Project) -> tuple[TableSpec, ...]:
    """What Python writes, declared beside its assets, and what the project's models write, from their contracts."""
    return (
        *ledger_tables.TABLES,
        *cdr.TABLES,
        *rating.TABLES,
        *fraud.TABLES,
        *invoices.TABLES,
        *quality_tables.TABLES,
        *table_specs(project),
    )
