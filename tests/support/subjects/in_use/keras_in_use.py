"""What people do with Keras 3."""

from __future__ import annotations

from typing import Any

import keras

from normconf import subject

Constraint: Any = keras.constraints.Constraint


@subject("max_norm", framework="keras-torch", axes=[0])
class MethodOfATensor(Constraint):  # type: ignore[misc]
    def __init__(self, max_value: float = 2.0) -> None:
        self.max_value = max_value

    def get_config(self) -> dict[str, float]:
        return {"max_value": self.max_value}

    def __call__(self, w: Any) -> Any:
        n = w.norm(dim=0, keepdim=True)
        return w * (n.clamp(max=self.max_value) / (n + 1e-7))


@subject("max_norm", framework="keras-torch", axes=[0])
class NoConfig(Constraint):  # type: ignore[misc]
    def __init__(self, max_value: float = 2.0) -> None:
        self.max_value = max_value

    def __call__(self, w: Any) -> Any:
        n = keras.ops.sqrt(keras.ops.sum(keras.ops.square(w), axis=0, keepdims=True))
        return w * (keras.ops.clip(n, 0, self.max_value) / (n + 1e-7))


@subject("max_norm", framework="keras-torch", axes=[0])
class Right(NoConfig):
    """Right but for what Keras's own clip does to bounds in float64, which is known of Keras."""

    def get_config(self) -> dict[str, float]:
        return {"max_value": self.max_value}


@subject("max_norm", framework="keras-torch", axes=[0])
class InFloat32(Right):
    """Wrong in float64 in a way that Keras is not to blame for."""

    def __call__(self, w: Any) -> Any:
        return keras.ops.cast(super().__call__(keras.ops.cast(w, "float32")), w.dtype)


@subject("clip_by_norm", framework="keras-jax", axes=[None])
class Branch(Constraint):  # type: ignore[misc]
    def __init__(self, clip_norm: float = 1.0) -> None:
        self.clip_norm = clip_norm

    def get_config(self) -> dict[str, float]:
        return {"clip_norm": self.clip_norm}

    def __call__(self, w: Any) -> Any:
        n = keras.ops.sqrt(keras.ops.sum(keras.ops.square(w)))
        return w * (self.clip_norm / n) if n > self.clip_norm else w
