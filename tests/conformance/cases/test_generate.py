"""A spec knows the stacks that it suits, and gives each of them cases that it can take."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.core.stack import (
    ALL_BUT_ONE,
    ANY,
    ROWS,
    SINGLE_WEIGHTS,
    WHOLE,
    Grouping,
    Limits,
    Mode,
    Stack,
)
from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.cases.shapes import MAX_COMPILED, MAX_COSTLY, MAX_LOOPED, POOL, GroupShape
from conformance.judging.verdict import Verdict
from conformance.rules.explore import explore
from conformance.stacks.outcome import Raised
from reference.formats import FORMATS
from tests.support.fakes import Fake, stack_of

F32: dict[str, Any] = {"formats": ["float32"], "contracts": ("max_norm", "clip_by_value")}
COMPILING = (Mode("eager"), Mode("graph", compiles=True))
SHAPES = {place.shape for place in POOL}


def drawn(spec: CaseSpec, stack: Stack, mode: str = "eager", count: int = 40) -> list[Case]:
    """Some cases that a spec draws for a stack."""
    found: list[Case] = []
    target = Fake(lambda case: Raised("ValueError"), stack)
    cases = spec.of(stack, mode)
    explore(lambda trace, case: Verdict("float32"), target, cases, count, 0, lambda case, _: found.append(case))
    return found


@pytest.mark.parametrize(
    ("needed", "suited"), [((), True), (("max_norm",), True), (("max_norm", "unit_norm"), False), (("l2_ball",), False)]
)
def test_a_recipe_may_need_contracts(needed: tuple[str, ...], suited: bool) -> None:
    """All of them, beside the one that it asks about."""
    assert CaseSpec(needs=needed).suits(stack_of()) is suited


@pytest.mark.parametrize(
    ("changes", "suited"), [({}, True), ({"one_group_per_call": True}, False), ({"grouping": WHOLE}, False)]
)
def test_a_recipe_may_need_any_axis(changes: dict[str, Any], suited: bool) -> None:
    """A call that is made once per group has no axis of its own."""
    assert CaseSpec(any_axis=True).suits(stack_of(**changes)) is suited and CaseSpec().suits(stack_of(**changes))


@pytest.mark.parametrize("in_place", [True, False])
def test_a_recipe_may_need_a_pure_call(in_place: bool) -> None:
    """What changes its input by design cannot be held to leaving it alone."""
    stack = stack_of(in_place=in_place)
    assert CaseSpec(pure=True).suits(stack) is not in_place and CaseSpec().suits(stack)


def test_a_recipe_may_need_a_way() -> None:
    """Only stacks that have it are asked."""
    spec = CaseSpec(access="serialized")
    assert spec.suits(stack_of(accesses=("from_config", "serialized"))) and not spec.suits(
        stack_of(accesses=("other",))
    )


@pytest.mark.parametrize("grouping", [ANY, WHOLE, ALL_BUT_ONE, ROWS])
def test_a_stack_can_form_the_groups_of_its_cases(grouping: Grouping) -> None:
    """Only places that its call takes are drawn, and not always the same."""
    cases = drawn(CaseSpec(**F32), stack_of(grouping=grouping))
    assert all(grouping.covers(len(case.weights.shape), case.reduced) for case in cases)
    assert len({case.weights.shape for case in cases}) > 1


@pytest.mark.parametrize("changes", [{"grouping": WHOLE}, {"grouping": ANY}])
def test_a_looped_stack_is_called_a_moderate_number_of_times(changes: dict[str, Any]) -> None:
    """It takes whatever groups, up to 16 of them, and more than one."""
    counts = {
        len(case.rows(case.weights.values))
        for case in drawn(CaseSpec(**F32), stack_of(**changes, one_group_per_call=True), count=60)
    }
    assert 1 in counts and 1 < max(counts) <= MAX_LOOPED == 16


def test_a_stack_that_is_not_looped_gets_many_groups() -> None:
    """One call is many tests."""
    assert max(len(case.rows(case.weights.values)) for case in drawn(CaseSpec(**F32), stack_of())) > 10_000


@pytest.mark.parametrize("in_place", [True, False])
def test_shared_memory_is_not_written_to(in_place: bool) -> None:
    """A stack that works in place gets no array whose elements share memory; others do."""
    cases = drawn(CaseSpec(**F32, layouts=("C", "broadcast")), stack_of(in_place=in_place))
    assert any(case.weights.layout.startswith("broadcast") for case in cases) is not in_place


@pytest.mark.slow
def test_a_compiled_mode_gets_few_shapes() -> None:
    """Each costs a compilation, and so does each form of an axis; the stack's other mode gets many."""
    stack = stack_of(modes=COMPILING)
    compiled, eager = (drawn(CaseSpec(**F32), stack, mode, 80) for mode in ("graph", "eager"))
    assert 1 < len({case.weights.shape for case in compiled}) <= MAX_COMPILED == 4
    assert len({case.weights.shape for case in eager}) > MAX_COMPILED
    assert {type(case.axis) for case in compiled} <= {int, list} and all(min(case.reduced) >= 0 for case in compiled)


