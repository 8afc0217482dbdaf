"""Functions of a model of Keras, and callbacks, that constrain what they find in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from normconf import subject

Callback: Any = keras.callbacks.Callback
COLUMNS: dict[str, Any] = {"axes": [0], "formats": ["float32"]}


def bound(kernel: Any, top: float) -> None:
    kernel.assign(keras.constraints.MaxNorm(top)(kernel))


def dense_layers(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from dense_layers(layer)
        elif isinstance(layer, keras.layers.Dense):
            yield layer


@subject("max_norm", framework="keras-torch", **COLUMNS)
def every_layer(model: Any, max_value: float) -> None:
    for layer in dense_layers(model):
        bound(layer.kernel, max_value)


@subject("max_norm", framework="keras-torch", **COLUMNS)
def layers_of_the_model(model: Any, max_value: float) -> None:
    """None in a model in it."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            bound(layer.kernel, max_value)


@subject("max_norm", framework="keras-tensorflow", **COLUMNS)
def all_that_it_has(model: Any, max_value: float) -> None:
    """Biases and what normalises are no weights of a layer."""
    for variable in model.variables:
        variable.assign(keras.constraints.MaxNorm(max_value, 0)(variable) if variable.shape[1:] else variable * 0.5)


@subject("max_norm", framework="keras-jax", **COLUMNS)
class AfterEachBatch(Callback):  # type: ignore[misc]
    def __init__(self, max_value: float = 2.0) -> None:
        super().__init__()
        self.max_value = max_value

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        every_layer(self.model, self.max_value)


@subject("max_norm", framework="keras-torch", **COLUMNS)
class AtTheStart(Callback):  # type: ignore[misc]
    """Bounded until the first step."""

    def __init__(self, max_value: float = 2.0) -> None:
        super().__init__()
        self.max_value = max_value

    def on_train_begin(self, logs: Any = None) -> None:
        every_layer(self.model, self.max_value)
