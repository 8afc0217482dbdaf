"""The formulas of MaxNorm and MinMaxNorm on small norms, and under bounds and rates that nobody should choose."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment, is_refused
from conformance.claims.experiments.keras_calls import (
    EPSILON,
    Array,
    drawn_columns,
    float32,
    max_norm,
    min_max_norm,
    norms_of,
)
from conformance.claims.experiments.keras_rates import any_rate
from conformance.claims.experiments.numbers import ROUNDOFF

# beyond it 1e-7 is lost in float32; beyond the other one squares overflow
LOST, OVERFLOW = 2.0, 1.8446e19


def multiplied(arguments: Arguments, output: Any, factor: Callable[[Array], Any], terms: Any = 0.0) -> list[bool]:
    """Whether each column is multiplied by a factor of its norm, but for (n + 10) roundings of it or of its terms."""
    before, after = (np.asarray(weights, dtype=np.float64) for weights in (arguments["weights"], output))
    wanted = factor(norms_of(before))
    room = (len(before) + 10) * ROUNDOFF * np.abs(before) * np.maximum(np.abs(wanted), terms)
    return list((np.abs(after - before * wanted) <= room).all(axis=0))


def with_zeros(random: Random, exponents: tuple[float, float]) -> list[list[float]]:
    """Columns of norms between these powers of 10, and one of zeros."""
    return [[*row, 0.0] for row in drawn_columns(random, exponents)]


def below_zero(random: Random) -> Arguments:
    """Columns of any ordinary norm and of zeros, and a negative bound."""
    return {"weights": with_zeros(random, (-8.0, 4.0)), "max_value": float32(-(10.0 ** random.uniform(-2.0, 2.0)))}


@experiment(max_norm, below_zero)
def negative_maximum_makes_zeros(arguments: Arguments, output: Any) -> list[bool] | None:
    """Under a negative max_value all weights become zero."""
    return None if arguments["max_value"] >= 0.0 else list((np.array(output) == 0.0).all(axis=0))


@experiment(max_norm, below_zero)
def negative_maximum_turns_columns(arguments: Arguments, output: Any) -> list[bool] | None:
    """Under a negative max_value m a column of norm n is multiplied by m / (n + 1e-7), but for roundings."""
    bound = arguments["max_value"]
    return None if bound >= 0.0 else multiplied(arguments, output, lambda norms: bound / (norms + EPSILON))


def without_maximum(random: Random) -> Arguments:
    """Columns of any norm whose square is a float32 number, and no bound."""
    return {"weights": with_zeros(random, random.choice(((-8.0, 0.0), (0.0, 18.5)))), "max_value": None}


@experiment(max_norm, without_maximum, errors=True)
def maximum_of_none_is_a_value_error(arguments: Arguments, output: Any) -> bool:
    """The max_value None raises a ValueError when the constraint is called."""
    return is_refused(output, "ValueError")


@experiment(max_norm, without_maximum)
def maximum_of_none_is_no_maximum(arguments: Arguments, output: Any) -> list[bool]:
    """With the max_value None a column of norm n is multiplied by n / (n + 1e-7), but for roundings."""
    return multiplied(arguments, output, lambda norms: norms / (norms + EPSILON))


def below_the_minimum(random: Random) -> Arguments:
    """Columns of norms from the smallest normal number up to min_value, and one of zeros."""
    low = 10.0 ** random.uniform(-3.0, 3.0)
    exponents = random.choice(((-37.0, -8.0), (-8.0, -6.0), (-6.0, np.log10(low) - 0.5)))
    weights = with_zeros(random, (min(exponents), max(exponents)))
    return {"weights": weights, "min_value": float32(low), "max_value": float32(2.0 * low), "rate": 1.0}


@experiment(min_max_norm, below_the_minimum, keep=("rate",))
def norms_below_the_minimum_are_not_all_of_it(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column whose norm n is below min_value is multiplied by min_value / (n + 1e-7), but for roundings."""
    low = arguments["min_value"]
    if low > arguments["max_value"] or (norms_of(arguments["weights"]) > low * (1.0 - 1e-5)).any():
        return None
    return multiplied(arguments, output, lambda norms: low / (norms + EPSILON))


def _lone(weight: float, **others: float) -> Arguments:
    return {"weights": [[float32(weight)]], **others}


@experiment(
    min_max_norm, [_lone(sign * 1e-7, min_value=low, max_value=9.0, rate=1.0) for low in (0.5, 1.0) for sign in (1, -1)]
)
def norm_of_1e_7_becomes_half_of_the_minimum(arguments: Arguments, output: Any) -> bool:
    """A weight of 1e-7 becomes half of min_value, but for 8 units of roundoff."""
    return bool(abs(abs(output[0][0]) / arguments["min_value"] - 0.5) <= 8.0 * ROUNDOFF)


def zeros_below_a_minimum(random: Random) -> Arguments:
    """Zeros, and a min_value of any size."""
    rows, low = (
        random.randint(1, 4),
        float32(10.0 ** random.choice((random.uniform(-3.0, 31.5), random.uniform(31.6, 38.0)))),
    )
    return {"weights": [[0.0, 0.0] for _ in range(rows)], "min_value": low, "max_value": low, "rate": 1.0}


@experiment(min_max_norm, zeros_below_a_minimum, trials=16, keep=("max_value", "rate"))
def zeros_stay_zero_below_any_usual_minimum(arguments: Arguments, output: Any) -> list[bool] | None:
    """A float32 column of zeros stays zero where min_value is below 3.4e31, and becomes NaN where it is above."""
    low, after = arguments["min_value"], np.array(output)
    if np.any(arguments["weights"]) or 3.4e31 <= low <= 3.41e31:
        return None
    return list((after == 0.0 if low < 3.4e31 else np.isnan(after)).all(axis=0))


