"""What became of claims: by document and sentence, with the stacks that agree on a verdict together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reports.analysis.report import Report
from reports.record.claims import ClaimPart, ClaimResult, ClaimStatement, PropertyResult, Trial
from reports.text import join_and, on_device, pluralize

# from the gravest to what is as it should be
VERDICTS = ("FALSE", "AMBIGUOUS", "INCOMPLETE", "NOT TRIED", "TRUE")
GLYPHS = {"TRUE": "✔", "FALSE": "✘", "INCOMPLETE": "◐", "AMBIGUOUS": "≷", "NOT TRIED": "∅"}


@dataclass(frozen=True)
class Answered:
    """A claim with all that came of it, stack by stack."""

    statement: ClaimStatement
    claims: tuple[ClaimResult, ...]

    @property
    def verdicts(self) -> dict[str, list[ClaimResult]]:
        """The stacks by verdict, the gravest first."""
        found = {verdict: [one for one in self.claims if one.verdict == verdict] for verdict in VERDICTS}
        return {verdict: claims for verdict, claims in found.items() if claims}

    @property
    def unexpected(self) -> list[ClaimResult]:
        """Where it came out otherwise than expected, or its document changed."""
        return [one for one in self.claims if one.is_unexpected]

    def evidence(self, part: ClaimPart) -> list[tuple[ClaimResult, PropertyResult]]:
        """What came of one of its properties, stack by stack."""
        return [
            (one, own)
            for one in self.claims
            for own in one.parts
            if (own.role, own.property) == (part.role, part.property)
        ]

    @property
    def contradicted(self) -> list[ClaimResult]:
        """Where its correction does not hold."""
        return [one for one in self.claims if one.contradicted]

    def shown(self) -> Iterator[tuple[ClaimResult, PropertyResult, Trial]]:
        """For each property, the shortest trial that tells: one that broke it, or, where none did, one that held."""
        for part in self.statement.parts:
            parts = self.evidence(part)
            broken = [(one, own, own.counterexample) for one, own in parts if own.counterexample]
            held = [(one, own, own.example) for one, own in parts if own.example]
            trials = [(one, own, trial) for one, own, trial in broken or held if trial is not None]
            if trials:
                yield min(trials, key=lambda each: (not each[2].reproduces, len(each[2].call)))


def answered(report: Report) -> list[Answered]:
    """Every claim of which anything came, in the order of the catalogue."""
    found = [
        Answered(statement, tuple(claim for claim in report.claims.values() if claim.claim == statement.id))
        for statement in report.statements
    ]
    return [one for one in found if one.claims]


def by_document(claims: Iterable[Answered]) -> dict[tuple[str, str], list[Answered]]:
    """The claims by the document's name and address."""
    found: dict[tuple[str, str], list[Answered]] = {}
    for one in claims:
        found.setdefault((one.statement.document, one.statement.url), []).append(one)
    return found


def device(claim: ClaimResult) -> str:
    """The stack, and the device where it is no CPU."""
    return on_device(claim.stack, claim.device)


def summary(claims: Sequence[Answered]) -> str:
    """One sentence: how many sentences of how many documents are what, and what of it is unexpected."""
    if not claims:
        return "no claim was tried"
    documents = {one.statement.document for one in claims}
    worst = [next(iter(one.verdicts)) for one in claims]
    counts = [f"{worst.count(verdict)} {WORDS[verdict]}" for verdict in VERDICTS if verdict in worst]
    unexpected = [one.statement.id for one in claims if one.unexpected]
    said = f"news in {join_and(unexpected)}" if unexpected else "no news"
    return (
        f"{pluralize(len(claims), 'sentence')} of {pluralize(len(documents), 'document')}: {join_and(counts)}; {said}"
    )


WORDS = {
    "FALSE": "false on some stack",
    "AMBIGUOUS": "ambiguous",
    "INCOMPLETE": "incomplete",
    "NOT TRIED": "not tried",
    "TRUE": "true",
}
