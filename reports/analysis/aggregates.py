"""What the results add up to: unspecified input, the accumulation of norms, and what could not be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.analysis.report import Report
from reports.record.model import Column, Observation, Unsupported

TIERS = ("exact", "wide", "pairwise", "any order")


@dataclass(frozen=True)
class Characterization:
    """One kind of unspecified input for one contract: what each column did with it, with examples."""

    name: str
    contract: str
    disagree: bool
    cells: Mapping[Column, str]
    examples: Mapping[str, tuple[Column, Observation]]

    def behaviours(self) -> dict[str, list[Column]]:
        """Columns by what they did."""
        found: dict[str, list[Column]] = {}
        for column, text in self.cells.items():
            found.setdefault(text, []).append(column)
        return found


def characterizations(report: Report) -> tuple[Characterization, ...]:
    """Unspecified input, the kinds on which columns disagree first."""
    seen: dict[tuple[str, str], dict[Column, dict[str, dict[str, Observation]]]] = {}
    for _, column, result in report.ordered:
        for one in result.observations:
            formats = seen.setdefault((one.probe, one.contract), {}).setdefault(column, {})
            formats.setdefault(one.format, {}).setdefault(one.character, one)
    found = [_characterization(name, contract, cells) for (name, contract), cells in seen.items()]
    return tuple(sorted(found, key=lambda probe: not probe.disagree))


def _characterization(
    name: str, contract: str, seen: dict[Column, dict[str, dict[str, Observation]]]
) -> Characterization:
    disagree = False
    for form in {form for formats in seen.values() for form in formats}:
        # A stack without the format says nothing about it.
        disagree |= len({frozenset(formats[form]) for formats in seen.values() if form in formats}) > 1
    examples: dict[str, tuple[Column, Observation]] = {}
    for column, formats in seen.items():
        for form in formats:
            for character, one in formats[form].items():
                examples.setdefault(character, (column, one))
    return Characterization(name, contract, disagree, {column: _said(seen[column]) for column in seen}, examples)


def _said(formats: dict[str, dict[str, Observation]]) -> str:
    by_text: dict[str, list[str]] = {}
    for form, characters in formats.items():
        by_text.setdefault(", or ".join(sorted(characters)), []).append(form)
    if len(by_text) == 1:
        return next(iter(by_text))
    return "; ".join(f"{text} ({', '.join(forms)})" for text, forms in by_text.items())


def tiers(report: Report) -> dict[tuple[Column, str], dict[str, tuple[str, int]]]:
    """By column and format: for each group length, the loosest tier needed, and by how many groups."""
    counts: dict[tuple[Column, str], dict[str, dict[str, int]]] = {}
    for _, column, result in report.ordered:
        for form, buckets in result.tiers.items():
            for bucket, used in buckets.items():
                sums = counts.setdefault((column, form), {}).setdefault(bucket, {})
                for tier, number in used.items():
                    sums[tier] = sums.get(tier, 0) + number
    return {
        key: {bucket: loosest for bucket, sums in buckets.items() if (loosest := _loosest(sums))}
        for key, buckets in counts.items()
    }


def _loosest(sums: dict[str, int]) -> tuple[str, int] | None:
    needed = [tier for tier, number in sums.items() if number]
    # A tier that this page does not know is shown, never taken for a tighter one.
    tier = max(needed, key=lambda tier: TIERS.index(tier) if tier in TIERS else len(TIERS), default=None)
    return None if tier is None else (tier, sums[tier])


def unsupported(report: Report) -> list[tuple[str, str, int, list[Column]]]:
    """What could not be asked, why, in how many cases, and where."""
    found: dict[tuple[str, str], list[tuple[Column, Unsupported]]] = {}
    for _, column, result in report.ordered:
        for one in result.unsupported:
            found.setdefault((one.what, one.reason), []).append((column, one))
    return [
        (what, reason, sum(one.cases for _, one in seen), list(dict.fromkeys(where for where, _ in seen)))
        for (what, reason), seen in found.items()
    ]
