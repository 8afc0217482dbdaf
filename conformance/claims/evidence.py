"""Evidence: what was found when one property was tried on one stack."""

from __future__ import annotations

from dataclasses import dataclass

from reports.record.claims import PropertyResult, Role, Series, Trial, Unit


@dataclass(frozen=True)
class Evidence:
    """How many groups or checks a property was tried on, how many broke it, and the smallest that did.

    Where none did, `example` is a trial in which it held.
    """

    name: str
    sentence: str
    tried: int = 0
    broken: int = 0
    counterexample: Trial | None = None
    example: Trial | None = None
    series: Series | None = None
    unit: Unit = "check"

    @property
    def holds(self) -> bool:
        """Whether nothing broke the property."""
        return self.broken == 0

    def result(self, role: Role, words: str) -> PropertyResult:
        """As the record has it, in a claim of which it is a part."""
        return PropertyResult(
            role=role,
            words=words,
            property=self.name,
            sentence=self.sentence,
            tried=self.tried,
            broken=self.broken,
            counterexample=self.counterexample,
            example=self.example,
            series=self.series,
            unit=self.unit,
        )
