"""Evaluation models: what a correct formula gives when an intermediate leaves the format's range.

The acceptance intervals assume unlimited range. Where an exact intermediate does leave it (`leaves_range`), an
implementation may lawfully return zeros, infinities or NaN, depending on the format in which each step is taken, on
the order of the gain's operations and on whether subnormal numbers are flushed to zero. A `Model` fixes these
choices; `explains` says for which groups a result is what the model gives. A result that neither the interval nor any
model explains is wrong.

Range is decided from exact quantities under every rounding of the parameters (reference.intervals, 4), never from
widened ones: else every long reduction would be in doubt. The one margin is a factor of two at either end, because
gamma_n < 1 wherever the any-order tier is asked for (n u < 1/2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatArray, Format, parameter_roundings, round_to
from reference.norms import AnyNorms, gamma, root
from reference.wide import nearest

Mask = NDArray[np.bool_]

# wide enough to hold every intermediate of float16, bfloat16 and float32 data
_UNLIMITED = Format("unlimited", 0, 53, -1022, 1023)


@dataclass(frozen=True)
class Model:
    """The format of each step: of the squares and their sum, the norm, the gain's parts and the gain; flushing to zero.

    `form`: how weight w, numerator a and denominator b of the gain meet, a key of `FORMS`.
    """

    name: str
    sums: Format
    norm: Format
    parts: Format
    gain: Format
    flushes: bool
    form: str = "w (a / b)"


# what is said of a form after the name of a model
FORMS = {
    "w (a / b)": "",
    "w (a (1 / b))": ", the reciprocal first",
    "(w a) / b": ", the product first",
    "(w / b) a": ", the weight divided first",
}
# numbers in one array: a processor's cache then holds all that is needed at once
_BLOCK = 4096
# in which the weight meets one part of the gain before the other
_WEIGHT_FIRST = ("(w a) / b", "(w / b) a")


def models(fmt: Format) -> tuple[Model, ...]:
    """The models of `fmt`, the plainest first."""
    wider = FLOAT32 if fmt in (FLOAT16, BFLOAT16) else _UNLIMITED
    steps = [("every operation in {}", fmt, fmt, fmt, fmt)]
    if wider is not _UNLIMITED or fmt is FLOAT64:
        # of a single weight the magnitude, of more the largest weight taken out: no square overflows
        steps.append(("a norm without overflow, then {}", _UNLIMITED, fmt, fmt, fmt))
    if fmt is not FLOAT64:
        steps += [
            ("sums in {wider}, rounded to {}", wider, fmt, fmt, fmt),
            ("gain in {wider}", fmt, fmt, wider, wider),
            ("sums and gain in {wider}", wider, fmt, wider, wider),
            ("{wider} throughout", wider, wider, wider, wider),
            # as torch.renorm does, which keeps its factors in an array of the weights' format
            ("{wider}, the gain rounded to {}", wider, wider, wider, fmt),
        ]
    return tuple(
        Model(name.format(fmt.name, wider=wider.name) + order + flushing, sums, norm, parts, gain, flushes, form)
        for form, order in FORMS.items()
        for flushes, flushing in ((False, ""), (True, ", subnormals flushed to zero"))
        for name, sums, norm, parts, gain in steps
    )


def leaves_range(contract: GainContract, parameters: Mapping[str, float], norms: AnyNorms) -> Mask:
    """The groups of which an exact intermediate overflows, underflows or is flushed in the format; shape (groups,).

    In whichever arrangement of the gain; and near a bound at which its parts jump, where roundings decide on which side
    of it the norm comes out, on either side.
    """
    found = np.zeros(len(norms.rows), dtype=bool)
    for arranged in contract.arrangements:
        found |= _leaves_range(arranged, parameters, norms)
    return found


def _leaves_range(contract: GainContract, parameters: Mapping[str, float], norms: AnyNorms) -> Mask:
    fmt = norms.fmt
    low, high = 2.0 * fmt.smallest_normal, fmt.largest / 2.0
    values, smallest = norms.values[:, None], norms.smallest[:, None]
    found = sums_leave_range(norms) | (norms.smallest < fmt.smallest_normal)
    with np.errstate(all="ignore"):
        # what is multiplied by a weight, and rounded, is the most for the largest one and the least for the smallest
        largest = np.ldexp(norms.largest, norms.exponent)[:, None]
        p = {name: np.asarray(value) for name, value in parameters.items()}
        gain = contract.gain(values, p)
        for rounded in _rounded_parameters(contract, parameters, fmt):
            for point in (values, *_beyond_jumps(contract, rounded, norms)):
                top, bottom = contract.numerator(point, rounded), contract.denominator(point, rounded)
                for part in (point, top, bottom, 1.0 / bottom, top / bottom):
                    found |= np.any((part != 0) & ~((low <= part) & (part <= high)), axis=-1)
                found |= ((largest / bottom > high) | (smallest / bottom < low))[:, 0]
                # a product may be zero here by its own underflow
                found |= ((largest * top > high) | ((top > 0) & (smallest * top < low)))[:, 0]
                found |= _are_lost(norms, top / bottom, low)
        for name, value in parameters.items():
            held = abs(float(round_to(np.asarray(value), fmt)))
            # a parameter that the format does not hold counts where the gain would be another without it
            if value != 0.0 and not fmt.smallest_normal <= held <= high:
                lost = contract.gain(values, p | {name: np.asarray(0.0 if held < high else np.inf)})
                found |= ~(np.abs(lost - gain) <= fmt.unit_roundoff / 4.0 * np.abs(gain))[:, 0]
    return found


def _beyond_jumps(contract: GainContract, rounded: Mapping[str, FloatArray], norms: AnyNorms) -> Iterator[FloatArray]:
    """The norms, in (groups, 1), with those that may come out above a bound where the numerator jumps moved there.

    By the roundings of any order, or of pairwise summation where those of any order have no bound.
    """
    u = norms.fmt.unit_roundoff
    growth, _ = norms.growth("pairwise" if norms.length * u >= 0.5 else "any order")
    values = norms.values[:, None]
    for above in _above_jumps(contract, rounded):
        reached = (values < above) & (values * (1.0 + growth + 4.0 * u) >= above)
        if reached.any():
            yield np.where(reached, above, values)


def _above_jumps(contract: GainContract, p: Mapping[str, FloatArray]) -> list[FloatArray]:
    """The least norms on the far side of the bounds at which the numerator jumps."""
    found = []
    for name in contract.breakpoints:
        sides = [np.nextafter(p[name], -np.inf), p[name], np.nextafter(p[name], np.inf)]
        tops = [float(contract.numerator(side, p)) for side in sides]
        jumps = [abs(top - before) > 2.0**-40 * abs(before) + 1e-300 for before, top in pairwise(tops)]
        found += [side for side, jump in zip(sides[1:], jumps, strict=True) if jump]
    return found


def _are_lost(norms: AnyNorms, gain: FloatArray, low: float) -> Mask:
    """The groups of which some result other than zero is below `low`; gain: (groups, 1)."""
    first = norms.smallest[:, None] * gain
    found = ((first > 0) & (first < low))[:, 0]
    # where the smallest result is zero by its own underflow another one decides
    unknown = ((first == 0) & (gain > 0))[:, 0]
    if unknown.any():
        results = np.abs(norms.rows[unknown]) * gain[unknown]
        found[unknown] = np.any((results > 0) & (results < low), axis=1)
    return found


def sums_leave_range(norms: AnyNorms) -> Mask:
    """The groups whose sum overflows, or loses more than u of itself if its subnormal squares are lost."""
    fmt = norms.fmt
    lost = norms.subnormal_squares > fmt.unit_roundoff * nearest(norms.sums)
    found: Mask = lost | (norms.totals > fmt.largest / 2.0)
    return found


def explanations(
    contract: GainContract,
    parameters: Mapping[str, float],
    norms: AnyNorms,
    results: FloatArray,
    tiers: Sequence[str],
    worst: NDArray[np.int64],
) -> Iterator[tuple[Mask, Model, str]]:
    """The groups that a model explains, with the first that does: tier by tier, and in each the plainest model first.

    worst: of each group the place of the result that is furthest off, which hardly any model explains where the whole
    group is wrong.
    """
    left = np.arange(len(results))
    alone = left, worst
    shown, seen = norms.rows[alone][:, None], results[alone][:, None]
    ends: dict[tuple[object, ...], tuple[FloatArray, FloatArray]] = {}
    for tier, (arranged, model) in product(tiers, _arranged_models(contract, norms.fmt)):
        steps = tier, model.sums, model.norm, model.flushes
        if steps not in ends:  # models that differ in later steps only have the same norms
            with np.errstate(all="ignore"):
                ends[steps] = _norm(model, norms, tier)
        found = left
        for rows, answers in ((shown, seen), (norms.rows, results)):
            low, high = ends[steps]
            given = _gives(
                model, arranged, parameters, norms.fmt, (low[found], high[found]), rows[found], answers[found]
            )
            found = found[given]
            if not found.size:
                break
        if found.size:
            explained = np.zeros(len(results), dtype=bool)
            explained[found] = True
            yield explained, model, tier
            left = np.setdiff1d(left, found, assume_unique=True)
            if not left.size:
                return


def _arranged_models(contract: GainContract, fmt: Format) -> Iterator[tuple[GainContract, Model]]:
    """The models of a contract as it is written, then those of its other arrangements."""
    for number, arranged in enumerate(contract.arrangements):
        for model in models(fmt):
            name = f"{model.name}, the bound in both parts of the gain" if number else model.name
            yield arranged, replace(model, name=name)


def explains(
    model: Model,
    contract: GainContract,
    parameters: Mapping[str, float],
    norms: AnyNorms,
    results: FloatArray,
    tier: str = "any order",
) -> Mask:
    """The groups whose every result, in (groups, n), is what the model gives if squares are added as `tier` says."""
    with np.errstate(all="ignore"):
        ends = _norm(model, norms, tier)
    return _gives(model, contract, parameters, norms.fmt, ends, norms.rows, results)


def _gives(
    model: Model,
    contract: GainContract,
    parameters: Mapping[str, float],
    fmt: Format,
    ends: tuple[FloatArray, FloatArray],
    rows: FloatArray,
    results: FloatArray,
) -> Mask:
    """The groups of whose weights in (groups, m), any of those of each group, the model gives the results.

    ends: the interval of the norm of each whole group.
    """
    with np.errstate(all="ignore"):
        weights = np.abs(rows)
        kept = np.where(weights < fmt.smallest_normal, 0.0, weights) if model.flushes else weights
        weight_first = model.form in _WEIGHT_FIRST
        one = np.ones((1, 1))
        factors = (kept, weights) if weight_first else (one, one)
        gain_low, gain_high, may_be_nan, may_be_lost = _gain(model, contract, parameters, fmt, ends, *factors)
        must_be_nan = gain_high < gain_low
        if weight_first:
            low, high = _store(gain_low, gain_high, fmt, model.flushes)
        else:
            low, high = _store(kept * gain_low, weights * gain_high, fmt, model.flushes)
            may_be_nan = may_be_nan | ((kept == 0.0) & np.isinf(gain_high))
            must_be_nan = must_be_nan | ((weights == 0.0) & np.isinf(gain_low))
        low, high = np.where(kept == 0.0, 0.0, low), np.where(weights == 0.0, 0.0, high)  # not 0 * inf
        magnitude = np.where(np.signbit(rows) == np.signbit(results), np.abs(results), -np.abs(results))
        magnitude = np.where(results == 0.0, 0.0, magnitude)
        inside = ((low <= magnitude) & ~(magnitude > high) & ~must_be_nan) | (may_be_lost & (magnitude == 0.0))
        explained: Mask = np.all(np.where(np.isnan(results), may_be_nan, inside), axis=1)
    return explained


def follows_formula(
    contract: GainContract, parameters: Mapping[str, float], rows: FloatArray, results: FloatArray
) -> Mask:
    """The groups of zeros, or holding a NaN or an infinity, that become what the formula is in IEEE 754 arithmetic."""
    with np.errstate(all="ignore"):
        held = np.where(np.isinf(rows).any(axis=1), np.inf, 0.0)
        norm = np.where(np.isnan(rows).any(axis=1), np.nan, held)
        p = {name: np.asarray(value) for name, value in parameters.items()}
        expected = rows * contract.gain(norm, p)[:, None]
    same: Mask = np.all((expected == results) | (np.isnan(expected) & np.isnan(results)), axis=1)
    return same


def _rounded_parameters(
    contract: GainContract, parameters: Mapping[str, float], fmt: Format
) -> list[dict[str, FloatArray]]:
    """The parameters rounded alike, or only those that meet a norm first; each set of numbers once."""
    sets = dict.fromkeys(zip(*(parameter_roundings(value, fmt) for value in parameters.values()), strict=True))
    scaling = {p.name for p in contract.parameters if p.scales}
    mixed = tuple(parameter_roundings(value, fmt)[name in scaling] for name, value in parameters.items())
    return [dict(zip(parameters, map(np.asarray, numbers), strict=True)) for numbers in {**sets, mixed: None}]


def _norm(model: Model, norms: AnyNorms, tier: str) -> tuple[FloatArray, FloatArray]:
    """The interval of each computed norm; infinity stands for overflow."""
    n, fmt, sums = norms.length, norms.fmt, model.sums
    u = fmt.unit_roundoff
    growth, shrink = norms.growth(tier)
    if sums is _UNLIMITED and fmt is FLOAT64:  # whose squares leave the range of the arithmetic here, too
        low, high = norms.values * (1.0 - growth - 2.0 * u), norms.values * (1.0 + growth + 2.0 * u)
        return _store(*_overflow(low, high, model.norm), model.norm, model.flushes)
    survivors, terms = norms.totals, norms.terms
    if model.flushes:
        safe = (np.abs(norms.rows) >= fmt.smallest_normal) & (terms * (1.0 - 2 * u) >= sums.smallest_normal)
        together = np.max if norms.name == "linf" else np.sum
        survivors = together(np.where(safe, terms, 0.0), axis=1, initial=0.0)
    low = survivors * max(0.0, 1.0 - shrink - 2.0**-40)
    if np.isinf(shrink):
        low = np.max(np.where(terms <= survivors[:, None], terms, 0.0), axis=1, initial=0.0) * (1 - 2 * u)
    lost = n * sums.smallest_subnormal if norms.name == "l2" else 0.0
    high = norms.totals * (1.0 + growth + 2.0**-40)
    low, high = _overflow(np.where(low > lost, low - lost, 0.0), high + lost * (high > 0), sums)
    name, of_root = norms.name, norms.of_root
    return _store(root(low, name) * (1.0 - of_root), root(high, name) * (1.0 + of_root), model.norm, model.flushes)


def _gain(
    model: Model,
    contract: GainContract,
    parameters: Mapping[str, float],
    fmt: Format,
    norms: tuple[FloatArray, FloatArray],
    factor_low: FloatArray,
    factor_high: FloatArray,
) -> tuple[FloatArray, FloatArray, Mask, Mask]:
    """The interval of each gain times a factor of its numerator (low > high if only NaN); whether it may be NaN; lost.

    lost: the product with the factor may be flushed to zero, which the interval leaves out.
    """
    low, high = (norm[:, None] for norm in norms)
    slack = gamma(contract.roundings + 2, fmt.unit_roundoff)
    tops, bottoms, steady = _extremes(model, contract, _rounded_parameters(contract, parameters, fmt), low, high)
    shape = (len(low), factor_low.shape[1])
    lows, highs, invalid, lost = [], [], np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    together = max(1, _BLOCK // max(1, shape[0] * shape[1]))
    for some in (slice(first, first + together) for first in range(0, len(tops), together)):
        top_low, top_high = _store(tops[some], tops[some], model.parts, model.flushes)
        bottom_low, bottom_high = _store(bottoms[some], bottoms[some], model.parts, model.flushes)
        if model.form == "(w a) / b":
            product = factor_low * top_low, factor_high * top_high
            loose, sharp = _store(*product, model.parts, model.flushes), _product(*product, model.parts, slack)
            top_low, top_high = (np.where(steady[some], near, far) for near, far in zip(sharp, loose, strict=True))
            zero = model.flushes & steady[some] & (top_low < model.parts.smallest_normal)
            lost |= zero.any(axis=0)
            invalid |= (zero & (bottom_low == 0.0)).any(axis=0)
        if model.form == "w (a (1 / b))":
            inverse = _store(1.0 / bottom_high, 1.0 / bottom_low, model.parts, model.flushes)
            low, high = top_low * inverse[0] * (1.0 - slack), top_high * inverse[1] * (1.0 + slack)
        elif model.form == "(w / b) a":
            part = _store(factor_low / bottom_high, factor_high / bottom_low, model.parts, model.flushes)
            low, high = part[0] * top_low * (1.0 - slack), part[1] * top_high * (1.0 + slack)
        else:
            low, high = top_low / bottom_high * (1.0 - slack), top_high / bottom_low * (1.0 + slack)
        invalid |= (np.isnan(low) | np.isnan(high)).any(axis=0)
        # where one end is NaN, what is left is the other: a product that may overflow, over an infinite norm
        low, high = np.where(np.isnan(low), high, low), np.where(np.isnan(high), low, high)
        low, high = _store(low, high, model.gain, model.flushes)
        lows.append(np.fmin.reduce(low))
        highs.append(np.fmax.reduce(high))
    low, high = np.fmin.reduce(lows), np.fmax.reduce(highs)
    return np.where(np.isnan(low), np.inf, low), np.where(np.isnan(high), -np.inf, high), invalid, lost


def _extremes(
    model: Model,
    contract: GainContract,
    sets: Sequence[Mapping[str, FloatArray]],
    low: FloatArray,
    high: FloatArray,
) -> tuple[FloatArray, FloatArray, Mask]:
    """Numerators and denominators wherever the gain may be extreme for norms in [low, high]; in (points, groups, 1).

    And whether the numerator is the same at both ends, because it is monotone in the norm: then its product is that of
    one number. Where 0 * infinity makes a numerator NaN it is there without the term whose factor is 0, too.
    """
    tops, bottoms, steady = [], [], []
    for p in sets:
        if model.flushes:
            p = {name: np.where(np.abs(value) < model.parts.smallest_normal, 0.0, value) for name, value in p.items()}
        bounds = *(p[name] for name in contract.breakpoints), *_above_jumps(contract, p)
        norms = np.array([low, high, *(np.clip(bound, low, high) for bound in bounds)])
        top = np.broadcast_to(contract.numerator(norms, p), norms.shape)
        lost = np.isnan(top) & ~np.isnan(norms)
        without = [np.where(lost, contract.numerator(np.minimum(norms, FLOAT64.largest), p), top)] if lost.any() else []
        for each in (top, *without):
            tops.append(each)
            bottoms.append(np.broadcast_to(contract.denominator(norms, p), norms.shape))
            steady.append(np.broadcast_to(top[0] == top[1], norms.shape))
    return np.concatenate(tops), np.concatenate(bottoms), np.concatenate(steady)


def _product(low: FloatArray, high: FloatArray, fmt: Format, slack: float) -> tuple[FloatArray, FloatArray]:
    """The interval of one product in [low, high] of factors rounded within `slack`: sharp where it is subnormal."""
    if fmt is _UNLIMITED:
        return low, high
    stored_low, stored_high = _store(low, high, fmt, False)
    nearest_low, nearest_high = round_to(low * (1.0 - slack), fmt), round_to(high * (1.0 + slack), fmt)
    return np.maximum(stored_low, nearest_low), np.minimum(stored_high, nearest_high)


def _store(low: FloatArray, high: FloatArray, fmt: Format, flushes: bool) -> tuple[FloatArray, FloatArray]:
    """The interval of [low, high] >= 0 once stored in the format: underflow to either side, overflow to infinity."""
    eta = fmt.smallest_subnormal  # half of it for each of at most two underflowing operations
    down = np.where(low < fmt.smallest_normal, 0.0 if flushes else np.maximum(low - eta, 0.0), low)
    up = np.where((high < fmt.smallest_normal) & (high > 0), high + eta, high)
    return _overflow(down, up, fmt)


def _overflow(low: FloatArray, high: FloatArray, fmt: Format) -> tuple[FloatArray, FloatArray]:
    """The interval with everything that must, or may, round to infinity replaced by it."""
    finite = np.minimum(low, fmt.largest)
    return np.where(low >= fmt.overflow_threshold, np.inf, finite), np.where(high > fmt.largest, np.inf, high)
