"""What tells layers from functions of weights, by their classes alone: no framework is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# of layers of PyTorch and Keras that have one array of weights, its rank
RANK_OF_LAYER: Mapping[str, int] = {
    **{"Linear": 2, "Embedding": 2, "Conv1d": 3, "Conv2d": 4, "Conv3d": 5},
    **{"Dense": 2, "Conv1D": 3, "Conv2D": 4, "Conv3D": 5, "DepthwiseConv1D": 3, "DepthwiseConv2D": 4},
}
# where those of their own classes are whose instances have weights
_LAYERS = ("torch.nn.modules", "keras.src.layers")
# a layer that is derived from no other one, and the bases of such
PLAIN = "Module"
_PLAIN = (PLAIN, "Layer", "Sequential", "Identity")
# what a model is trained with
CALLBACK = "Callback"


def base_of(kind: type) -> str:
    """The layer that a class is derived from, PLAIN for one that is all its own, CALLBACK, or "" for anything else."""
    if any(each.__module__.startswith("keras.src.callbacks") for each in kind.__mro__):
        return CALLBACK
    bases = [each.__name__ for each in kind.__mro__ if each.__module__.startswith(_LAYERS)]
    layers = [name.removeprefix("Lazy") for name in bases if name.removeprefix("Lazy") in RANK_OF_LAYER]
    return next(iter([*layers, *(PLAIN if name in _PLAIN else name for name in bases)]), "")


def weights_of(value: Any) -> str:
    """The class and the name of the weights of a layer or model that is built; "" for what has none, as a function.

    A layer of Keras may have none yet, and is one all the same: then it is "weights".
    """
    try:
        if not base_of(type(value)):
            return ""
        if not hasattr(value, "named_parameters"):
            return "weights"
        # a number of its own, such as a scale, makes no layer of a function
        name = next((name for name, each in value.named_parameters() if len(each.shape) > 1), "")
        where, _, own = name.rpartition(".")
        return f"{type(value.get_submodule(where)).__name__}.{own}" if name else ""
    except Exception:  # noqa: BLE001 - somebody's own may raise anything, and is asked as what it is
        return ""
