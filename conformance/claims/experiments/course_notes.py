"""What course notes say of max-norm constraints: norms strictly below c, and networks that cannot explode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment

if TYPE_CHECKING:
    import keras


def train(rate: float, target: float, use_bias: bool) -> list[list[list[float]]]:
    """The weights of a Dense layer with MaxNorm(3) on its kernel after 20 steps of SGD at a learning rate."""
    layer = keras.layers.Dense(2, use_bias=use_bias, kernel_constraint=keras.constraints.MaxNorm(3.0))
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse", run_eagerly=True)
    x, y = np.array([[1.0, 2.0], [3.0, -1.0]], "float32"), np.full((2, 2), target, "float32")
    layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()])
    for _ in range(20):
        model.train_on_batch(x, y)
    return [np.atleast_2d(weight).tolist() for weight in layer.get_weights()]


def _sweep(use_bias: bool) -> list[Arguments]:
    rates = (0.1, 1e3, 1e10, 1e20, 1e30, 1e38)
    return [{"rate": rate, "target": target, "use_bias": use_bias} for rate in rates for target in (1.0, 1000.0)]


@experiment(train, _sweep(False))
def kernels_stay_finite_at_any_rate(arguments: Arguments, output: Any) -> bool:
    """After 20 steps at learning rates up to 1e38 all weights of the constrained kernel are finite."""
    return bool(np.isfinite(np.array(output[0])).all())


@experiment(train, _sweep(False))
def kernels_keep_weights_at_any_rate(arguments: Arguments, output: Any) -> bool:
    """After 20 steps at learning rates up to 1e38 the constrained kernel still has weights other than zero."""
    return bool(np.any(np.nan_to_num(np.array(output[0]))))


@experiment(train, _sweep(True))
def all_weights_stay_finite_at_any_rate(arguments: Arguments, output: Any) -> bool:
    """After 20 steps at learning rates up to 1e38 kernel and unconstrained bias are finite."""
    return all(bool(np.isfinite(np.array(weight)).all()) for weight in output)
