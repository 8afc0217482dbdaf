"""What people bring beside functions of weights: layers, functions of a model, an optimizer or several weights at once.

Each is asked about weights as a function is; the ways to do so are its modes, written once, as text.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.user.keras_kinds import KERAS_MODEL, keras_layer
from adapters.user.torch_kinds import TORCH_HOOK, TORCH_LAYER, TORCH_MODEL
from adapters.user.tree_kinds import DICT, LIST, TREE, jitted, trees
from adapters.user.use import Use

LAYER, MODEL, HOOK = "layer", "model", "hook"
KINDS = (LAYER, MODEL, HOOK, DICT, LIST, TREE)
# what a function of a model may be called with beside it, and a hook is called with first of three
OPTIMIZER = ("optimizer", "optim", "opt")
# by the name of a function's first parameter
BY_FIRST_PARAMETER: Mapping[str, str] = {
    **dict.fromkeys(("model", "module", "net", "network"), MODEL),
    **dict.fromkeys(OPTIMIZER, HOOK),
    **dict.fromkeys(("params", "parameters"), DICT),
    **dict.fromkeys(("tree", "pytree"), TREE),
}

# by framework and kind
OF_KIND: Mapping[str, Mapping[str, Mapping[str, Use]]] = {
    "torch": {LAYER: TORCH_LAYER, MODEL: TORCH_MODEL, HOOK: TORCH_HOOK, **trees("torch.cat(parts)")},
    "jax": {kind: jitted(uses) for kind, uses in trees("jnp.concatenate(parts)").items()},
    "numpy": trees("np.concatenate(parts)"),
    "tensorflow": trees("tf.concat(parts, 0)"),
    "keras-tensorflow": {LAYER: keras_layer("tf"), MODEL: KERAS_MODEL},
    "keras-torch": {LAYER: keras_layer("torch"), MODEL: KERAS_MODEL},
    "keras-jax": {LAYER: keras_layer("jnp"), MODEL: KERAS_MODEL},
}