@pytest.mark.slow
def test_a_costly_mode_gets_fewer_shapes() -> None:
    """Two, where a compilation takes seconds."""
    stack = stack_of(modes=(Mode("eager"), Mode("graph", compiles=True, slow=True)))
    shapes = {case.weights.shape for case in drawn(CaseSpec(**F32), stack, "graph", 60)}
    assert len(shapes) == MAX_COSTLY == 2


@pytest.mark.slow
@pytest.mark.parametrize(("every", "formats"), [(False, {"float16", "float32"}), (True, set(FORMATS))])
def test_an_author_waits_for_few_formats_where_each_is_compiled(every: bool, formats: set[str]) -> None:
    """But for rules that may hold in some formats and not in others."""
    stack = stack_of(modes=COMPILING, declaration=object())
    cases = drawn(CaseSpec(every_format=every), stack, "graph", 80)
    assert {case.weights.format for case in cases} == formats


@pytest.mark.parametrize("count", range(1, len(POOL) + 1))
def test_a_compiled_mode_gets_few_of_whatever_shapes(count: int) -> None:
    """However many places a rule has, at least one and at most four are drawn."""
    spec = CaseSpec(shapes=[GroupShape((n + 1, 1), (0,)) for n in range(count)], formats=["float32"])
    shapes = {case.weights.shape for case in drawn(spec, stack_of(modes=COMPILING), "graph", 20)}
    assert 1 <= len(shapes) <= MAX_COMPILED


@pytest.mark.slow
def test_weights_that_are_taken_one_by_one_have_no_axis() -> None:
    """A promise about single weights is asked with the axis (), and its shapes are those of any rule."""
    cases = drawn(CaseSpec(**F32), stack_of(contracts=("clip_by_value", "non_neg"), grouping=SINGLE_WEIGHTS))
    assert {case.axis for case in cases if isinstance(case.axis, tuple)} == {()} == {case.reduced for case in cases}
    assert {case.contract for case in cases} == {"clip_by_value"} and len({case.weights.shape for case in cases}) > 4


def test_places_that_do_not_fit_are_replaced() -> None:
    """Where the stack can form the groups of none of a rule's places, the common ones are drawn from."""
    spec = CaseSpec(**F32, shapes=(GroupShape((5, 7), (0,)),))
    assert {case.weights.shape for case in drawn(spec, stack_of())} == {(5, 7)}
    others = {case.weights.shape for case in drawn(spec, stack_of(grouping=ROWS))}
    assert len(others) > 1 and others <= SHAPES


def test_only_contracts_of_the_stack_are_drawn() -> None:
    """A rule about several asks each stack about its own."""
    cases = drawn(CaseSpec(formats=["float32"]), stack_of(contracts=("l2_ball", "unit_norm")))
    assert {case.contract for case in cases} == {"l2_ball", "unit_norm"}


def test_a_seed_draws_the_same_cases_for_stacks_of_the_same_contracts() -> None:
    """What else a stack is called, and how its modes are called, changes nothing."""
    other = stack_of(name="other", modes=(Mode("plain"),), sentence="Another one.", process="shared")
    one, two = drawn(CaseSpec(**F32), stack_of(), count=6), drawn(CaseSpec(**F32), other, "plain", 6)
    assert [case.id for case in one] == [case.id for case in two] and len({case.id for case in one}) == 6


def test_only_formats_that_are_declared_are_drawn() -> None:
    """Cases in other formats would say nothing."""
    stack = stack_of(limits=Limits(formats=("float16",)))
    assert {case.weights.format for case in drawn(CaseSpec(), stack)} == {"float16"}


def test_a_fixed_parameter_is_that_in_every_case() -> None:
    """And no lower bound is above it."""
    stack = stack_of(contracts=("min_max_norm",), limits=Limits(fixed={"max_value": 0.125, "epsilon": 1e-3}))
    cases = drawn(CaseSpec(contracts=("min_max_norm",)), stack)
    assert {(case.parameters["max_value"], case.parameters["epsilon"]) for case in cases} == {(0.125, 1e-3)}
    assert max(case.parameters["min_value"] for case in cases) == 0.125


def test_only_axes_that_may_be_given_are_drawn() -> None:
    """In the form in which they are declared."""
    stack = stack_of(
        limits=Limits(axes=(-1, [0, 1])),
        grouping=Grouping("The last, or the first two.", lambda rank, reduced: reduced in ((rank - 1,), (0, 1))),
    )
    assert {str(case.axis) for case in drawn(CaseSpec(), stack, count=80)} == {"-1", "[0, 1]"}


def test_groups_that_the_pool_lacks_get_places_of_their_own() -> None:
    """A stack that is limited to few ranks and axes is asked all the same."""
    stack = stack_of(grouping=Grouping("Odd ones.", lambda rank, reduced: (rank, reduced) == (5, (0, 2, 4))))
    assert {(len(case.weights.shape), case.reduced) for case in drawn(CaseSpec(), stack)} == {(5, (0, 2, 4))}
