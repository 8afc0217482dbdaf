"""Grading blocks: what the short cuts decide is what the judge decides, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.core.spaces import NUMBERS, PAIRS, Space
from conformance.cases.case import Case, Weights
from conformance.judging.values import judge_groups
from conformance.sweeps.grading import BLOCK, Grader
from conformance.sweeps.job import Job, Place
from conformance.sweeps.runs import BECOMES, GRADES, Codes
from reference.formats import BitArray, decode, encode
from reference.registry import CONTRACTS
from reference.shortcuts.plain import evaluations
from reports.record.grades import Grade

pytestmark = pytest.mark.slow

GAINS = (
    "max_norm",
    "min_max_norm",
    "unit_norm",
    "renorm",
    "clip_by_norm",
    "clip_grad_norm",
    "l2_sphere",
    "max_norm_l1",
)


def job_of(contract: str, format: str, kind: str = NUMBERS) -> Job:
    """A job at the defaults."""
    return Job(contract, CONTRACTS[contract].defaults, Space(kind, format, 1 if kind == NUMBERS else 2))


def computed(job: Job, columns: BitArray) -> BitArray:
    """What a plain evaluation makes of groups."""
    contract = job.held_to
    evaluation = next(iter(evaluations(contract)))  # type: ignore[arg-type]  # one with a gain
    with np.errstate(all="ignore"):
        return encode(evaluation.results(decode(columns, job.fmt), job.parameters, job.fmt), job.fmt)


def graded(job: Job, columns: BitArray, results: BitArray, first: int = 0) -> tuple[Codes, Grader]:
    """The codes of groups, graded block by block."""
    grader, found = Grader(job, Place(2, (0,))), []
    for start in range(0, columns.shape[1], BLOCK):
        part = columns[:, start : start + BLOCK]
        codes = grader.grade(first + start, part, results[:, start : start + BLOCK])
        found.append(np.full(part.shape[1], codes, np.uint8) if isinstance(codes, int) else codes)
    return np.concatenate(found), grader


def by_the_judge(job: Job, columns: BitArray, results: BitArray) -> list[Grade]:
    """The grade of each group without any short cut."""
    given, got = (
        Weights(job.fmt.name, each.T.shape, np.ascontiguousarray(each.T).tobytes()) for each in (columns, results)
    )
    judged = judge_groups(Case(job.contract, job.parameters, 1, given), given, got)
    names = np.where(judged.divergent, Grade.DIVERGENT, np.where(judged.ranged, Grade.RANGE, Grade.BOUNDED))
    return [Grade(name) for name in names]


@pytest.mark.parametrize("format", ["float16", "bfloat16"])
@pytest.mark.parametrize("contract", GAINS)
def test_every_number_has_the_grade_that_the_judge_gives(contract: str, format: str) -> None:
    """Of results as they are computed, and of such as are off by a little or by much."""
    job = job_of(contract, format)
    columns = job.space.columns(0, 65536)
    results = computed(job, columns)
    off = np.random.default_rng(1).choice([0, 0, 0, 1, 2, 5, 300], columns.shape).astype(np.uint16)
    for answer in (results, results + off):
        codes, _ = graded(job, columns, answer)
        assert [GRADES[code // len(BECOMES)] for code in codes] == by_the_judge(job, columns, answer)


@pytest.mark.parametrize("start", [0x00000001, 0x1EC00000, 0x1F2B0000, 0x3F800000, 0x5F7FE000, 0x7F7FE000, 0x9EC00000])
def test_float32_numbers_have_the_grades_that_the_judge_gives(start: int) -> None:
    """Where squares underflow, at the bound, where they overflow, and of either sign."""
    job = job_of("max_norm", "float32")
    columns = job.space.columns(start, 16384)
    results = computed(job, columns)
    results[0, ::97] ^= 4
    codes, _ = graded(job, columns, results, start)
    assert [GRADES[code // len(BECOMES)] for code in codes] == by_the_judge(job, columns, results)


@pytest.mark.parametrize("first", [0x3C000000, 0x00013C00, 0x7BFF0000, 0x7C003C00])
def test_pairs_have_the_grades_that_the_judge_gives(first: int) -> None:
    """With a number of one, a subnormal one, the largest and an infinity."""
    job = job_of("max_norm", "float16", PAIRS)
    columns = job.space.columns(first, 16384)
    results = computed(job, columns)
    results[0, ::97] ^= 64
    codes, _ = graded(job, columns, results, first)
    assert [GRADES[code // len(BECOMES)] for code in codes] == by_the_judge(job, columns, results)


@pytest.mark.parametrize("number", [0x00800001, 0x2B8CBCCC, 0x3F800001, 0x4048F5C3, 0x5F000001, 0xBF7FFFFF, 0xFF7FFFFF])
def test_a_fault_at_one_float32_number_is_found(number: int) -> None:
    """Wherever it is: one number in 4,294,967,296 that comes back doubled, or as one."""
    job = job_of("max_norm", "float32")
    start = number // BLOCK * BLOCK
    columns = job.space.columns(start, BLOCK)
    results = computed(job, columns)
    results[0, number - start] = np.float32(1.5).view(np.uint32)
    codes, grader = graded(job, columns, results, start)
    assert np.flatnonzero(codes // len(BECOMES) == GRADES.index(Grade.DIVERGENT)).tolist() == [number - start]
    (broken,) = grader.broken.values()
    assert broken.group == number and broken.count == 1


def test_what_changes_inside_the_bound_is_counted() -> None:
    """Of float16 and max_norm(2): 4,944 of the 32,770 numbers of size 2 at most, up to 0.0001726."""
    job = job_of("max_norm", "float16")
    columns = job.space.columns(0, 65536)
    results = computed(job, columns)
    _, grader = graded(job, columns, results)
    sizes = np.abs(decode(columns[0], job.fmt))
    changed = (sizes <= 2.0) & (columns[0] != results[0])
    assert grader.changed is not None
    assert (grader.changed.inside, grader.changed.changed) == (int((sizes <= 2.0).sum()), int(changed.sum()))
    assert grader.changed.norm == float(sizes[changed].max())


def test_the_furthest_accepted_number_is_named() -> None:
    """One ulp more at one number, and it is that one."""
    job = job_of("renorm", "float16")
    columns = job.space.columns(0, 15360)
    results = columns.copy()
    results[0, 0x3800] += 1
    _, grader = graded(job, columns, results)
    assert grader.worst is not None and (grader.worst.group, grader.worst.ulps) == (0x3800, 1.0)
