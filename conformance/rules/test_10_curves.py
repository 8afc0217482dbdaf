"""Chapter 10, curves: what becomes of a norm, for every norm, over many calls, and for several rates."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.curves import drift_curves, norm_curves, rate_curves
from conformance.rules.define import measurement
from conformance.rules.rule import FIRST_ONLY, USUAL_MODES
from conformance.stacks.target import Trace
from reference.registry import BOUNDED, EVERY
from reports.record.measurements import Curve

NO_PROMISE = "recorded for the report's pictures; the rules on values judge"


@measurement(NO_PROMISE, EVERY, USUAL_MODES)
def test_norm_out_for_each_norm_in(target: Trace) -> Iterator[Curve]:
    """The norm that comes out is recorded for norms from 1e-24 to 1e24, as far as the format has them."""
    return norm_curves(target)


@measurement(NO_PROMISE, BOUNDED, FIRST_ONLY)
def test_norm_after_many_calls(target: Trace) -> Iterator[Curve]:
    """The norm of groups that begin inside the bound is recorded after up to 2,000 calls."""
    return drift_curves(target)


@measurement(NO_PROMISE, ("min_max_norm",), FIRST_ONLY)
def test_norm_under_a_rate(target: Trace) -> Iterator[Curve]:
    """The norm of groups outside both bounds is recorded call by call for three rates."""
    return rate_curves(target)
