"""Phone numbers out of sight in what leaves the warehouse by mail, webhook or log, and in findings.

The last four digits go, as on an itemised bill (CPCE D98-5): the country and the kind of number stay readable.
"""

from __future__ import annotations

import re

# +33170181001, 0170181001, 0033170181001, and any quoted run of digits ("33170181001" in JSON). An amount or a
# microsecond stamp is a bare integer and stays; a UUID or an invoice number has letters or hyphens around.
NUMBER = re.compile(r'(?<![\w-])(\+\d{2,11}|0\d{3,13}|(?<=")\d{4,13})\d{4}(?![\w-])')


def mask_numbers(text: str) -> str:
    """The text with the last four digits of each phone number replaced.

    >>> mask_numbers("+33170181001 said 0170181001")
    '+3317018**** said 017018****'
    """
    return NUMBER.sub(r"\1****", text)
