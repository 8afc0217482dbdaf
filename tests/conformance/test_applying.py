"""A rule is put to the stacks and modes that it is about, and to no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from conformance.cases import Case
from conformance.catalogue import catalogue
from conformance.rules import BEYOND_THE_FIRST, EVERY_MODE, FIRST_ONLY, Rule, rule
from conformance.strategies import Recipe
from conformance.subjects import Subject
from conformance.verdicts import MUST, Verdict
from reports.record import SCHEMA
from tests.conformance.conftest import stack_of

CALM = Rule("is_calm", "conduct", MUST, "It is calm.", "here", ("max_norm", "unit_norm"))
STACK = stack_of(modes=("eager", "graph", "jit"))
VALID = Draft202012Validator({"$ref": "#/$defs/rule", "$defs": SCHEMA["$defs"]})


@pytest.mark.parametrize(
    ("modes", "asked"),
    [(EVERY_MODE, ["eager", "graph", "jit"]), (BEYOND_THE_FIRST, ["graph", "jit"]), (FIRST_ONLY, ["eager"])],
)
def test_a_rule_is_put_to_some_modes(modes: str, asked: list[str]) -> None:
    """All of a stack, its first one, or the others."""
    assert [mode for mode in STACK.modes if replace(CALM, modes=modes).applies(STACK, mode)] == asked


@pytest.mark.parametrize("contracts", [(), ("min_max_norm",), ("max_norm_of_mine",)])
def test_a_rule_about_other_contracts_is_not_put(contracts: tuple[str, ...]) -> None:
    """One has to be shared, by its whole name."""
    assert CALM.applies(STACK, "eager") and not CALM.applies(replace(STACK, contracts=contracts), "eager")
    assert not replace(CALM, contracts=contracts).applies(STACK, "eager")


def test_a_rule_may_suit_some_stacks_only() -> None:
    """What a rule says of suitable stacks is heeded in every mode."""
    pure = replace(CALM, suits=lambda stack: not stack.in_place)
    assert pure.applies(STACK, "graph") and not pure.applies(replace(STACK, in_place=True), "graph")


@pytest.mark.parametrize("modes", [EVERY_MODE, BEYOND_THE_FIRST, FIRST_ONLY])
def test_a_rule_is_stated_as_a_record_has_it(modes: str) -> None:
    """Nothing is left out, and nothing added that JSON cannot hold."""
    stated = replace(CALM, modes=modes).stated()
    assert list(VALID.iter_errors(stated)) == []
    assert (stated["modes"], stated["contracts"], stated["source"]) == (modes, ["max_norm", "unit_norm"], "here")


@pytest.mark.parametrize("each", catalogue(), ids=lambda each: str(each.id))
def test_every_rule_is_about_something(each: Rule) -> None:
    """It names its contracts and its source, and a record can state it."""
    assert each.contracts and each.source.strip() and list(VALID.iter_errors(each.stated())) == []


def test_a_rule_gets_its_identity_from_its_function() -> None:
    """Its name, its sentence and its chapter are written once; contracts and suitability are those of its recipe."""

    def test_is_calm(subject: Subject, case: Case) -> Verdict:
        """It is
        calm.

        This is said of nobody else.
        """
        return Verdict("float32")

    test_is_calm.__module__ = "conformance.test_5_conduct"
    about = rule(MUST, "here", Recipe(contracts=CALM.contracts, pure=True))(test_is_calm).rule
    assert about == CALM and not about.applies(replace(STACK, in_place=True), "eager")


def test_a_rule_without_a_sentence_is_refused() -> None:
    """Nobody could read what is broken."""

    def test_says_nothing(subject: Subject, case: Case) -> Verdict:
        return Verdict("float32")

    with pytest.raises(ValueError, match="test_says_nothing has no sentence"):
        rule(MUST, "here", Recipe())(test_says_nothing)
