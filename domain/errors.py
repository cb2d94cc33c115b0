"""The three kinds of failure, as types: the caller decides by kind, never by message.

Every message names the row, the file or the rule, and ends with what to do next.
"""

from __future__ import annotations


class SecondeError(Exception):
    """Base of every error Seconde raises on purpose."""


class BadInput(SecondeError):
    """Somebody else's data is wrong: set it aside with its reason, keep the good beside it."""


class PermanentError(SecondeError):
    """Trying again gives the same answer: a person has to change something first."""


class TransientError(SecondeError):
    """An outside system is down or busy: the orchestrator's retry policy tries again."""
