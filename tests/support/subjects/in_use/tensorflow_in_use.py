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
