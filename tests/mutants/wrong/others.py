"""Faults in what is no contract of Keras: floors, spheres and thresholds, and norms other than L2."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.mutants.arithmetic import OTHER_NORMS, Array, Call, gain, l2, norm, total
from tests.mutants.mutant import OF_OTHER_NORMS, killed_by, values_of
from tests.mutants.right import right, scaled

NORMALIZE = ("normalize", "normalize_l1", "normalize_linf")


@killed_by(*values_of(*NORMALIZE))
def floor_is_added(w: Array, call: Call) -> Any:
    """The floor of normalize is added to the norm."""
    n = norm(w, call)
    return scaled(w, n, call, 1 / (n + call.value("epsilon", n)) if call.formula == "normalize" else None)


@killed_by(*values_of(*NORMALIZE))
def floor_is_missing(w: Array, call: Call) -> Any:
    """normalize divides by the norm, whatever it is."""
    n = norm(w, call)
    return scaled(w, n, call, 1 / n if call.formula == "normalize" else None)


@killed_by("unitwise_clip_value")
def floor_of_clipping_is_missing(w: Array, call: Call) -> Any:
    """unitwise_clip divides by the norm, whatever it is."""
    n = norm(w, call)
    if call.contract != "unitwise_clip":
        return scaled(w, n, call)
    return scaled(w, n, call, np.where(n < call.upper(n), n.dtype.type(1), call.upper(n) / n))


@killed_by("l2_sphere_value")
def sphere_is_a_ball(w: Array, call: Call) -> Any:
    """l2_sphere leaves what is inside as it is."""
    n = norm(w, call)
    if call.contract != "l2_sphere":
        return scaled(w, n, call)
    return scaled(w, n, call, np.minimum(gain(n, call), n.dtype.type(1)))


@killed_by("l2_sphere_value")
def sphere_with_an_epsilon(w: Array, call: Call) -> Any:
    """l2_sphere divides by the norm and 1e-7."""
    n = norm(w, call)
    if call.contract != "l2_sphere":
        return scaled(w, n, call)
    return scaled(w, n, call, call.value("scale", n) / (n + n.dtype.type(1e-7)))


@killed_by("max_norm_projection_value")
def projection_with_an_epsilon(w: Array, call: Call) -> Any:
    """max_norm_projection is taken for Keras's max_norm."""
    n = norm(w, call)
    if call.contract != "max_norm_projection":
        return scaled(w, n, call)
    return scaled(w, n, call, np.minimum(n, call.upper(n)) / (n + n.dtype.type(1e-7)))


@killed_by(*OF_OTHER_NORMS)
def norm_is_always_l2(w: Array, call: Call) -> Any:
    """Whichever norm is asked for, it is L2."""
    return scaled(w, l2(w, call), call)


@killed_by(*OF_OTHER_NORMS)
def norm_with_signs(w: Array, call: Call) -> Any:
    """The weights are added up, or compared, with their signs."""
    if call.contract not in OTHER_NORMS:
        return right(w, call)
    dimensions = call.dimensions(w.ndim)
    of_l1 = call.contract.endswith("_l1")
    n = total(w, dimensions) if of_l1 else np.max(w, axis=dimensions, keepdims=True, initial=-np.inf)
    return scaled(w, np.abs(n), call)
