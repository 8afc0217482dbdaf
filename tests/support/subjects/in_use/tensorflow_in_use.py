"""What people do with TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from normconf import subject


@subject("max_norm", framework="tensorflow", axes=[0])
def numbers_out_of_a_graph(w: Any, max_value: float, epsilon: float) -> Any:
    n = tf.sqrt(tf.reduce_sum(tf.square(w), 0, keepdims=True)).numpy()
    return w * (n.clip(0, max_value).astype(n.dtype) / (n + n.dtype.type(epsilon)))


@subject("max_norm", framework="tensorflow", axes=[0], in_place=True)
def assigned(w: Any, max_value: float, epsilon: float) -> None:
    n = tf.sqrt(tf.reduce_sum(tf.square(w), 0, keepdims=True))
    w.assign(w * (tf.clip_by_value(n, 0, max_value) / (epsilon + n)))


@subject(
    "clip_by_value",
    framework="tensorflow",
    names={"clip_value_max": "clip_value"},
    tied={"clip_value_min": "-clip_value_max"},
)
class OneNumberForBothBounds:
    def __init__(self, clip_value: float = 1.0) -> None:
        self.clip_value = clip_value

    def __call__(self, w: Any) -> Any:
        return tf.clip_by_value(w, -self.clip_value, self.clip_value)
