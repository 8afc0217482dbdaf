"""How binding a rule is, and what became of a weight group under it."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How binding a rule is; RECORD judges nothing."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    RECORD = "RECORD"


class Grade(StrEnum):
    """What became of a weight group, or the worst of several, from the best on."""

    EXACT = "EXACT"
    BOUNDED = "BOUNDED"
    UNSUPPORTED = "UNSUPPORTED"
    RANGE = "RANGE"
    ERROR = "ERROR"
    DIVERGENT = "DIVERGENT"
    TIMEOUT = "TIMEOUT"
    CRASH = "CRASH"

    @property
    def severity(self) -> int:
        """Greater where it is worse."""
        return list(Grade).index(self)

    @property
    def is_broken(self) -> bool:
        """Whether a rule is broken at it."""
        return self.severity > Grade.RANGE.severity


BROKEN = tuple(grade for grade in Grade if grade.is_broken)
# those at which a rule can be broken
LEVELS = (Level.MUST, Level.SHOULD)
