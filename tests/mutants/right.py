"""What a right constraint gives, in whichever way it is asked."""

from __future__ import annotations

import numpy as np

from tests.mutants.arithmetic import ELEMENTWISE, Array, Call, elementwise, gain, norm
from tests.mutants.gradients import gradient


def scaled(w: Array, n: Array, call: Call, factor: Array | None = None) -> Array:
    """The weights, or their gradient, given the norms of their groups, and what to multiply the weights by if not
    by the contract's gain.
    """
    if call.access == "gradient":
        return gradient(w, n, call)
    if call.contract in ELEMENTWISE:
        result = elementwise(w, call)
    else:
        result = np.asarray(w * (gain(n, call) if factor is None else factor))
    if call.access == "even rows":
        looked_up = np.arange(n.size).reshape(n.shape) % 2 == 0
        return np.asarray(np.where(looked_up, result, w))
    return result


def right(w: Array, call: Call) -> Array:
    """The weights, or their gradient, as the contract has them."""
    return scaled(w, norm(w, call), call)
