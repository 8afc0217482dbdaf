"""The rate of Keras's MinMaxNorm: what one call makes of a norm, and many of them."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Curves, experiment
from conformance.claims.experiments.keras_calls import drawn_columns, float32, min_max_norm, norms_of, roundings
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras


def any_rate(random: Random) -> Arguments:
    """Columns of norms from nearly zero to far outside, an interval and a rate."""
    low = float32(random.uniform(0.5, 1.0))
    weights = drawn_columns(random, random.choice(((-8.0, -6.0), (-1.0, 1.0), (0.0, 2.0))))
    return {"weights": weights, "min_value": low, "max_value": float32(low + 1.0), "rate": float32(random.random())}


@experiment(min_max_norm, any_rate)
def min_max_norm_yields_the_printed_formula(arguments: Arguments, output: Any) -> list[bool] | None:
    """The norm becomes (1 - rate) * norm + rate * norm.clip(min_value, max_value), but for roundings."""
    low, high, rate = arguments["min_value"], arguments["max_value"], arguments["rate"]
    if low > high or not 0.0 <= rate <= 1.0:
        return None
    before, after = norms_of(arguments["weights"]), norms_of(output)
    wanted = (1.0 - rate) * before + rate * np.clip(before, low, high)
    return list(np.abs(after - wanted) <= roundings(arguments["weights"]) * wanted)


@experiment(min_max_norm, lambda random: {**any_rate(random), "rate": 0.0}, keep=("rate",))
def rate_0_keeps_the_norm(arguments: Arguments, output: Any) -> list[bool]:
    """With rate 0 the norm of each column stays what it is, but for roundings."""
    before = norms_of(arguments["weights"])
    return list(np.abs(norms_of(output) - before) <= roundings(arguments["weights"]) * before)


def min_max_norms(norm: float, min_value: float, max_value: float, rate: float, steps: int) -> list[float]:
    """The norm of one weight after each of several calls of MinMaxNorm."""
    constraint = keras.constraints.MinMaxNorm(min_value, max_value, rate=rate)
    weight, norms = np.array([norm], "float32"), []
    for _ in range(steps):
        weight = np.asarray(constraint(weight))
        norms.append(float(abs(weight[0])))
    return norms


def outside_the_interval(random: Random) -> Arguments:
    """A norm below or above an interval, and a rate."""
    norm = float32(random.choice((random.uniform(0.001, 0.5), random.uniform(4.0, 20.0))))
    return {"norm": norm, "min_value": 1.0, "max_value": 3.0, "rate": float32(random.uniform(0.05, 0.5)), "steps": 60}


@experiment(min_max_norms, outside_the_interval)
def rate_moves_norms_nearer(arguments: Arguments, output: Any) -> list[bool] | None:
    """Each call moves a norm that is a thousandth outside the interval, or more, nearer to it."""
    low, high = arguments["min_value"], arguments["max_value"]
    if low > high or not arguments["norm"] or not 0.0 < arguments["rate"] < 1.0:
        return None
    outside = [max(low - norm, norm - high) for norm in (arguments["norm"], *output)]
    return [after < before for before, after in pairwise(outside) if before > 1e-3 * high] or None


@experiment(min_max_norms, outside_the_interval)
def each_call_closes_the_share_rate(arguments: Arguments, output: Any) -> list[bool] | None:
    """Each call multiplies the distance of a norm n to the bound that it is beyond by 1 - rate, and then what is the
    norm by n / (n + 1e-7), but for roundings.
    """
    low, high, rate = arguments["min_value"], arguments["max_value"], arguments["rate"]
    if low > high or not 0.0 <= rate <= 1.0 or not arguments["norm"]:
        return None
    steps = pairwise((arguments["norm"], *output))
    wanted = [(before, _mixed(before, low, high, rate), after) for before, after in steps]
    return [abs(after - norm) <= 12.0 * ROUNDOFF * norm for before, norm, after in wanted if not low <= before <= high]


def _mixed(norm: float, low: float, high: float, rate: float) -> float:
    bound = float(np.clip(norm, low, high))
    return (bound + (1.0 - rate) * (norm - bound)) * norm / (norm + 1e-7)


def above_the_interval(random: Random) -> Arguments:
    """A norm above an interval, and the rate 0.1."""
    return {"norm": float(random.randint(4, 20)), "min_value": 1.0, "max_value": 3.0, "rate": 0.1, "steps": 60}


@experiment(
    min_max_norms,
    above_the_interval,
    keep=("min_value", "max_value", "rate", "steps"),
    picture=Curves("Norm under MinMaxNorm(1, 3, rate=0.1)", "call", lambda output: {"norm": output}),
)
def slow_rate_ends_inside(arguments: Arguments, output: Any) -> bool:
    """After 60 calls with rate 0.1 a norm that was above max_value is at most max_value, but for roundings."""
    return bool(output[-1] <= arguments["max_value"] * (1.0 + 8.0 * ROUNDOFF))


def pushed_norms(max_value: float, push: float, rates: list[float], steps: int) -> dict[str, list[float]]:
    """The norm of one weight that is pushed outward ahead of each call, for several rates."""
    lines = {}
    for rate in rates:
        constraint = keras.constraints.MinMaxNorm(0.0, max_value, rate=rate)
        weight, norms = np.array([max_value], "float32"), []
        for _ in range(steps):
            weight = np.asarray(constraint(weight + np.float32(push)))
            norms.append(float(abs(weight[0])))
        lines[f"rate {rate:g}"] = norms
    return lines


def pushes(random: Random) -> Arguments:
    """A bound, a push, and the rate 1 between slower ones."""
    push = random.choice((0.25, 0.5, 1.0))
    return {"max_value": float(random.randint(2, 6)), "push": push, "rates": [1.0, 0.5, 0.1], "steps": 100}


@experiment(
    pushed_norms, pushes, trials=4, picture=Curves("Norm pushed outward before each call of MinMaxNorm", "call", dict)
)
def norms_pushed_outward_stay_inside(arguments: Arguments, output: Any) -> list[bool] | None:
    """A weight that is pushed outward before each call has at most the norm max_value after it, but for roundings."""
    if not all(0.0 < rate <= 1.0 for rate in arguments["rates"]) or arguments["max_value"] <= 0.0:
        return None
    return [line[-1] <= arguments["max_value"] * (1.0 + 8.0 * ROUNDOFF) for line in output.values()]


def pushes_at_any_rate(random: Random) -> Arguments:
    """A bound, a push, and rates from 0.1 to 1."""
    rates = [float32(random.uniform(0.1, 1.0)) for _ in range(3)]
    push = random.choice((0.0625, 0.25, 0.5, 1.0))
    return {"max_value": float(random.randint(1, 6)), "push": push, "rates": [1.0, *rates], "steps": 200}


@experiment(pushed_norms, pushes_at_any_rate, trials=4, keep=("steps",))
def norms_pushed_outward_settle_beyond_the_bound(arguments: Arguments, output: Any) -> list[bool] | None:
    """A norm to which p is added before each call settles p * (1 - rate) / rate above max_value, but for 1e-7 and
    roundings of each call.
    """
    high, push = arguments["max_value"], arguments["push"]
    if not all(0.1 <= rate <= 1.0 for rate in arguments["rates"]) or high < 1.0 or push <= 0.0:
        return None
    settled = []
    for rate, line in zip(arguments["rates"], output.values(), strict=True):
        beyond = push * (1.0 - rate) / rate
        # of each call's error the share 1 - rate is left by the next
        room = ((high + beyond + push) * 12.0 * ROUNDOFF + 1e-7) / rate
        settled.append(abs(line[-1] - high - beyond) <= room + (1.0 - rate) ** len(line) * beyond)
    return settled
