"""Runs: every group is counted once, and short runs that are many become few without hiding what is broken."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.sweeps.runs import BECOMES, MOST_RUNS, Codes, Runs, become, code_of, ends_of
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, Format
from reports.record.grades import Grade

INSIDE, ZERO = code_of(Grade.BOUNDED, "normal"), code_of(Grade.RANGE, "zero")
BROKEN = code_of(Grade.DIVERGENT, "normal")


def codes(*numbers: int) -> Codes:
    """Codes of groups."""
    return np.array(numbers, np.uint8)


def test_runs_go_on_from_block_to_block() -> None:
    """Whether a block has one code or several."""
    runs = Runs()
    runs.add(INSIDE, 5)
    runs.add(codes(INSIDE, ZERO, ZERO), 3)
    runs.add(ZERO, 2)
    assert [(run.first, run.last, run.grade) for run in runs.recorded()] == [(0, 5, "BOUNDED"), (6, 9, "RANGE")]
    assert runs.by_grade() == {"BOUNDED": 6, "RANGE": 4} and runs.by_result() == {"normal": 6, "zero": 4}


def test_no_run_reaches_across_an_end() -> None:
    """The first negative number begins another one, whatever became of it."""
    runs = Runs(ends=(4, 8))
    runs.add(INSIDE, 10)
    assert [(run.first, run.last) for run in runs.recorded()] == [(0, 3), (4, 7), (8, 9)]


@pytest.mark.parametrize("is_large", [False, True])
def test_many_short_runs_become_one_of_the_worst_code(is_large: bool) -> None:
    """Each group is counted all the same, and it is said how many runs there were."""
    runs = Runs(is_large=is_large)
    for _ in range(100):
        runs.add(codes(*[INSIDE, ZERO] * 500), 1000)
    recorded = runs.recorded()
    assert len(recorded) <= MOST_RUNS and recorded[0].grade == "RANGE" and recorded[0].parts > 1
    assert sum(run.parts for run in recorded) == 100_000 and runs.by_grade() == {"BOUNDED": 50_000, "RANGE": 50_000}
    assert recorded[0].first == 0 and recorded[-1].last == 99_999


@pytest.mark.parametrize("is_large", [False, True])
def test_one_broken_group_among_many_runs_keeps_its_place(is_large: bool) -> None:
    """It is a run of its own."""
    runs = Runs(is_large=is_large)
    for block in range(100):
        noisy = codes(*[INSIDE, ZERO] * 500)
        noisy[333] = BROKEN if block == 57 else noisy[333]
        runs.add(noisy, 1000)
    broken = [run for run in runs.recorded() if run.grade == "DIVERGENT"]
    assert [(run.first, run.last, run.parts) for run in broken] == [(57_333, 57_333, 1)]


def test_where_everything_breaks_the_record_still_is_small() -> None:
    """Broken runs become one another, too, where there is no room for all."""
    runs = Runs()
    for _ in range(40):
        runs.add(codes(*[BROKEN, ZERO] * 500), 1000)
    recorded = runs.recorded()
    assert len(recorded) <= MOST_RUNS and runs.by_grade()[Grade.DIVERGENT] == 20_000
    assert sum(run.parts for run in recorded) == 40_000


@pytest.mark.parametrize("fmt", [FLOAT16, BFLOAT16, FLOAT32], ids=lambda fmt: fmt.name)
def test_what_numbers_become_is_told_by_their_bits(fmt: Format) -> None:
    """At each border, of either sign."""
    infinity, sign, negative_infinity = ends_of(fmt)
    normal = 1 << (fmt.precision - 1)
    bits = np.array(
        [[0, 1, normal - 1, normal, infinity - 1, infinity, infinity + 1, sign, sign + 1, negative_infinity]]
    )
    found = become(bits.astype(np.dtype(f"u{fmt.bits // 8}")), fmt)
    due = ("zero", "subnormal", "subnormal", "normal", "normal", "infinite", "NaN", "zero", "subnormal", "infinite")
    assert [BECOMES[code] for code in found] == list(due)


def test_a_group_becomes_the_worst_of_its_weights() -> None:
    """NaN before infinite, infinite before zero."""
    bits = np.array([[0x3C00, 0x3C00, 0x0000], [0x7E00, 0x7C00, 0x3C00]], np.uint16)
    assert [BECOMES[code] for code in become(bits, FLOAT16)] == ["NaN", "infinite", "zero"]
