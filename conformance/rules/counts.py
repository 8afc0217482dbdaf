"""Counting verdicts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from conformance.judging.verdict import Verdict

_BUCKETS = (16, 128, 1024, 4096, 65536)


@dataclass
class _Cell:
    """What came of one contract in one format."""

    grades: Counter[str] = field(default_factory=Counter)
    worst_ulps: float | None = None
    errors: Counter[float] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        self.grades += verdict.grades
        self.errors += verdict.errors
        if verdict.worst_ulps is not None:
            self.worst_ulps = max(self.worst_ulps or 0.0, verdict.worst_ulps)


def _bucket(length: int) -> str:
    low = 1
    for high in _BUCKETS:
        if length <= high:
            return f"{low}-{high}"
        low = high + 1
    return f"{low}+"


def _json_number(value: float | None) -> float | str | None:
    if value is None or value - value == 0.0:
        return None if value is None else float(f"{value:.6g}")
    return str(value)
