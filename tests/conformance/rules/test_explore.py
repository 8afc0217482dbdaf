"""Cases depend on the seed alone, stay inside what is specified, and reach everything that a run promises."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cases.case import Axis, Case
from conformance.cases.generate import CaseSpec
from conformance.cases.kinds import ADJACENT, ALL, ALONE, APART, GROUPS, NORMS, ONE, size
from conformance.cases.layouts import LAYOUTS
from conformance.cases.shapes import same_axis
from conformance.judging.verdict import Verdict
from conformance.rules.counts import Counts
from conformance.rules.execute import DEPTHS
from conformance.rules.explore import explore
from conformance.rules.registry import catalog
from conformance.rules.rule import CaseRule
from conformance.stacks.target import Target, Trace
from conformance.stacks.workers import ROOT
from reference.formats import FORMATS
from reference.groups import reduced_dimensions
from reference.registry import CONTRACTS
from tests.mutants.arithmetic import CONTRACTS as OF_CALLS
from tests.support.fakes import Subjects

RULES = [rule for rule in catalog() if isinstance(rule, CaseRule)]
OF_VALUES = [rule for rule in RULES if rule.chapter == "values"]
SIGNS = next(rule for rule in RULES if rule.id == "sign_symmetry")


@dataclass(frozen=True)
class Drawn:
    """What is remembered of a case."""

    contract: str
    format: str
    layout: str
    axis: str
    rank: int
    length: int
    groups: int
    calls: int
    outside: str | None


def remember(case: Case) -> Drawn:
    """The features of a case, without its weights."""
    count, length = case.rows(case.weights.values).shape
    layout, form = case.weights.layout.partition(":")[0], type(case.axis).__name__
    if isinstance(case.axis, int) and case.axis < 0:
        form = "negative int"
    outside = CONTRACTS[case.contract].outside_domain(case.parameters)
    rank = len(case.weights.shape)
    return Drawn(case.contract, case.weights.format, layout, form, rank, length, count, case.calls, outside)


@pytest.fixture(scope="module")
def cases(correct: Target, slow: None) -> list[Case]:
    """The cases of the rules on values in a default run."""
    found: list[Case] = []

    def keep(target: Trace, case: Case) -> Verdict:
        found.append(case)
        return Verdict(case.weights.format)

    for rule in OF_VALUES:
        if rule.contracts[0] in correct.stack.contracts:
            seed = f"0 {rule.id}"
            strategy = rule.cases.of(correct.stack, "correct", seed=seed)
            explore(keep, correct, strategy, round(DEPTHS["default"] * rule.share), seed, lambda case, evaluation: None)
    return found


@pytest.fixture(scope="module")
def drawn(cases: list[Case]) -> list[Drawn]:
    """What is remembered of them."""
    return [remember(case) for case in cases]


@pytest.fixture(scope="module")
def counted(cases: list[Case]) -> Counts:
    """What is counted of them."""
    counts = Counts()
    for case in cases:
        counts.add(case, Verdict(case.weights.format), ())
    return counts


def ids(target: Target, seed: int) -> list[str]:
    """The ids of the cases that a rule draws while it asks a target."""
    found: list[str] = []
    cases = SIGNS.cases.of(target.stack, target.mode, seed=str(seed))
    explore(SIGNS.check, target, cases, 6, seed, lambda case, evaluation: found.append(case.id))
    return found


def test_a_seed_draws_the_same_cases_for_every_target(mutant: Subjects) -> None:
    """Neither right answers nor wrong ones change what is asked next."""
    assert ids(mutant("correct"), 1) == ids(mutant("shape_is_flat"), 1) == ids(mutant("sign_is_lost"), 1)


def test_another_seed_draws_other_cases(correct: Target) -> None:
    """Seeds are of use."""
    assert ids(correct, 1) != ids(correct, 2)


def test_every_case_is_inside_its_domain(drawn: list[Drawn]) -> None:
    """What the rules at MUST level ask for is specified."""
    assert {each.outside for each in drawn} == {None}


@pytest.mark.parametrize(
    ("feature", "all_of_it"), [("contract", set(OF_CALLS)), ("format", set(FORMATS)), ("calls", {1, 2, 3})]
)
def test_a_default_run_reaches_everything(feature: str, all_of_it: set[object], drawn: list[Drawn]) -> None:
    """The rules on values meet every contract of a framework's call, format and number of calls."""
    assert {getattr(each, feature) for each in drawn} == all_of_it


AXES = {"int", "negative int", "None", "list", "negative list", "tuple", "unordered tuple", "mixed tuple", "()"}
SOME_SIZES = {size(number) for number in (1, 2, 8, 64, 1024, 16384, 65537)}


@pytest.mark.parametrize(
    ("name", "all_of_them"),
    [
        ("rank", set("0123456")),
        ("reduced dimensions", {ALONE, ONE, ADJACENT, APART, ALL}),
        ("axis", AXES),
        ("weights in a group", SOME_SIZES),
        ("groups", SOME_SIZES),
        ("layout", set(LAYOUTS)),
        (GROUPS, set(NORMS)),
    ],
)
def test_every_kind_is_drawn(name: str, all_of_them: set[str], counted: Counts) -> None:
    """What a default run never meets would be a hole."""
    assert set(counted.drawn[name]) == all_of_them


def test_reductions_are_short_and_long(drawn: list[Drawn]) -> None:
    """Groups have from one to 65,536 weights, and there are from one to many thousands of them."""
    lengths, groups = {each.length for each in drawn}, {each.groups for each in drawn}
    assert min(lengths) == 1 and max(lengths) >= 65536
    assert min(groups) == 1 and max(groups) >= 10_000


@pytest.mark.parametrize(("axis", "rank"), [(0, 1), (1, 2), ([0, 2], 3), ((0, 1), 2)])
def test_forms_of_an_axis_mean_the_same(axis: Axis, rank: int) -> None:
    """However an axis is written, the same dimensions are reduced."""
    forms = same_axis(axis, rank)
    assert len({reduced_dimensions(form, rank) for form in forms}) == 1
    assert (None in forms) == (len(reduced_dimensions(axis, rank)) == rank)


def test_none_and_one_call_can_be_asked_for(correct: Target) -> None:
    """A rule chooses contracts, formats and calls for itself."""
    found: list[Case] = []
    spec = CaseSpec(contracts=("unit_norm",), formats=["float16"], calls=(2,), special=(None,))
    cases = spec.of(correct.stack, "correct")
    explore(lambda t, c: Verdict("float16"), correct, cases, 5, 0, lambda case, evaluation: found.append(case))
    assert {(c.contract, c.weights.format, c.calls) for c in found} == {("unit_norm", "float16", 2)}


DRAWS = """
from conformance.judging.verdict import Verdict
from conformance.rules.explore import explore
from tests.support.fakes import stack_of
from tests.mutants.score import RULES

cases = RULES["max_norm_value"].cases.of(stack_of(), "eager")
explore(lambda trace, case: Verdict("float32"), None, cases, 60, "0 max_norm_value", lambda case, _: print(case.id))
"""


@pytest.mark.slow
@pytest.mark.process
def test_cases_do_not_depend_on_what_is_imported(tmp_path: Path) -> None:
    """Hypothesis would draw numbers from the source code of whatever is."""
    (tmp_path / "numerous.py").write_text(f"NUMBERS = {[7919 * n for n in range(300)]}")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    drawn = [
        subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, check=True
        ).stdout
        for code in (DRAWS, f"import numerous{DRAWS}")
    ]
    assert drawn[0] == drawn[1] and len(set(drawn[0].split())) == 60
