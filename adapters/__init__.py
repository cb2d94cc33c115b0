"""Each outside thing behind one small class: warehouse, ledger, numbering, renderer, data quality, alerts."""
