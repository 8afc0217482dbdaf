"""Ports that are right pass in every framework, and Braindecode's layers are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.braindecode import PREPARE
from tests.support.gate import gate

pytestmark = [pytest.mark.framework, pytest.mark.process, pytest.mark.slow]

# the imports, the norm over axis, and clipping, as each framework writes them
FRAMEWORKS = {
    "numpy": ("import numpy as np", "np.sqrt(np.sum(w * w, axis=over(axis), keepdims=True))", "np.clip"),
    "torch": ("import torch", "torch.sqrt(torch.sum(w * w, dim=axis, keepdim=True))", "torch.clamp"),
    "jax": ("import jax.numpy as jnp", "jnp.sqrt(jnp.sum(w * w, axis=over(axis), keepdims=True))", "jnp.clip"),
    "tensorflow": (
        "import tensorflow as tf",
        "tf.sqrt(tf.reduce_sum(w * w, axis=axis, keepdims=True))",
        "tf.clip_by_value",
    ),
    "keras-jax": ("from keras import ops", "ops.sqrt(ops.sum(w * w, axis=over(axis), keepdims=True))", "ops.clip"),
}
PORTS = """
{imports}
from normconf import subject

def over(axis):
    return tuple(axis) if isinstance(axis, list) else axis

@subject("max_norm", framework="{framework}")
def max_norm(w, max_value, axis, epsilon):
    n = {norm}
    return w * ({clip}(n, 0, max_value) / (epsilon + n))

@subject("min_max_norm", framework="{framework}")
def min_max_norm(w, min_value, max_value, rate, axis, epsilon):
    n = {norm}
    return w * ((rate * {clip}(n, min_value, max_value) + (1 - rate) * n) / (epsilon + n))

@subject("unit_norm", framework="{framework}")
def unit_norm(w, axis, epsilon):
    return w / (epsilon + {norm})
"""
BRAINDECODE = """
from normconf import subject

@subject("renorm", framework="torch", ranks=[2], axes=[1])  # dimension 0 is kept
def linear(w, maxnorm):
    return LinearWithConstraint(w.shape[1], w.shape[0], max_norm=maxnorm).parametrizations.weight[0](w)

@subject("max_norm", framework="torch", ranks=[2], axes=[1])  # as for a Dense of Keras, whose kernel is transposed
def max_norm_linear(w, max_value, epsilon):
    layer = MaxNormLinear(w.shape[1], w.shape[0], max_norm_val=max_value, eps=epsilon)
    return layer.parametrizations.weight[0](w)
"""
SOME = ["--depth", "quick", "-k", "_value or axis or identit or memory_layout or affine or is_min_max_norm"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_right_ports_pass(framework: str, tmp_path: Path) -> None:
    """The three contracts of Keras, written in plain operations."""
    imports, norm, clip = FRAMEWORKS[framework]
    source = PORTS.format(framework=framework, imports=imports, norm=norm, clip=clip)
    (tmp_path / "ports.py").write_text(source)
    ran = gate(tmp_path, "ports.py", *SOME)
    assert ran.code == 0, ran.said + ran.errors
    assert ran.said.count(" conforms to ") == 3


def test_braindecode_is_told_apart(tmp_path: Path) -> None:
    """LinearWithConstraint is renorm over the inputs; MaxNormLinear takes another axis than the Keras that it names."""
    (tmp_path / "layers.py").write_text("\n".join(PREPARE) + BRAINDECODE)
    ran = gate(tmp_path, "layers.py", *SOME)
    assert ran.code == 1, ran.said + ran.errors
    assert "layers.py:linear conforms to renorm" in ran.said
    assert "layers.py:max_norm_linear does NOT conform to max_norm" in ran.said
    assert "It behaves as max_norm over axis 0, not axis 1, with the norm taken for max_value / 2" in ran.said
