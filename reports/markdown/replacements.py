"""The answer to "can I use this call in place of Keras's max_norm?" in Markdown: in words, then as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from reports.analysis.replacements import Offer, Same, alike, offers, targets
from reports.analysis.report import Report
from reports.markdown.markup import code, folded, prose, table
from reports.record.measurements import Agreement, Equivalence, Relation
from reports.record.model import Column
from reports.text import join_and, names

GLYPHS: dict[Relation, str] = {
    "exactly": "✔",
    "within the interval": "✔",
    "only where N > max_value": "◐",
    "only where N <= max_value": "◐",
    "not at all": "✘",
    "no such groups": "–",
}
_NOTICEABLE = 1e-2  # a difference of the norm that nobody would call rounding
_NAMED = 2  # targets that a call cannot be asked for; of more, the first ones are named
SAME: set[Relation] = {"exactly", "within the interval"}
MEANINGS: dict[Relation, str] = {
    "exactly": "the result is what Keras's formula gives, correctly rounded",
    "within the interval": "the result is the same up to rounding",
    "only where N > max_value": "up to rounding, groups whose norm N is above max_value come out the same, "
    "the others do not",
    "only where N <= max_value": "up to rounding, groups whose norm N is at most max_value come out the same, "
    "the others do not",
    "not at all": "the result is another one",
    "no such groups": "the call cannot be asked to take the norm over these dimensions",
}
INTRODUCTION = """\
Keras takes the L2 norm N of each group of weights and, where N is above max_value, scales the group down to about
max_value; `axis` names the dimensions that N runs over, so that `axis=0` makes each column of a matrix a group. Here
are other calls that people use for that: what to write for which axis, and what changes when Keras's call is replaced.
A matrix (in, out) is the kernel of a Keras Dense layer, a matrix (out, in) the weight of torch.nn.Linear.
Each was asked with groups on both sides of the bound, and judged by what Keras's formula gives in exact arithmetic; the
norms are those of trained weights, from a thousandth of the bound to 64 times the bound, and a difference such as
epsilon / N is larger for smaller ones.
Where a paragraph says one thing of several Keras calls, its numbers are those of one that differs much; all numbers
stand below the table."""


def replacements(report: Report) -> list[str]:
    """The section, of which every call has one paragraph and one row."""
    found = offers(report)
    if not found:
        return ["No call was compared." if report.whole else "No call was compared in the part that ran."]
    every = report.columns
    asked = targets(found)
    titles = [_title(offer, found, every) for offer in found]
    rows = [
        [prose(title), *(_cell(offer.answers.get(target)) for target in asked)]
        for title, offer in zip(titles, found, strict=True)
    ]
    words = [f"- {GLYPHS[relation]} {prose(relation)}: {prose(said)}." for relation, said in MEANINGS.items()]
    return [
        INTRODUCTION,
        *(_paragraph(offer, title) for offer, title in zip(found, titles, strict=True)),
        table(("call", *map(_target, asked)), rows),
        "\n".join(words),
        folded("How many groups, and how far apart", _counts(found, titles)),
    ]


def _title(offer: Offer, found: tuple[Offer, ...], every: tuple[Column, ...]) -> str:
    """The stack alone where all its modes that were asked answer alike."""
    stack = offer.columns[0].stack
    alone = sum(other.columns[0].stack == stack for other in found) == 1
    return stack if alone else names(offer.columns, every)


def _paragraph(offer: Offer, title: str) -> str:
    parts = [f"**{prose(title)}**: {prose(_answer(offer))}.", *(_said(same) for same in alike(offer))]
    none = offer.impossible()
    if none and offer.possible():
        named = join_and([_target(target) for target in none[:_NAMED]])
        others = f"the other {len(none)} of these, {named} among them" if len(none) > _NAMED else named
        parts.append(f"There is no way to ask it for {others}.")
    why = {one.sentence.strip() for target in none for one in offer.answers[target].values()}
    parts += [prose(_ended(text)) for text in sorted(why) if text]
    uses = [
        f"- {code(call)} in place of {join_and([_target(target) for target in asked])}"
        for call, asked in offer.calls().items()
    ]
    return "\n\n".join([" ".join(parts), *(["\n".join(uses)] if uses else [])])


def _answer(offer: Offer) -> str:
    relations = offer.relations()
    if not relations:
        return "No, there is no way to ask it for any of these groups"
    if relations <= SAME:
        said = "Yes, exactly" if relations == {"exactly"} else "Yes, up to rounding"
    else:
        outside, inside = offer.farthest("outside"), offer.farthest("inside")
        nearly = max(outside or 0.0, inside or 0.0) < _NOTICEABLE
        said = f"{'Nearly' if nearly else 'No'}: where N is above max_value, {_by(outside)}; where not, {_by(inside)}"
    return f"{said}; only for some axes" if offer.impossible() else said


def _by(far: float | None) -> str:
    if far is None:
        return "the result is the same up to rounding"
    if math.isinf(far):
        return "the result is another one"
    return f"it differs by up to {far:.2g} {'of' if far < 1.0 else 'times'} the norm"


def _said(same: Same) -> str:
    where = [f"for {join_and([_target(target) for target in same.targets])}"] if same.targets else []
    where += [f"in {prose(join_and(same.formats))}"] if same.formats else []
    # the relation's own words only where the record has none
    said = prose(_ended(same.sentence.strip() or MEANINGS[same.relation]))
    return f"{_begun(', '.join(where))}: {said}" if where else said


def _target(text: str) -> str:
    """The call as code, what it is on as words."""
    call, on, rest = text.partition(" on ")
    return f"{code(call)} on {prose(rest)}" if on and call.strip() else code(text)


def _ended(sentence: str) -> str:
    text = sentence.strip()
    return _begun(text) + ("" if text.endswith((".", "!", "?")) else ".")


def _begun(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _cell(formats: Mapping[str, Equivalence] | None) -> str:
    if formats is None:
        return "· not asked"
    found: dict[Relation, list[str]] = {}
    for form, one in formats.items():
        found.setdefault(one.relation, []).append(form)
    said = {f"{GLYPHS[relation]} {prose(relation)}": forms for relation, forms in found.items()}
    if len(said) == 1:
        return next(iter(said))
    return "<br>".join(f"{words} in {prose(join_and(forms))}" for words, forms in said.items())


def _counts(found: tuple[Offer, ...], titles: list[str]) -> str:
    head = ("call", "in place of", "format", "relation", "groups with N <= max_value", "groups with N > max_value")
    rows = [
        [
            prose(title),
            _target(target),
            prose(form),
            prose(one.relation),
            _agreement(one.inside),
            _agreement(one.outside),
        ]
        for title, offer in zip(titles, found, strict=True)
        for target, formats in offer.answers.items()
        for form, one in formats.items()
        if one.relation != "no such groups"
    ]
    return table(tuple(prose(name) for name in head), rows)


def _agreement(one: Agreement) -> str:
    if not one.groups:
        return "none"
    said = f"{one.groups:,}: {one.exact:,} exact, {one.within:,} in the interval"
    if one.difference is None:
        return said
    far = one.difference if isinstance(one.difference, str) else f"{one.difference:.2g}"
    return f"{said}, largest relative difference {far}"
