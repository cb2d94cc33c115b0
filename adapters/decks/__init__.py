"""Tariff decks as carriers send them: CSV or a workbook to typed rates, with every problem by row. Writes nothing."""
