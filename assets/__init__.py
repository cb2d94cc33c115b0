"""The flow as Dagster assets: read, call the domain or a model, write, report."""
