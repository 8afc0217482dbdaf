"""Records come from anywhere: whatever is wrong with one is said in a sentence that names it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from conformance.errors import NormconfError, UsageError
from reports.record.file import ReportError
from reports.text import pluralize


@contextmanager
def made_of(records: Sequence[Path]) -> Iterator[None]:
    """What is made of these records: a failure that no check foresaw is theirs too, and raises UsageError.

    What a record may hold is checked when it is read; this is the net below.
    """
    try:
        yield
    except (NormconfError, ReportError, OSError):
        raise
    except Exception as error:
        named = ", ".join(map(str, records[:3])) + (
            f" and {pluralize(len(records) - 3, 'other')}" if records[3:] else ""
        )
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UsageError(f"{named}: nothing can be made of this: {said}") from error
