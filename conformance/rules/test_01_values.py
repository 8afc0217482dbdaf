"""Chapter 1, values: what each contract returns, for every axis, shape, format, layout and number of calls."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.free_shapes import FreeShapes
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.cases.shapes import GroupShape
from conformance.judging.applicability import leaves_no_range, safely_below_maximum
from conformance.judging.relations import expect_equal
from conformance.judging.results import comparable
from conformance.judging.sparse import judge_thinned, thinned
from conformance.judging.values import judge_value
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.rules.rule import EVERY_DEVICE, EVERY_MODE, CaseRule
from conformance.stacks.target import Trace
from reference.contract import Contract
from reference.formats import round_to
from reference.groups import from_rows
from reference.registry import CONTRACTS
from reports.record.failure import Failure, FailureCode


def value_rules(contracts: Iterable[Contract]) -> dict[str, CaseRule]:
    """The rule on the values of each contract, under its name in this module: what it returns is what it states."""
    rules = (_value_rule(contract) for contract in contracts)
    return {f"test_{rule.id}": rule for rule in rules}


def _value_rule(contract: Contract) -> CaseRule:
    cases = CaseSpec(contracts=(contract.name,), every_format=True)
    return CaseRule(
        id=f"{contract.name}_value",
        chapter="values",
        level=MUST,
        statement=contract.statement,
        source=contract.source,
        contracts=cases.contracts,
        modes=EVERY_MODE,
        devices=EVERY_DEVICE,
        suits=cases.suits,
        cases=cases,
        share=contract.share,
        check=_judge,
    )


def _judge(target: Trace, case: Case) -> Verdict:
    return judge_value(case, target.call(case))


# rules are found by being in a chapter, wherever they were made
globals().update(value_rules(CONTRACTS.values()))


PADDING = "IEEE 754-2019, 4.3: x + 0 is x, so zeros change no sum, however long it is and in whatever order"
LONG = CaseSpec(
    shapes=(GroupShape((65536,), (0,)), GroupShape((17, 4096), (0,)), GroupShape((64, 1024), (1,))),
    free=FreeShapes(kinds=("one long group",)),
    layouts=("C",),
    regimes=EVERYDAY,
    calls=(1,),
    special=(None,),
    every_format=True,
)


@rule(MUST, PADDING, LONG, share=2)
def test_zeros_change_no_norm(target: Trace, case: Case) -> Verdict:
    """A few equal weights among however many zeros are scaled as they are without the zeros, which stay zeros."""
    asked, places = thinned(case)
    (outcome,) = comparable(asked, target.call(asked))
    return judge_thinned(asked, places, outcome)


RENORM_NOTE = "https://docs.pytorch.org/docs/stable/generated/torch.renorm.html (Note: a row below it is unchanged)"


@rule(MUST, RENORM_NOTE, CaseSpec(contracts=("renorm",), calls=(1,), special=(None,), layouts=("C",)), share=2)
def test_renorm_leaves_groups_inside_alone(target: Trace, case: Case) -> Verdict:
    """A group whose norm is at most maxnorm keeps its bits, where no intermediate leaves the format's range."""
    fmt = format_of(case)
    bound = float(round_to(np.asarray(case.parameters["maxnorm"]), fmt))
    rows = case.rows(case.weights.values).copy()
    # the norm of a single weight is exact: the root of a rounded square is the weight again
    rows[0] = 0.0
    rows[0, 0] = bound
    weights = weights_of(from_rows(rows, case.weights.shape, case.reduced), fmt)
    asked = replace(case, weights=weights, parameters={**case.parameters, "maxnorm": bound})
    (outcome,) = comparable(asked, target.call(asked))
    inside = safely_below_maximum(asked)
    inside[0] = bool(leaves_no_range(asked)[0])
    return expect_equal(asked, outcome, weights.values, Failure(FailureCode.INSIDE_GROUP_CHANGED), only=inside)
