"""Sweeps that came out otherwise are told by the ranges that did."""

from __future__ import annotations

from pathlib import Path

from reports.changes.diff import Diff, compare
from reports.record.sweeps import Sweep
from tests.reports.analysis.sweeps.test_alike import OTHER, gathered
from tests.reports.analysis.sweeps.test_sentences import FINE, LOSES, folded, sweep
from tests.reports.changes.test_diff import told


def differ(folder: Path, old: list[Sweep], new: list[Sweep]) -> Diff:
    """What changed on torch."""
    for side in ("old", "new"):
        (folder / side).mkdir()
    return compare(gathered(folder / "old", {"torch": old}), gathered(folder / "new", {"torch": new}))


def test_a_range_is_told_by_size_where_both_signs_changed(tmp_path: Path) -> None:
    """With what it was, and what it is."""
    (change,) = differ(tmp_path, [sweep(LOSES)], [sweep((*LOSES[:2], *FINE[1:]))]).changes["changed"]
    assert change.ranges == {"|w| = 256 to 65,504": ("zero (left the range)", "normal")}


def test_a_range_of_one_sign_has_its_sign(tmp_path: Path) -> None:
    """And a broken one its grade."""
    broken = (FINE[0], (5, "DIVERGENT", "NaN"), *FINE[1:])
    (change,) = differ(tmp_path, [sweep()], [sweep(FINE, broken)]).changes["changed"]
    assert change.ranges == {"w = -5.96e-08 to -2.98e-07": ("normal", "NaN (DIVERGENT)")}


def test_ranges_that_are_not_told_apart_say_so(tmp_path: Path) -> None:
    """They become that among others."""
    (change,) = differ(tmp_path, [sweep()], [folded("RANGE")]).changes["changed"]
    assert change.ranges == {"|w| = 5.96e-08 to 5.364e-07": ("normal", "NaN (left the range, among others)")}


def test_many_ranges_are_counted(tmp_path: Path) -> None:
    """After the first six."""
    parts = tuple((place, ("BOUNDED", "RANGE")[place % 2], "normal") for place in range(1, 17))
    (change,) = differ(tmp_path, [sweep()], [sweep((FINE[0], *parts, *FINE[1:]))]).changes["changed"]
    assert len(change.ranges) == 7 and change.ranges["more"] == ("2 further ranges", "another outcome of 2 groups")


def test_a_sweep_that_came_out_as_before_is_unchanged(tmp_path: Path) -> None:
    """One that only one report has is no change."""
    diff = differ(tmp_path, [sweep()], [sweep(), sweep(**OTHER)])
    assert not diff.anything_new and len(diff.changes["unchanged"]) == 1


def test_a_change_is_told_with_counts(tmp_path: Path) -> None:
    """By what was swept, and where."""
    text = told(differ(tmp_path, [sweep()], [sweep(LOSES)]))
    assert "sweep of max_norm (max_value 2) (float16, numbers) on torch" in text
    assert "inside       65,536 -> 44,210" in text and "|w| = 256 to 65,504 normal -> zero (left the range)" in text
