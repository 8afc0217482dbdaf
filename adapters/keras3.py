"""Keras 3 on each of its backends, through keras.constraints."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adapters import arrays, jax, snippets, tensorflow, torch
from adapters.protocol import Constraint, Framework, Stack, Unsupported

_NUMPY = snippets.Dialect(
    imports=("numpy as np",),
    tensor='np.array({values}, dtype="{format}")',
    show="{y}.tolist()",
    show_bfloat16="{y}.astype(float).tolist()",
    layouts={
        "F": 'w.copy(order="F")',
        "strided": "np.stack([w, np.full_like(w, np.nan)], -1)[..., 0]",
        "reversed": "w[::-1].copy()[::-1]",
        "broadcast": "np.broadcast_to(w.take([0], {axis}), w.shape)",
    },
)


def _numpy(stack: Stack) -> Framework:
    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        raise Unsupported("NumPy has no constraints")

    return Framework(
        backend="numpy",
        # NumPy's operations turn a rank 0 array into a scalar.
        array_types=(np.ndarray, np.generic),
        to_tensor=arrays.as_bfloat16,
        to_array=arrays.named,
        build=build,
    )


@dataclasses.dataclass(frozen=True)
class Backend:
    """What a Keras backend needs, and who makes and writes its tensors."""

    requires: tuple[str, ...]
    load: Callable[[Stack], Framework]
    dialect: snippets.Dialect


BACKENDS = {
    "tensorflow": Backend(("tensorflow",), tensorflow.load, tensorflow.DIALECT),
    "torch": Backend(("torch",), torch.load, torch.DIALECT),
    # Without x64, as users find it.
    "jax": Backend(("jax",), jax.load, dataclasses.replace(jax.DIALECT, scopes={})),
    # Keras' NumPy backend borrows operations from JAX and SciPy.
    "numpy": Backend(("jax", "scipy"), _numpy, _NUMPY),
}

STACKS = tuple(
    Stack(
        name=f"keras-{name}",
        module=__name__,
        requires=(*backend.requires, "keras"),
        environment={"KERAS_BACKEND": name, **(tensorflow.QUIET if name == "tensorflow" else {})},
        modes=("eager",),
        sentence=f"keras.constraints on the {name} backend.",
    )
    for name, backend in BACKENDS.items()
)


def load(stack: Stack) -> Framework:
    """Prepare Keras 3; the backend's own adapter makes the tensors."""
    import keras

    name = keras.backend.backend()
    if name != stack.environment["KERAS_BACKEND"]:
        raise Unsupported(f"Keras came up on the backend {name}")
    return with_constraints(BACKENDS[name].load(stack), keras, keras.config)


def with_constraints(framework: Framework, keras: Any, config: Any) -> Framework:
    """Build constraints with a Keras of any generation; ``config`` holds its epsilon."""
    default = config.epsilon()

    def set_epsilon(epsilon: float) -> None:
        if config.epsilon() != epsilon:
            config.set_epsilon(epsilon)

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        kind: Callable[..., Constraint] | None = getattr(keras.constraints, class_name(contract), None)
        if kind is None:
            raise Unsupported(f"{keras.__name__}.constraints has no {class_name(contract)}")
        arguments = dict(parameters)
        set_epsilon(arguments.pop("epsilon", default))
        return kind(axis=axis, **arguments)

    return dataclasses.replace(
        framework,
        build=build,
        scope=contextlib.nullcontext,
        reset=lambda: set_epsilon(default),
        epsilon=default,
    )


def class_name(contract: str) -> str:
    """Return Keras' class name: MaxNorm for max_norm."""
    return contract.title().replace("_", "")


def keras_program(dialect: snippets.Dialect, requests: Sequence[Mapping[str, Any]], keras: str, config: str) -> str:
    """Return a program on the constraints of ``keras``; ``config`` gets an epsilon other than 1e-7."""
    epsilon = 1e-7

    def step(request: Mapping[str, Any]) -> tuple[list[str], str]:
        nonlocal epsilon
        arguments = dict(request["parameters"])
        before, epsilon = epsilon, arguments.pop("epsilon", 1e-7)
        lines = [f"{config}.set_epsilon({snippets.number(epsilon)})"] if epsilon != before else []
        text = "".join(f"{name}={snippets.number(value)}, " for name, value in arguments.items())
        name = f"{keras}.constraints.{class_name(request['contract'])}"
        return lines, f"{name}({text}axis={snippets.axis_text(request['axis'])})(w)"

    return snippets.program(dialect, requests, step)


def snippet(stack_name: str, requests: Sequence[Mapping[str, Any]]) -> str:
    """Return a program in plain Keras 3 that repeats apply requests."""
    name = stack_name.partition("-")[2]
    dialect = BACKENDS[name].dialect
    choice = ("import os", f'os.environ["KERAS_BACKEND"] = "{name}"')
    dialect = dataclasses.replace(dialect, before=choice, imports=("keras", *dialect.imports))
    return keras_program(dialect, requests, "keras", "keras.config")
