"""Variants of the contracts: what people write by mistake, each as a contract whose intervals are as sharp."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from reference import parts
from reference.contract import TINY, GainContract, Part
from reference.contracts import GAIN_CONTRACTS, MAX_NORM, MIN_MAX_NORM
from reference.formats import FLOAT32, FLOAT64, Format
from reference.wide import Real, constant, maximum, minimum, square_root

Parameters = Mapping[str, float]
UNCHANGED = "that leaves all weights as they are"
EPSILONS = (TINY, 1e-12, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-3)


def _same(fmt: Format) -> Format:
    return fmt


@dataclass(frozen=True)
class Variant:
    """A contract in place of the promised one, its parameters made of those given; `words` say what is different.

    `of_zeros`: it has to explain what becomes of groups of zeros, too.
    """

    words: str
    contract: GainContract
    parameters: Callable[[Parameters], Parameters]
    computed_in: Callable[[Format], Format] = _same
    of_zeros: bool = False


def _whole(contract: GainContract, parameters: Callable[[Parameters], Parameters]) -> Variant:
    """A contract that people may have meant, and no mistake."""
    return Variant("", contract, parameters, of_zeros=contract.zero_is_specified)


def variants(contract: GainContract) -> list[Variant]:
    """The contract itself, the others, then its variants, the plainest first."""
    return [_whole(contract, dict), *_others(contract), *_variants(contract)]


def _variants(contract: GainContract) -> Iterator[Variant]:
    names = [p.name for p in contract.parameters]
    if "epsilon" in names:
        yield from _epsilons(contract)
    if contract.bounds:
        yield from _bounds(contract)
    if contract is MIN_MAX_NORM:
        yield from _rates(contract)
    yield Variant("computed in float32", contract, dict, lambda fmt: FLOAT32 if fmt is FLOAT64 else fmt)
    unchanged = replace(contract, numerator=parts.norm, denominator=parts.norm)
    yield Variant(UNCHANGED, unchanged, dict)


def _changed(contract: GainContract, numerator: Part | None = None, denominator: Part | None = None) -> GainContract:
    """The contract with another gain, and some roundings more."""
    return replace(
        contract,
        numerator=numerator or contract.numerator,
        denominator=denominator or contract.denominator,
        roundings=contract.roundings + 3,
    )


def _always(value: float, given: float) -> float:
    return value


def _with(name: str, change: Callable[[float], float]) -> Callable[[Parameters], Parameters]:
    return lambda p: {**p, name: change(p[name])}


def _epsilons(contract: GainContract) -> Iterator[Variant]:
    """Another epsilon, and the same one in another place."""
    free = replace(
        contract,
        parameters=tuple(
            replace(p, lowest=TINY, highest=1.0) if p.name == "epsilon" else p for p in contract.parameters
        ),
    )
    for value in EPSILONS:
        said = "without epsilon" if value == TINY else f"with epsilon {value:g}"
        yield Variant(said, free, _with("epsilon", partial(_always, value)))

    def under_the_root(norm: Real, p: Mapping[str, Real]) -> Real:
        return square_root(norm * norm + p["epsilon"] * p["epsilon"])

    def numerator_of_root(norm: Real, p: Mapping[str, Real]) -> Real:
        return contract.numerator(under_the_root(norm, p), p)

    def floor(norm: Real, p: Mapping[str, Real]) -> Real:
        return maximum(norm, p["epsilon"])

    # an epsilon under the root has the unit of a square
    root = _with("epsilon", math.sqrt)
    inside = "with epsilon inside the square root"
    if contract.name in ("max_norm", "min_max_norm", "unit_norm"):
        yield Variant(inside, _changed(contract, numerator_of_root, under_the_root), root)
        yield Variant(f"{inside} of the denominator", _changed(contract, None, under_the_root), root)
        yield Variant("with epsilon as a floor, max(N, epsilon)", _changed(contract, None, floor), dict)
        added_twice = _with("epsilon", lambda epsilon: 2.0 * epsilon)
        yield Variant("with epsilon added twice", contract, added_twice)


def _bounds(contract: GainContract) -> Iterator[Variant]:
    """The bound read otherwise."""
    for name in contract.bounds:
        yield Variant(f"with {name} squared", contract, _with(name, lambda bound: bound * bound))
        yield Variant(f"with the square root of {name}", contract, _with(name, lambda bound: math.sqrt(abs(bound))))
    if len(contract.bounds) == 2:
        low, high = contract.bounds
        yield Variant(f"that ignores {low}", contract, _with(low, lambda bound: 0.0))
        yield Variant(f"that ignores {high}", contract, _with(high, lambda bound: 2.0**300))
        yield Variant(f"with {low} and {high} exchanged", _clipped_in_the_other_order(contract), dict)
    elif contract is MAX_NORM:
        outside = _changed(contract, parts.bound_outside("max_value"), parts.norm_plus_epsilon_outside("max_value"))
        yield Variant("with a threshold: weights inside the bound are left as they are", outside, dict)
        # as an answer on the PyTorch forum has it, from where it was copied
        # (https://discuss.pytorch.org/t/how-to-correctly-implement-in-place-max-norm-constraint/96769)
        from_half = _changed(contract, _at_least_half(contract.numerator), _at_least_half(contract.denominator))
        yield Variant("with the norm taken for max_value / 2 where it is less", from_half, dict)


def _at_least_half(part: Part) -> Part:
    def at_least_half(norm: Real, p: Mapping[str, Real]) -> Real:
        return part(maximum(norm, p["max_value"] / constant(2.0, norm)), p)

    return at_least_half


def _clipped_in_the_other_order(contract: GainContract) -> GainContract:
    low, high = contract.bounds

    def numerator(norm: Real, p: Mapping[str, Real]) -> Real:
        return contract.numerator(norm, {**p, low: p[high], high: p[low]})

    return _changed(contract, numerator)


def _rates(contract: GainContract) -> Iterator[Variant]:
    """The rate ignored, exchanged, squared, or applied to the weights."""

    def on_the_weights(norm: Real, p: Mapping[str, Real]) -> Real:
        clipped = minimum(maximum(norm, p["min_value"]), p["max_value"])
        return p["rate"] * clipped + (constant(1.0, norm) - p["rate"]) * (p["epsilon"] + norm)

    yield Variant("that ignores rate", contract, _with("rate", lambda rate: 1.0))
    yield Variant("with 1 - rate for rate", contract, _with("rate", lambda rate: 1.0 - rate))
    yield Variant("with rate squared", contract, _with("rate", lambda rate: rate * rate))
    yield Variant(
        "with the rate on the weights: rate * clipped + (1 - rate) * w", _changed(contract, on_the_weights), dict
    )


def size_of(contract: GainContract) -> str | None:
    """The parameter that says how large norms become, from above where there are two; None where there is none."""
    growing = [p.name for p in contract.parameters if p.scales and p.monotonicity > 0]
    return growing[-1] if growing else None


def _with_epsilon(read: Callable[[Parameters], Parameters], epsilon: float, p: Parameters) -> Parameters:
    return {**read(p), "epsilon": epsilon}


def _others(contract: GainContract) -> Iterator[Variant]:
    """The other contracts, those over the same dimensions first, their bound that of this one."""
    size = size_of(contract)
    for other in sorted(GAIN_CONTRACTS.values(), key=lambda other: other.dimension != contract.dimension):
        its = size_of(other)
        if other is contract or (its is not None and size is None):
            continue

        def read(p: Parameters, other: GainContract = other, its: str | None = its) -> Parameters:
            shared = {name: p[name] for name in other.defaults if name in p}
            fixed = {q.name: q.default for q in other.parameters if q.lowest == q.highest}
            bound = {its: p[size]} if its is not None and size is not None else {}
            low = {other.bounds[0]: 0.0} if len(other.bounds) == 2 else {}
            return {**other.defaults, **shared, **low, **bound, **fixed}

        yield _whole(other, read)
        own = other.defaults.get("epsilon")
        if own not in (None, contract.defaults.get("epsilon")):
            yield _whole(other, partial(_with_epsilon, read, own))
