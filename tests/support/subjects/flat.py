"""A subject that breaks a rule at once, and is quick to be reduced."""

from typing import Any

from normconf import subject


@subject("max_norm", framework="numpy", formats=["float32"], axes=[0], ranks=[2])
def flat(w: Any, max_value: float, axis: int, epsilon: float) -> Any:
    """The weights as a vector."""
    return w.ravel()
