"""The chapters of the specification and their numbers, which are the same wherever a chapter is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# as the modules of conformance/rules are numbered; records name the fifth, on side effects, by its first name
CHAPTERS = (
    "values",
    "axis",
    "symmetries",
    "identities",
    "conduct",
    "beliefs",
    "unspecified",
    "gradients",
    "comparisons",
    "curves",
    "devices",
    "sweeps",
)


def numbered(chapters: Iterable[str]) -> Mapping[str, int]:
    """Each chapter's number, in ascending order; chapters of another version come after those of this one."""
    others = [chapter for chapter in dict.fromkeys(chapters) if chapter not in CHAPTERS]
    numbers = {chapter: number for number, chapter in enumerate([*CHAPTERS, *others], 1)}
    return {chapter: numbers[chapter] for chapter in sorted(set(chapters), key=numbers.__getitem__)}
