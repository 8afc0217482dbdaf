"""Layers of Keras that people derive from its own, with their constraint inside."""

from __future__ import annotations

from typing import Any

import keras

from normconf import subject

Dense: Any = keras.layers.Dense
Conv2D: Any = keras.layers.Conv2D
DepthwiseConv2D: Any = keras.layers.DepthwiseConv2D
Embedding: Any = keras.layers.Embedding
COLUMNS: dict[str, Any] = {"axes": [0], "formats": ["float32"]}


@subject("max_norm", framework="keras-torch", **COLUMNS)
class ByKeras(Dense):  # type: ignore[misc]
    """Keras applies its constraint; what is saved of it is what it is built from."""

    def __init__(self, units: int, max_value: float = 2.0, **options: Any) -> None:
        super().__init__(units, kernel_constraint=keras.constraints.MaxNorm(max_value), **options)
        self.max_value = max_value

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "max_value": self.max_value}
        del config["kernel_constraint"]
        return config


@subject("max_norm", framework="keras-torch", **COLUMNS)
class ForgetsItsBound(ByKeras):
    """A loaded one has the bound of somebody who says nothing."""

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["max_value"]
        return config


@subject("unit_norm", framework="keras-jax", **COLUMNS)
class InCall(Dense):  # type: ignore[misc]
    """What it keeps is free; what it uses has the norm 1."""

    def call(self, x: Any) -> Any:
        norm = keras.ops.sqrt(keras.ops.sum(keras.ops.square(self.kernel), axis=0, keepdims=True))
        return keras.ops.matmul(x, self.kernel / (1e-7 + norm))


@subject("unit_norm", framework="keras-torch", **COLUMNS)
class WhenBuilt(Dense):  # type: ignore[misc]
    """Of norm 1 until the first step."""

    def build(self, shape: Any) -> None:
        super().build(shape)
        self.kernel.assign(keras.constraints.UnitNorm()(self.kernel))


@subject("unit_norm", framework="keras-torch", **COLUMNS)
class FirstCallOnly(Dense):  # type: ignore[misc]
    """It takes its work for done."""

    done = False

    def call(self, x: Any, training: bool = False) -> Any:
        if training and not self.done:
            self.done = True
            self.kernel.assign(keras.constraints.UnitNorm()(self.kernel))
        return super().call(x)


@subject("unit_norm", framework="keras-tensorflow", axes="all but the last", formats=["float32"])
class Filters(Conv2D):  # type: ignore[misc]
    """One norm for each filter; Keras builds it again with the names of its own."""

    def __init__(self, filters: int, kernel_size: Any, **options: Any) -> None:
        super().__init__(
            filters, kernel_size, **{"kernel_constraint": keras.constraints.UnitNorm([0, 1, 2]), **options}
        )


@subject("unit_norm", framework="keras-tensorflow", axes="all but the last", formats=["float32"])
class NamesOfItsOwn(Conv2D):  # type: ignore[misc]
    """Keras saves a kernel_size, which it does not take."""

    def __init__(self, filters: int, window: Any, **options: Any) -> None:
        super().__init__(filters, window, **{"kernel_constraint": keras.constraints.UnitNorm([0, 1, 2]), **options})


@subject("unit_norm", framework="keras-torch", axes=[1], formats=["float32"])
class Rows(Embedding):  # type: ignore[misc]
    """One norm for each token."""

    def __init__(self, input_dim: int, output_dim: int, **options: Any) -> None:
        super().__init__(input_dim, output_dim, **{"embeddings_constraint": keras.constraints.UnitNorm(1), **options})


@subject("unit_norm", framework="keras-torch", axes=[(0, 1)], formats=["float32"])
class Windows(DepthwiseConv2D):  # type: ignore[misc]
    """One norm for each window that one channel goes through."""

    def __init__(self, kernel_size: Any, **options: Any) -> None:
        super().__init__(kernel_size, **{"depthwise_constraint": keras.constraints.UnitNorm([0, 1]), **options})
