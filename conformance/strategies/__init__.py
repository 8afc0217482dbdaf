"""Hypothesis strategies for tests of your own: contracts, parameters, axes, shapes, layouts, weights and whole cases.

    from hypothesis import given
    from normconf.strategies import Case, cases

    @given(cases("max_norm"))
    def test_my_constraint(case: Case) -> None:
        case.check(my_max_norm(case.weights, **case.arguments))

They are composed of Hypothesis's own and hold no generator, so that they shrink as those do; a case prints as code that
makes it again. What the project's own rules ask is drawn in conformance.cases, packed, with many groups in each array.
"""

from conformance.strategies.arrays import axes, layouts, shapes, weights
from conformance.strategies.case import Case
from conformance.strategies.of_cases import cases
from conformance.strategies.of_parameters import contracts, parameters
from conformance.strategies.regimes import REGIMES

__all__ = ["REGIMES", "Case", "axes", "cases", "contracts", "layouts", "parameters", "shapes", "weights"]