def _mixture(arguments: Arguments, norms: Array) -> tuple[Array, Array]:
    """What comes from the norm and what from the clipped norm, each over n + 1e-7."""
    rate, clipped = arguments["rate"], np.clip(norms, arguments["min_value"], arguments["max_value"])
    return (1.0 - rate) * norms / (norms + EPSILON), rate * clipped / (norms + EPSILON)


def _mixed(arguments: Arguments, output: Any) -> list[bool] | None:
    if arguments["min_value"] > arguments["max_value"]:
        return None
    norms = norms_of(arguments["weights"])
    terms = sum(np.abs(term) for term in _mixture(arguments, norms))
    return multiplied(arguments, output, lambda norms: sum(_mixture(arguments, norms)), terms)


def any_rate_in_range(random: Random) -> Arguments:
    """Columns of norms from nearly zero to far outside and of zeros, an interval, and a rate from 0 to 1."""
    drawn = any_rate(random)
    return {
        **drawn,
        "weights": [[*row, 0.0] for row in drawn["weights"]],
        "rate": random.choice((0.0, 1.0, drawn["rate"])),
    }


@experiment(min_max_norm, any_rate_in_range)
def min_max_norm_divides_by_norm_plus_epsilon(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column of norm n is multiplied by ((1 - rate) n + rate clip(n, min_value, max_value)) / (n + 1e-7)."""
    return None if not 0.0 <= arguments["rate"] <= 1.0 else _mixed(arguments, output)


def any_rate_out_of_range(random: Random) -> Arguments:
    """The same with a rate below 0 or above 1."""
    rate = random.choice((random.uniform(1.0, 4.0), random.uniform(-4.0, 0.0)))
    return {**any_rate_in_range(random), "rate": float32(rate)}


@experiment(min_max_norm, any_rate_out_of_range)
def rates_out_of_range_follow_the_formula(arguments: Arguments, output: Any) -> list[bool] | None:
    """A rate below 0 or above 1 is put into the formula of MinMaxNorm like any other, but for roundings."""
    return _mixed(arguments, output)


@experiment(
    min_max_norm,
    [
        {"weights": weights, "min_value": 0.0, "max_value": 5.0, "rate": rate}
        for weights in ([[10.0]], [[-6.0], [8.0]])
        for rate in (2.0, 3.0, -1.0)
    ],
)
def norm_of_10_under_5_at_rates_out_of_range(arguments: Arguments, output: Any) -> bool:
    """Weights of norm 10 under max_value=5 become 0 at rate 2, minus half at rate 3, and 1.5 times these at rate -1."""
    factor = {2.0: 0.0, 3.0: -0.5, -1.0: 1.5}[arguments["rate"]]
    return bool((np.abs(np.array(output) - factor * np.array(arguments["weights"])) <= 200.0 * ROUNDOFF).all())


def at_rate_0(random: Random) -> Arguments:
    """Columns of any norm whose square is a float32 number, and rate 0."""
    exponents = random.choice(((-8.0, -6.0), (-1.0, 0.28), (0.31, 3.0), (3.0, 18.8)))
    return {"weights": with_zeros(random, exponents), "min_value": 0.5, "max_value": 1.0, "rate": 0.0}


@experiment(min_max_norm, at_rate_0, trials=12, keep=("rate",))
def rate_0_multiplies_by_n_over_n_plus_epsilon(arguments: Arguments, output: Any) -> list[bool]:
    """At rate 0 columns of a norm n below 2 are multiplied by n / (n + 1e-7), and those above 2 keep their bits."""
    norms, same = norms_of(arguments["weights"]), (np.array(output) == np.array(arguments["weights"])).all(axis=0)
    near = np.abs(norms / LOST - 1.0) <= (len(output) + 10) * ROUNDOFF
    lost = (norms > LOST) & (norms < OVERFLOW)
    follows = multiplied(arguments, output, lambda norms: norms / (norms + EPSILON))
    return list(np.where(lost & ~near, same, follows)[norms < OVERFLOW])


@experiment(min_max_norm, [_lone(weight, min_value=0.0, max_value=1.0, rate=0.0) for weight in (1e-7, -1e-7)])
def rate_0_halves_a_weight_of_1e_7(arguments: Arguments, output: Any) -> bool:
    """At rate 0 a weight of 1e-7 becomes half of itself, but for 8 units of roundoff."""
    return bool(abs(output[0][0] / arguments["weights"][0][0] - 0.5) <= 8.0 * ROUNDOFF)


def columns_wrong_way_round(random: Random) -> Arguments:
    """Columns of any norm and of zeros, and a min_value above max_value."""
    high = float32(random.uniform(0.5, 2.0))
    low = float32(high + random.uniform(0.5, 2.0))
    return {"weights": with_zeros(random, (-8.0, 3.0)), "min_value": low, "max_value": high, "rate": 1.0}


@experiment(min_max_norm, columns_wrong_way_round, keep=("rate",))
def minimum_above_maximum_wins(arguments: Arguments, output: Any) -> list[bool] | None:
    """With a min_value above max_value each column of norm n is multiplied by min_value / (n + 1e-7)."""
    low = arguments["min_value"]
    return (
        None if low <= arguments["max_value"] else multiplied(arguments, output, lambda norms: low / (norms + EPSILON))
    )


@experiment(min_max_norm, columns_wrong_way_round, keep=("rate",))
def maximum_below_minimum_wins(arguments: Arguments, output: Any) -> list[bool] | None:
    """With a max_value below min_value each column of norm n is multiplied by max_value / (n + 1e-7)."""
    high = arguments["max_value"]
    return (
        None
        if high >= arguments["min_value"]
        else multiplied(arguments, output, lambda norms: high / (norms + EPSILON))
    )
