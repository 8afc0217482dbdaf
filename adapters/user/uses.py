"""How people run a constraint of their own: under what their framework makes of a function, and on which objects.

Each way is written once, as text: the worker evaluates what a program shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters import torch
from adapters.core.declaration import Declaration
from adapters.user.kinds import OF_KIND
from adapters.user.use import Use

EAGER = {"eager": Use("called with a tensor")}
CHANGING = {"eager": Use("called with a tensor", in_place="(lambda w: (({f})(w), w)[1])")}

# XLA compiles each operation for each shape
OPERATIONS_COMPILE = {"eager": Use("called with a tensor", compiles=True)}

JAX = {
    **OPERATIONS_COMPILE,
    "jit": Use("under jax.jit", "jax.jit({f})", compiles=True),
    "vmap": Use("under jax.vmap, over a batch of one", "(lambda w: jax.vmap({f})(w[None])[0])", compiles=True),
    "grad": Use(
        "under jax.grad",
        "(lambda w: jax.grad(lambda v: ((y := ({f})(v)).sum(), y), has_aux=True)(w)[1])",
        compiles=True,
    ),
}

TENSORFLOW = {
    **EAGER,
    "function": Use("in a tf.function", "tf.function({f})", compiles=True),
    "jit_compile": Use("in a tf.function compiled by XLA", "tf.function({f}, jit_compile=True)", compiles=True),
    "variable": Use(
        "called with a tf.Variable",
        "(lambda w: tf.convert_to_tensor(({f})(tf.Variable(w))))",
        "(lambda w: (v := tf.Variable(w), ({f})(v), tf.convert_to_tensor(v))[2])",
    ),
}

TORCH = {
    **CHANGING,
    "parameter": Use(
        "called with a torch.nn.Parameter, which requires grad",
        "(lambda w: ({f})(torch.nn.Parameter(w)))",
        "(lambda w: (({f})(torch.nn.Parameter(w)), w)[1])",
        may_be_no_grad=True,
    ),
    "compile": Use(
        "under torch.compile",
        "torch.compile({f}, dynamic=False)",
        "(lambda w: (torch.compile({f}, dynamic=False)(w), w)[1])",
        why_not=torch.why_not_compile,
        compiles=True,
        requires=torch.COMPILER,
    ),
}

# one step of a model that has the weights and nothing else, at learning rate 0: what it changes, the constraint does
FIT = (
    "class Weights(keras.layers.Layer):",
    "    def __init__(self, w, constraint):",
    "        super().__init__(autocast=False)",
    "        dtype = keras.backend.standardize_dtype(w.dtype)",
    "        self.kernel = self.add_weight(shape=tuple(w.shape), dtype=dtype, constraint=constraint)",
    "        self.kernel.assign(keras.ops.copy(w))",  # which training gives away
    "    def call(self, x):",
    "        return x * keras.ops.cast(keras.ops.sum(self.kernel) * 0, x.dtype)",
    "def fitted(constraint):",
    "    def fit(w):",
    "        layer = Weights(w, constraint)",
    "        model = keras.Sequential([layer])",
    "        model.compile(keras.optimizers.SGD(0.0), lambda y, p: keras.ops.mean(p))",
    "        model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0)",
    "        return keras.ops.convert_to_tensor(layer.kernel.value)",
    "    return fit",
)

VARIABLE = {
    "variable": Use(
        "called with a keras.Variable, as Keras does",
        "(lambda w: keras.ops.convert_to_tensor(({f})(variable(w))))",
        "(lambda w: (v := variable(w), ({f})(v), keras.ops.convert_to_tensor(v))[2])",
        ("def variable(w):", "    return keras.Variable(w, dtype=keras.backend.standardize_dtype(w.dtype))"),
    ),
}

KERAS = {
    **EAGER,
    **VARIABLE,
    "fit": Use("as the constraint of a layer, in a step of model.fit", "fitted({f})", definitions=FIT, compiles=True),
}

# by what a mark calls the framework
USES: Mapping[str, Mapping[str, Use]] = {
    "numpy": CHANGING,
    "jax": JAX,
    "tensorflow": TENSORFLOW,
    "torch": TORCH,
    "keras-tensorflow": KERAS,
    "keras-torch": KERAS,
    "keras-jax": {**KERAS, **OPERATIONS_COMPILE},
    # it borrows operations from JAX, and does not train
    "keras-numpy": {**OPERATIONS_COMPILE, **VARIABLE},
}


def uses_of(framework: str, in_place: bool, kind: str = "") -> Mapping[str, Use]:
    """The ways to run a constraint for a framework, the plainest first; empty where there is no such kind for it."""
    if kind:
        return OF_KIND.get(framework, {}).get(kind, {})
    return {name: use for name, use in USES[framework].items() if not in_place or use.in_place}


def uses_for(declared: Declaration) -> Mapping[str, Use]:
    """The same, by what is declared of the constraint."""
    return uses_of(declared.framework, declared.in_place, declared.kind)
