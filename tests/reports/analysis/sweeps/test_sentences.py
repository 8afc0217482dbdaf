"""Sentences on a sweep say what its runs and counts say, whatever these are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from reports.analysis.sweeps.alike import Alike
from reports.analysis.sweeps.sentences import sentences, space
from reports.record.grades import Grade
from reports.record.model import Column
from reports.record.sweeps import Becomes, Differing, Run, Sweep
from tests.support.builder import build

JIT = Column("jax", "jit", "cpu")
EVERY = (Column("jax", "eager", "cpu"), JIT)
# of float16: the bits of infinity, and the first with a sign
INFINITY, HALF = 0x7C00, 0x8000
Part = tuple[int, str, str]  # the last group, the grade, and what it becomes
LOSES: tuple[Part, ...] = (
    (1, "BOUNDED", "zero"),
    (2472, "RANGE", "zero"),
    (23551, "BOUNDED", "normal"),
    (INFINITY - 1, "RANGE", "zero"),
    (HALF - 1, "BOUNDED", "NaN"),
)
FINE: tuple[Part, ...] = (
    (0, "BOUNDED", "zero"),
    (INFINITY - 1, "BOUNDED", "normal"),
    (HALF - 1, "BOUNDED", "NaN"),
)


def sweep(positive: tuple[Part, ...] = FINE, negative: tuple[Part, ...] | None = None, **changes: Any) -> Sweep:
    """A sweep of float16 in which both signs come out alike, or each by itself."""
    grades, becomes, runs, first = Counter[Grade](), Counter[Becomes](), list[Run](), 0
    other = positive if negative is None else negative
    for last, grade, outcome in [*positive, *((HALF + last, grade, outcome) for last, grade, outcome in other)]:
        run = build(Run, {"first": first, "last": last, "grade": grade, "becomes": outcome})
        runs.append(run)
        grades[run.grade] += last - first + 1
        becomes[run.becomes] += last - first + 1
        first = last + 1
    base: Any = {
        "contract": "max_norm",
        "parameters": {"max_value": "0x1p+1"},
        "format": "float16",
        "space": "numbers",
        "length": 1,
        "size": 65536,
        "groups": first,
        "grades": dict(grades),
        "becomes": dict(becomes),
        "runs": runs,
        "worst": None,
        "changed": None,
        "differing": None,
        "digest": "0" * 16,
        "stopped": None,
        "seconds": 0.5,
        "calling": 0.25,
    }
    return build(Sweep, {**base, **changes})


def said(one: Sweep, *differing: tuple[Column, Differing]) -> list[str]:
    """What is said of a sweep."""
    return sentences(Alike(one, EVERY[:1], differing, is_known=False), EVERY)


def test_all_inside_is_said_in_one_sentence() -> None:
    """There is nothing else to say."""
    assert said(sweep()) == ["All 65,536 numbers are inside the accepted interval."]


def test_what_is_lost_is_said_by_size_and_as_accepted_where_it_is() -> None:
    """NaN and infinities, which become NaN, are no loss."""
    assert said(sweep(LOSES)) == [
        "An intermediate leaves the range of float16: weights with |w| up to 0.0001726 (rightly up to 5.96e-08) and "
        "from 256 on become 0."
    ]


def test_what_is_broken_has_its_ends() -> None:
    """And comes first."""
    parts = ((0, "BOUNDED", "zero"), (1, "RANGE", "NaN"), (9, "DIVERGENT", "normal"), *FINE[1:])
    assert said(sweep(parts)) == [
        "Broken: weights with |w| from 1.192e-07 to 5.364e-07 become a number outside the accepted interval.",
        "An intermediate leaves the range of float16: weights with |w| equal to 5.96e-08 become NaN.",
    ]


def test_signs_that_come_out_otherwise_are_told_apart() -> None:
    """Each is said of by itself."""
    negative = ((INFINITY - 1, "DIVERGENT", "infinite"), FINE[2])
    assert said(sweep(LOSES[:3] + FINE[1:], negative)) == [
        "Broken: negative weights with |w| of any size become infinite.",
        "An intermediate leaves the range of float16: positive weights up to 0.0001726 (rightly up to 5.96e-08) "
        "become 0.",
    ]


def test_zeros_among_which_0_is_lost_are_not_rightly_so() -> None:
    """Weights below a range do not become 0 for its sake."""
    parts = ((0, "RANGE", "NaN"), (5, "RANGE", "zero"), *FINE[1:])
    assert (
        "with |w| from 5.96e-08 to 2.98e-07 become 0; weights with |w| equal to 0 become NaN." in said(sweep(parts))[0]
    )


def test_many_ranges_are_counted() -> None:
    """Over both signs, from the first to the last."""
    places = range(1, 9)
    parts = tuple((place, "RANGE" if place % 2 else "BOUNDED", "normal") for place in places)
    assert said(sweep((FINE[0], *parts, *FINE[1:]))) == [
        "An intermediate leaves the range of float16: 8 weights with |w| between 5.96e-08 and 4.172e-07, in 4 ranges, "
        "become a number outside the accepted interval."
    ]


def folded(*grades: str) -> Sweep:
    """A sweep of which the record does not tell apart nine runs of each sign; the worst is of such a grade."""
    whole = sweep(((0, "BOUNDED", "zero"), *((9, grade, "NaN") for grade in grades), *FINE[1:]))
    runs = [replace(run, parts=9 if run.last % HALF == 9 else 1) for run in whole.runs]
    return replace(whole, runs=tuple(runs))


@pytest.mark.parametrize(
    ("grade", "head"), [("RANGE", "An intermediate leaves the range of float16"), ("DIVERGENT", "Broken")]
)
def test_ranges_that_are_not_told_apart_are_no_ranges(grade: str, head: str) -> None:
    """Only of some of their numbers is known what they became."""
    assert said(folded(grade)) == [
        f"{head}: some weights with |w| between 5.96e-08 and 5.364e-07 become NaN.",
        "The record tells 6 ranges apart, and 16 others only in part.",
    ]


def test_a_broken_infinity_is_said() -> None:
    """It is the only thing that is said of such weights."""
    parts = (*FINE[:2], (INFINITY, "DIVERGENT", "zero"), FINE[2])
    assert said(sweep(parts)) == ["Broken: ∞ and -∞ as a weight."]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ((32770, 0, None), "Up to the bound of 2, all 32,770 numbers keep their bits."),
        (
            (32770, 4944, 1.5),
            "Up to the bound of 2, 4,944 of 32,770 numbers change; the largest of these has size 1.5.",
        ),
    ],
)
def test_what_changes_up_to_the_bound(changed: tuple[int, int, float | None], sentence: str) -> None:
    """The bound is found by how many numbers there are up to it."""
    inside, count, norm = changed
    assert said(sweep(changed={"inside": inside, "changed": count, "norm": norm}))[1:] == [sentence]


def test_the_furthest_result_has_its_weight() -> None:
    """With its sign."""
    (_, sentence) = said(sweep(worst={"group": HALF + 23518, "ulps": 0.97}))
    assert sentence == "Accepted results are at most 1.0 ulps from exact; the furthest is at w = -251.8."


def test_a_mode_that_gives_other_bits_is_named() -> None:
    """One that gives the same ones is not."""
    other, same = Differing("eager", 24542, 2), Differing("eager", 0, None)
    assert said(sweep(), (EVERY[0], same), (JIT, other))[1:] == [
        "Other bits than in mode eager: jax jit, for 24,542 numbers, the first of them w = 1.192e-07."
    ]


def test_a_sweep_that_stopped_says_of_the_first_groups_alone() -> None:
    """And nothing of those that were not asked."""
    assert said(sweep(FINE[:2], (), groups=INFINITY, stopped="time is up.")) == [
        "Only the first 31,744 of 65,536 were asked: time is up."
    ]


def test_of_pairs_the_first_broken_is_said() -> None:
    """By both weights."""
    runs = [
        {"first": 0, "last": 0x3C00BFFF, "grade": "BOUNDED", "becomes": "normal"},
        {"first": 0x3C00C000, "last": (1 << 32) - 1, "grade": "DIVERGENT", "becomes": "NaN"},
    ]
    counts = 0x3C00C000, (1 << 32) - 0x3C00C000
    grades, becomes = (dict(zip(names, counts, strict=True)) for names in (("BOUNDED", "DIVERGENT"), ("normal", "NaN")))
    pairs: Any = {"space": "pairs", "length": 2, "size": 1 << 32, "groups": 1 << 32}
    one = sweep(**pairs, grades=grades, becomes=becomes, runs=runs)
    assert space(one) == "every pair of numbers of float16" and said(one) == [
        "Broken: the first that is told by itself is w = (1, -2)."
    ]
