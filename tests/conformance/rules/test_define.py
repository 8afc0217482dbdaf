"""A rule is put to the stacks and modes that it is about, and to no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jsonschema_rs import Draft202012Validator

from adapters.core.stack import Mode
from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.cases.shapes import SMALL
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.rules.execute import Effort, execute
from conformance.rules.registry import catalog
from conformance.rules.rule import (
    BEYOND_THE_FIRST,
    EVERY_DEVICE,
    EVERY_MODE,
    FIRST_ONLY,
    USUAL_MODES,
    CaseRule,
    RuleDefinition,
)
from conformance.stacks.outcome import Unsupported, describe
from conformance.stacks.target import Trace
from reports.record.file import SCHEMA
from tests.support.fakes import Fake, stack_of

CALM = RuleDefinition(
    id="is_calm",
    chapter="conduct",
    level=MUST,
    statement="It is calm.",
    source="here",
    contracts=("max_norm", "unit_norm"),
    modes=USUAL_MODES,
    devices=EVERY_DEVICE,
    suits=lambda stack: True,
)
STACK = stack_of(modes=(Mode("eager"), Mode("graph", compiles=True), Mode("jit", compiles=True, slow=True)))
VALID = Draft202012Validator({"$ref": "#/$defs/rule", "$defs": SCHEMA["$defs"]})


@pytest.mark.parametrize(
    ("modes", "asked"),
    [
        (EVERY_MODE, ["eager", "graph", "jit"]),
        (USUAL_MODES, ["eager", "graph"]),
        (BEYOND_THE_FIRST, ["graph", "jit"]),
        (FIRST_ONLY, ["eager"]),
    ],
)
def test_a_rule_is_put_to_some_modes(modes: str, asked: list[str]) -> None:
    """All of a stack, all but those that are slow to compile, its first one, or the others."""
    assert [mode for mode in STACK.mode_names if replace(CALM, modes=modes).applies(STACK, mode)] == asked


@pytest.mark.parametrize("contracts", [(), ("min_max_norm",), ("max_norm_of_mine",)])
def test_a_rule_about_other_contracts_is_not_put(contracts: tuple[str, ...]) -> None:
    """One has to be shared, by its whole name."""
    assert CALM.applies(STACK, "eager") and not CALM.applies(replace(STACK, contracts=contracts), "eager")
    assert not replace(CALM, contracts=contracts).applies(STACK, "eager")


def test_a_rule_may_suit_some_stacks_only() -> None:
    """What a rule says of suitable stacks is heeded in every mode."""
    pure = replace(CALM, suits=lambda stack: not stack.in_place)
    assert pure.applies(STACK, "graph") and not pure.applies(replace(STACK, in_place=True), "graph")


@pytest.mark.parametrize("modes", [EVERY_MODE, USUAL_MODES, BEYOND_THE_FIRST, FIRST_ONLY])
def test_a_rule_is_stated_as_a_record_has_it(modes: str) -> None:
    """Nothing is left out, and nothing added that JSON cannot hold."""
    stated = replace(CALM, modes=modes).stated()
    assert list(VALID.iter_errors(stated)) == []
    assert (stated["modes"], stated["contracts"], stated["source"]) == (modes, ["max_norm", "unit_norm"], "here")


@pytest.mark.parametrize("each", catalog(), ids=lambda each: str(each.id))
def test_every_rule_is_about_something(each: RuleDefinition) -> None:
    """It names its contracts and its source, and a record can state it."""
    assert each.contracts and each.source.strip() and list(VALID.iter_errors(each.stated())) == []


def test_a_rule_gets_its_identity_from_its_function() -> None:
    """Its name, its statement and its chapter are written once; contracts and suitability are those of its spec."""

    def test_is_calm(target: Trace, case: Case) -> Verdict:
        """It is
        calm.

        This is said of nobody else.
        """
        return Verdict("float32")

    test_is_calm.__module__ = "conformance.rules.test_05_side_effects"
    about = rule(MUST, "here", CaseSpec(contracts=CALM.contracts, pure=True))(test_is_calm)
    assert isinstance(about, CaseRule) and about.check is test_is_calm
    assert about.stated() == CALM.stated() and not about.applies(replace(STACK, in_place=True), "eager")


def test_a_rule_is_about_the_usual_modes() -> None:
    """Modes that are slow to compile are asked where a rule says so."""
    assert CALM.modes == USUAL_MODES and not CALM.applies(STACK, "jit")


@pytest.mark.parametrize(
    ("mode", "share", "count"), [("eager", 1.0, 8), ("graph", 2.0, 8), ("jit", 2.0, 4), ("jit", 0.1, 1)]
)
def test_a_mode_that_is_slow_to_compile_is_asked_less(mode: str, share: float, count: int) -> None:
    """Half of the cases beyond the first mode, a quarter where compiling takes seconds, and one at least."""

    def test_is_calm(target: Trace, case: Case) -> Verdict:
        """It is calm."""
        return Verdict("float32", unsupported=describe(target.call(case)))

    spec = CaseSpec(shapes=SMALL, formats=["float32"])
    target = Fake(lambda case: Unsupported("nothing"), STACK)
    target.mode = mode
    result = execute(rule(MUST, "here", spec, share)(test_is_calm), target, Effort("default", seed=0))
    assert result.cases == len(target.ever) == count


def test_a_rule_without_a_statement_is_refused() -> None:
    """Nobody could read what is broken."""

    def test_says_nothing(target: Trace, case: Case) -> Verdict:
        return Verdict("float32")

    with pytest.raises(ValueError, match="test_says_nothing has no statement"):
        rule(MUST, "here", CaseSpec())(test_says_nothing)


def test_a_rule_on_devices_is_put_to_those_alone() -> None:
    """And says so in a record; others are put to all, and say nothing."""
    gpu = replace(CALM, devices=("gpu",))
    assert gpu.applies(STACK, "eager", "gpu") and not gpu.applies(STACK, "eager")
    assert gpu.stated()["devices"] == ["gpu"] and "devices" not in CALM.stated()
