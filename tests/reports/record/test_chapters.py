"""A chapter has one number, that of its module, in every report."""

from __future__ import annotations

from conformance.rules.registry import catalog
from conformance.stacks.workers import ROOT
from reports.record.chapters import CHAPTERS, numbered


def test_the_chapters_are_numbered_as_their_modules() -> None:
    """test_04_identities.py is chapter 4."""
    stems = sorted(path.stem for path in (ROOT / "conformance" / "rules").glob("test_*.py"))
    assert [f"test_{number:02}_" for number in range(1, len(stems) + 1)] == [stem[:8] for stem in stems]
    assert list(dict.fromkeys(rule.chapter for rule in catalog())) == list(CHAPTERS)


def test_a_chapter_keeps_its_number_without_the_others() -> None:
    """In a run of one stack that has no gradients, too; a chapter of another version comes last."""
    assert numbered(["curves", "values", "future"]) == {"values": 1, "curves": 10, "future": 13}
    assert list(numbered(["curves", "values"])) == ["values", "curves"]
