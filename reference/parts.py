"""The parts of the gains: numerators and denominators as functions of the norm, and their slopes."""

from __future__ import annotations

from collections.abc import Mapping

from reference.contract import Part
from reference.wide import Real, chosen, constant, maximum, minimum


def epsilon_plus_norm(norm: Real, p: Mapping[str, Real]) -> Real:
    return p["epsilon"] + norm


def norm_up_to_max(norm: Real, p: Mapping[str, Real]) -> Real:
    return minimum(maximum(norm, constant(0.0, norm)), p["max_value"])


def norm_moved_by_rate(norm: Real, p: Mapping[str, Real]) -> Real:
    clipped = minimum(maximum(norm, p["min_value"]), p["max_value"])
    return p["rate"] * clipped + (constant(1.0, norm) - p["rate"]) * norm


def zero(norm: Real, p: Mapping[str, Real]) -> Real:
    return constant(0.0, norm)


def above(bound: str) -> Part:
    """1 where N is greater than the bound, else 0."""

    def step(norm: Real, p: Mapping[str, Real]) -> Real:
        return chosen(p[bound] < norm, constant(1.0, norm), constant(0.0, norm))

    return step


def up_to_max(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(norm <= p["max_value"], constant(1.0, norm), constant(0.0, norm))


def share_of_norm_kept(norm: Real, p: Mapping[str, Real]) -> Real:
    one = constant(1.0, norm)
    between = (p["min_value"] <= norm) & (norm <= p["max_value"])
    return chosen(between, one, one - p["rate"])


def above_max_norm_less_epsilon(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(norm + p["epsilon"] <= p["max_norm"], constant(0.0, norm), constant(1.0, norm))


def norm(norm: Real, p: Mapping[str, Real]) -> Real:
    return norm


def one(norm: Real, p: Mapping[str, Real]) -> Real:
    return constant(1.0, norm)


def itself(bound: str) -> Part:
    """The bound, whatever the norm."""

    def part(norm: Real, p: Mapping[str, Real]) -> Real:
        return p[bound]

    return part


def at_least(bound: str) -> Part:
    """The larger of the norm and the bound."""

    def part(norm: Real, p: Mapping[str, Real]) -> Real:
        return maximum(norm, p[bound])

    return part


def norm_plus_epsilon_at_least(bound: str) -> Part:
    """The larger of the norm plus epsilon and the bound."""

    def part(norm: Real, p: Mapping[str, Real]) -> Real:
        return maximum(norm + p["epsilon"], p[bound])

    return part


# Inside the bound the quotients below are 1 / 1. The comparisons are written as they are in the sources, because the
# norm may be NaN: torch.renorm then leaves the weights alone, torch's clipping of gradients does not.


def bound_outside(bound: str) -> Part:
    def part(norm: Real, p: Mapping[str, Real]) -> Real:
        return chosen(p[bound] < norm, p[bound], constant(1.0, norm))

    return part


def norm_outside(bound: str) -> Part:
    def part(norm: Real, p: Mapping[str, Real]) -> Real:
        return chosen(p[bound] < norm, norm, constant(1.0, norm))

    return part


def norm_plus_epsilon_outside(bound: str) -> Part:
    def part(norm: Real, p: Mapping[str, Real]) -> Real:
        return chosen(p[bound] < norm, norm + p["epsilon"], constant(1.0, norm))

    return part


def max_norm_from_there(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(norm < p["max_norm"], constant(1.0, norm), p["max_norm"])


def norm_at_least_epsilon_from_max_norm(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(norm < p["max_norm"], constant(1.0, norm), maximum(norm, p["epsilon"]))


def from_max_norm_and_epsilon(norm: Real, p: Mapping[str, Real]) -> Real:
    one, zero = constant(1.0, norm), constant(0.0, norm)
    return chosen(norm < p["max_norm"], zero, chosen(norm <= p["epsilon"], zero, one))


def max_norm_outside(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(norm + p["epsilon"] <= p["max_norm"], constant(1.0, norm), p["max_norm"])


def norm_plus_epsilon_outside_max_norm(norm: Real, p: Mapping[str, Real]) -> Real:
    bottom = norm + p["epsilon"]
    return chosen(bottom <= p["max_norm"], constant(1.0, norm), bottom)
