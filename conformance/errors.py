"""What can go wrong, apart from what a stack does: every exception of the suite."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NormconfError(Exception):
    """Something that the suite foresees; the message is the reason in one sentence."""


class UsageError(NormconfError):
    """What the user asked for cannot be done; `lines` are what can be written instead."""

    def __init__(self, sentence: str, lines: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.lines = lines


class EntryError(UsageError):
    """A file of known divergences or of claims that cannot be used; one sentence names file, line, entry and field."""


class CaseError(NormconfError, ValueError):
    """A case that cannot be read."""


class StackUnavailable(NormconfError):
    """The stack cannot be started here."""


class WorkerLost(NormconfError):
    """The worker's process is gone; the next request starts another."""


class WorkerDied(WorkerLost):
    """The worker's process ended during a request; the message is what it last wrote."""


class WorkerHung(WorkerLost):
    """The worker did not answer in time and was killed."""


class NotTried(NormconfError):
    """A property of a claim could not be tried at all."""


def instead(given: str, known: Iterable[str], there: str = "there are") -> str:
    """How a sentence goes on that says of a name that there is none: with the one that was meant, and with all."""
    names = list(known)
    near = difflib.get_close_matches(given.lower(), names, 1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return f"{meant}; {there} {', '.join(names) or 'none'}"
