"""The facts of a report that can be compared with those of another: what each is of, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from reports.analysis.report import Report
from reports.record.case import Case
from reports.record.grades import Level
from reports.record.model import Column, Finding, Observation, Result

Kind: TypeAlias = Literal["divergence", "unspecified input", "stand-in", "claim", "sweep", "stack", "rule"]
_PREFIX: dict[Kind, str] = {
    "divergence": "",
    "unspecified input": "unspecified input: ",
    "stand-in": "in place of ",
    "claim": "claim ",
    "sweep": "sweep of ",
    "stack": "stack ",
    "rule": "rule ",
}
Key: TypeAlias = tuple[Kind, tuple[str, ...], Column | None]


@dataclass(frozen=True)
class Fact:
    """Something that a report says: of what, where, and the values in which another report may differ."""

    kind: Kind
    about: tuple[str, ...]
    where: Column | None
    values: Mapping[str, str]
    sentence: str = ""
    rule: str | None = None
    case: Case | None = None
    known: str | None = None
    level: Level | None = None
    versions: Mapping[str, str] | None = None

    @property
    def key(self) -> Key:
        """What two facts of two reports share if they are of the same."""
        return self.kind, self.about, self.where

    @property
    def title(self) -> str:
        """What it is of, in a few words."""
        first, *narrower = self.about
        parts, failure = ", ".join(filter(None, narrower[:2])), "".join(narrower[2:])
        return _PREFIX[self.kind] + first + (f" ({parts})" if parts else "") + (f": {failure}" if failure else "")


def facts(report: Report) -> dict[Key, Fact]:
    """Every divergence, every behaviour on unspecified input, every stand-in and every claim of a report."""
    found: dict[Key, Fact] = {fact.key: fact for fact in _claims(report)}
    for _, column, result in report.ordered:
        stack = report.available.get((column.stack, column.device))
        for fact in _facts(result, column, stack.versions if stack else {}):
            found.setdefault(fact.key, fact)
    return found


def _facts(result: Result, column: Column, versions: Mapping[str, str]) -> Iterator[Fact]:
    rule = result.rule
    for finding in result.findings:
        if finding.is_broken:
            about = (rule, *finding.kind)
            shown = (finding.sentence, rule, finding.case, finding.known, finding.level, versions)
            yield Fact("divergence", about, column, _values(finding), *shown)
    if result.is_unexplained:
        said = "The rule is broken; the record holds no case of it."
        values = {"grade": f"{result.grade} ({result.level})"}
        about = (rule, "", "", "")
        yield Fact("divergence", about, column, values, said, rule, level=result.level, versions=versions)
    for probe, seen in _probes(result).items():
        happens = ", or ".join(sorted({one.character for one in seen}))
        case = seen[0].case
        yield Fact("unspecified input", probe, column, {"what happens": happens}, "", rule, case, versions=versions)
    for one in result.equivalences:
        to, relation = (one.target, one.format), one.relation
        yield Fact("stand-in", to, column, {"relation": relation}, one.sentence, rule, versions=versions)


def _claims(report: Report) -> Iterator[Fact]:
    sentences = {statement.id: statement.sentence for statement in report.statements}
    for (name, place, device), claim in report.claims.items():
        stack = report.available.get((place, device))
        where = Column(place, stack.modes[0] if stack else "", device)
        values = {"verdict": claim.verdict, "document": claim.document}
        yield Fact("claim", (name,), where, values, sentences[name], versions=stack.versions if stack else {})


def _values(finding: Finding) -> dict[str, str]:
    ulps = "none" if finding.ulps is None else str(finding.ulps)
    grade, case = f"{finding.grade} ({finding.level})", finding.case.id
    return {"grade": grade, "observed": finding.observed, "case": case, "ulps": ulps}


def _probes(result: Result) -> dict[tuple[str, ...], list[Observation]]:
    found: dict[tuple[str, ...], list[Observation]] = {}
    for one in result.observations:
        found.setdefault((one.probe, one.contract, one.format), []).append(one)
    return found
