"""The switch's words onto disk, uninterpreted; knows no orchestrator and no database."""
