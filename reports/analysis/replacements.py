"""Whether a call can be used in place of a Keras constraint: which calls were asked, and what came of it."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reports.analysis.report import Report
from reports.record.measurements import Agreement, Equivalence, Relation
from reports.record.model import Column

# sentences that differ in their numbers alone say the same: the one of the largest difference is told
_NUMBER = re.compile(r"\d[\d,]*([.]\d+)?(e[+-]?\d+)?")


@dataclass(frozen=True)
class Offer:
    """What one call offers, by target and format, in all modes of its stack in which it is the same."""

    columns: tuple[Column, ...]
    answers: Mapping[str, Mapping[str, Equivalence]]

    def relations(self) -> set[Relation]:
        """Every relation that there is for groups that the call can be asked about."""
        every = {one.relation for formats in self.answers.values() for one in formats.values()}
        return every - {"no such groups"}

    def possible(self) -> list[str]:
        """The targets whose groups the call can be asked about."""
        return [target for target, formats in self.answers.items() if any(map(_asked, formats.values()))]

    def impossible(self) -> list[str]:
        """The targets whose groups the call cannot be asked about."""
        return [target for target in self.answers if target not in self.possible()]

    def calls(self) -> dict[str, list[str]]:
        """What to write, and for which targets."""
        found: dict[str, dict[str, None]] = {}
        for target, formats in self.answers.items():
            for one in formats.values():
                if one.call is not None and _asked(one):
                    found.setdefault(one.call, {})[target] = None
        return {call: list(uses) for call, uses in found.items()}

    def farthest(self, side: Literal["inside", "outside"]) -> float | None:
        """The largest relative difference on a side of the bound, None where there is but rounding."""
        every = [getattr(one, side) for formats in self.answers.values() for one in formats.values()]
        return max((_far(one) for one in every if one.within < one.groups), default=None)


@dataclass(frozen=True)
class Same:
    """Targets and formats of the same relation, in the commonest words; none named are all that can be asked about."""

    relation: Relation
    sentence: str
    targets: tuple[str, ...]
    formats: tuple[str, ...]


def offers(report: Report) -> tuple[Offer, ...]:
    """Every call that was asked, in the order of the stacks; modes that answer alike are one."""
    found: dict[Column, dict[str, dict[str, Equivalence]]] = {}
    for _, column, result in report.ordered:
        for one in result.equivalences:
            found.setdefault(column, {}).setdefault(one.target, {})[one.format] = one
    alike: dict[str, list[Column]] = {}
    for column, answers in found.items():
        alike.setdefault(json.dumps([column.stack, _said(answers)], sort_keys=True), []).append(column)
    return tuple(Offer(tuple(where), found[where[0]]) for where in alike.values())


def _said(answers: Mapping[str, Mapping[str, Equivalence]]) -> list[list[str | None]]:
    return [
        [target, form, one.relation, one.call] for target, formats in answers.items() for form, one in formats.items()
    ]


def targets(found: Sequence[Offer]) -> list[str]:
    """Every target that some call was asked for."""
    return list(dict.fromkeys(target for offer in found for target in offer.answers))


def alike(offer: Offer) -> tuple[Same, ...]:
    """What there is to say about a call, once for each relation."""
    found: dict[Relation, dict[str, dict[str, Equivalence]]] = {}
    for target, formats in offer.answers.items():
        for form, one in formats.items():
            if _asked(one):
                found.setdefault(one.relation, {}).setdefault(target, {})[form] = one
    return tuple(_same(offer, uses, *part) for uses in found.values() for part in _by_formats(uses).items())


def _by_formats(uses: Mapping[str, Mapping[str, Equivalence]]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for target, formats in uses.items():
        found.setdefault(tuple(formats), []).append(target)
    return found


def _same(
    offer: Offer, uses: Mapping[str, Mapping[str, Equivalence]], forms: tuple[str, ...], asked: Sequence[str]
) -> Same:
    every = [uses[target][form] for target in asked for form in forms]
    commonest = Counter(map(_words, every)).most_common(1)[0][0]
    told = [one for one in every if _words(one) == commonest]
    worst = max(told, key=lambda one: max(_far(one.inside), _far(one.outside)))
    named = () if asked == offer.possible() else tuple(asked)
    whole = all(set(forms) == set(offer.answers[target]) for target in asked)
    return Same(worst.relation, worst.sentence, named, () if whole else forms)


def _words(one: Equivalence) -> str:
    return _NUMBER.sub("#", one.sentence)


def _asked(one: Equivalence) -> bool:
    return one.relation != "no such groups"


def _far(side: Agreement) -> float:
    far = side.difference
    return math.inf if isinstance(far, str) else far or 0.0
