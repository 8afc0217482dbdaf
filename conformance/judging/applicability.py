"""The groups of a case to which a rule applies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from conformance.cases.case import Case, format_of, weights_of
from conformance.judging.norm_bounds import computed, finite_norms
from reference.evaluators import evaluator
from reference.formats import FloatArray, parameter_roundings, ulp
from reference.groups import by_columns
from reference.norms import norms_of
from reference.registry import CONTRACTS

Mask = NDArray[np.bool_]


def leaves_no_range(case: Case) -> Mask:
    """The groups of finite weights of which no exact intermediate leaves the format's range."""
    rows = case.rows(case.weights.values)
    finite = np.asarray(np.all(by_columns(np.isfinite(rows)), axis=1))
    with np.errstate(all="ignore"):
        inside = evaluator(
            CONTRACTS[case.contract], case.parameters, np.where(finite[:, None], rows, 1.0), format_of(case)
        )
        return finite & ~inside.leaves_range()


def safely_inside_range(case: Case) -> Mask:
    """The groups of which no square, partial product or result is subnormal or overflows, even after scaling by 4."""
    fmt = format_of(case)
    weights = np.abs(case.rows(case.weights.values))
    low, high = 2.0 ** (fmt.emin / 2 + 1), 2.0 ** (fmt.emax / 2 - 4) / np.sqrt(weights.shape[1])
    safe: Mask = np.all(by_columns((weights == 0) | ((low <= weights) & (weights <= high))), axis=1)
    if (rate := case.parameters.get("rate")) is not None:
        clipped = np.clip(_norms(case), case.parameters["min_value"], case.parameters["max_value"])
        for part in (rate * clipped, (1.0 - rate) * _norms(case), np.asarray(1.0 - rate)):
            safe &= np.asarray((part == 0.0) | (part >= 4.0 * fmt.smallest_normal))
    scaled = {p.name: 4.0 if p.scales else 1.0 for p in CONTRACTS[case.contract].parameters}
    larger = replace(
        case,
        weights=weights_of(4.0 * case.weights.values, fmt),
        parameters={name: value * scaled[name] for name, value in case.parameters.items()},
    )
    return safe & leaves_no_range(case) & leaves_no_range(larger)


def safely_below_maximum(case: Case) -> Mask:
    """The groups whose computed norm, however it was added up, is below the upper bound."""
    _, upper = _computed_norms(case)
    return np.asarray(upper < upper_bound(case)) & leaves_no_range(case)


def epsilon_counts(case: Case) -> tuple[Mask, Mask]:
    """The groups whose norm surely is another number once epsilon is added to it, and those whose norm surely is not.

    That depends on epsilon, and on half an ulp of the computed norm; where that may lie on either side, neither holds.
    """
    fmt = format_of(case)
    lower, upper = _computed_norms(case)
    epsilons = parameter_roundings(case.parameters["epsilon"], fmt)
    with np.errstate(all="ignore"):
        return min(epsilons) > ulp(upper, fmt) / 2.0, max(epsilons) < ulp(lower, fmt) / 2.0


def upper_bound(case: Case) -> float:
    """The bound on norms from above, as the contract calls it."""
    return float(case.parameters[CONTRACTS[case.contract].bounds[-1]])


def safely_above_minimum(case: Case) -> Mask:
    """The groups whose computed norm, however it was added up, is above min_value."""
    lower, _ = _computed_norms(case)
    return np.asarray(lower > case.parameters["min_value"])


def _computed_norms(case: Case) -> tuple[FloatArray, FloatArray]:
    """The ends between which each computed norm lies, moved apart by the rounding of what it is compared with."""
    fmt = format_of(case)
    lower, upper = computed(finite_norms(case.rows(case.weights.values), fmt, CONTRACTS[case.contract].norm))
    apart = 4.0 * fmt.unit_roundoff
    return lower * (1.0 - apart), upper * (1.0 + apart)


def special_put_in(case: Case, special: float) -> tuple[Case, Mask]:
    """The case with one special number in its first weight, and the groups that do not hold it."""
    values = case.weights.values.copy()
    values.flat[0] = special
    others: Mask = np.asarray(np.all(np.isfinite(case.rows(values)), axis=1))
    return replace(case, weights=weights_of(values, format_of(case), case.weights.layout)), others


def _norms(case: Case) -> FloatArray:
    return norms_of(case.rows(case.weights.values), format_of(case), CONTRACTS[case.contract].norm).values
