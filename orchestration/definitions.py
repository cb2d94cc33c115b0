"""What Dagster's processes load. Nothing happens until they ask."""

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    from orchestration.build import build_definitions
    from orchestration.settings import load_settings

    return build_definitions(load_settings())
