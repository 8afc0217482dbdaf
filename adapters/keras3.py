"""Keras 3 on each of its backends, through keras.constraints."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adapters import jax, tensorflow, torch
from adapters.core import arrays
from adapters.core.framework import Build, Constraint, Framework, Unsupported
from adapters.core.messages import MADE_ONCE, Apply
from adapters.core.program import Program
from adapters.core.stack import Mode, Stack
from adapters.keras1 import in_numpy
from adapters.programs.program import NUMPY, Dialect, Names, axis_text, in_guises, number, program

Compiler = Callable[[str, Constraint], Constraint]

CONTRACTS = ("max_norm", "min_max_norm", "unit_norm", "non_neg")

# Other ways to get a constraint than to call {cls}, as {made} does; a worker evaluates them, a snippet shows them.
ACCESSES = {
    "from_config": "{cls}.from_config(json.loads(json.dumps({made}.get_config())))",
    "serialized": "{keras}.constraints.deserialize(json.loads(json.dumps({keras}.constraints.serialize({made}))))",
    "identifier": '{keras}.constraints.get("{contract}")',
    "identifier_class": '{keras}.constraints.get("{name}")',
    "identifier_old": '{keras}.constraints.get("{old}")',
}

# So many constraints are kept compiled; their parameters are compiled in.
MOST_COMPILED = 512


def _numpy(stack: Stack) -> Framework:
    return Framework(
        backend="numpy",
        # NumPy's operations turn a rank 0 array into a scalar.
        array_types=(np.ndarray, np.generic),
        to_tensor=arrays.as_bfloat16,
        to_array=arrays.named,
        build=in_numpy,
        guises=in_guises(NUMPY, {"np": np}),
        copy=np.copy,
    )


EAGER = Mode("eager")


@dataclasses.dataclass(frozen=True)
class Backend:
    """What a Keras backend needs, who makes and writes its tensors, and who compiles, in which modes."""

    requires: tuple[str, ...]
    load: Callable[[Stack], Framework]
    dialect: Dialect
    compiled: Compiler | None = None
    modes: tuple[Mode, ...] = ()
    eager: Mode = EAGER


BACKENDS = {
    "tensorflow": Backend(
        ("tensorflow",), tensorflow.load, tensorflow.DIALECT, tensorflow.compiled, tensorflow.COMPILED
    ),
    "torch": Backend(("torch",), torch.load, torch.DIALECT, torch.compiled, torch.COMPILED),
    # Without x64, as users find it.
    "jax": Backend(
        ("jax",), jax.load, dataclasses.replace(jax.DIALECT, scopes={}), jax.compiled, (jax.JIT,), jax.EAGER
    ),
    # Keras' NumPy backend borrows operations from JAX and SciPy.
    "numpy": Backend(("jax", "scipy"), _numpy, NUMPY),
}

# what Keras imports on every backend, where it is installed, to write down what an object is
SAVING = ("tensorflow",)

STACKS = tuple(
    Stack(
        name=f"keras-{name}",
        module=__name__,
        requires=(*backend.requires, "keras"),
        environment={"KERAS_BACKEND": name, **(tensorflow.QUIET if name == "tensorflow" else {})},
        modes=(backend.eager, *backend.modes),
        sentence=f"keras.constraints on the {name} backend.",
        contracts=CONTRACTS,
        accesses=tuple(ACCESSES),
        makes_constraints=True,
        accesses_require=SAVING,
        guises=tuple(backend.dialect.guises),
        on_gpu=torch.ON_GPU if name == "torch" else (),
    )
    for name, backend in BACKENDS.items()
)


def load(stack: Stack) -> Framework:
    """Prepare Keras 3; the backend's own adapter makes the tensors."""
    import keras

    name = keras.backend.backend()
    if name != stack.environment["KERAS_BACKEND"]:
        raise Unsupported(f"Keras came up on the backend {name}")
    backend = BACKENDS[name]
    return with_constraints(backend.load(stack), keras, keras.config, backend.compiled)


def with_constraints(framework: Framework, keras: Any, config: Any, compiled: Compiler | None = None) -> Framework:
    """Build constraints with a Keras of any generation; ``config`` holds its epsilon, ``compiled`` compiles them."""
    default = config.epsilon()
    functions: dict[str, Constraint] = {}

    def set_epsilon(epsilon: float) -> None:
        if config.epsilon() != epsilon:
            config.set_epsilon(epsilon)

    def build_with(access: str) -> Build:
        def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
            cls = getattr(keras.constraints, class_name(contract), None)
            if cls is None:
                raise Unsupported(f"{keras.__name__}.constraints has no {class_name(contract)}")
            arguments = {**parameters, **_axis(contract, axis)}
            epsilon = arguments.pop("epsilon", default)
            set_epsilon(epsilon)

            def constraint() -> Constraint:
                names = {"keras": keras, "json": json, "cls": cls, "arguments": arguments}
                made: Constraint = eval(_constructed(access, contract, "keras", "cls", "cls(**arguments)"), names)
                return made

            if mode == "eager" or compiled is None:
                return constraint()
            # What is traced holds the epsilon of that moment.
            key = repr((mode, access, contract, sorted(arguments.items()), type(axis), epsilon))
            if key not in functions:
                if len(functions) == MOST_COMPILED:
                    del functions[next(iter(functions))]
                functions[key] = compiled(mode, constraint())
            return functions[key]

        return build

    return dataclasses.replace(
        framework,
        build=build_with("call"),
        accesses={access: build_with(access) for access in ACCESSES},
        scope=contextlib.nullcontext,
        reset=lambda: set_epsilon(default),
        epsilon=default,
        constants=True,
    )


def class_name(contract: str) -> str:
    """Return Keras' class name: MaxNorm for max_norm."""
    return contract.title().replace("_", "")


def _axis(contract: str, axis: Any) -> dict[str, Any]:
    # Of weights on their own there is no axis.
    return {} if contract == "non_neg" else {"axis": axis}


def _constructed(access: str, contract: str, keras: str, cls: str, made: str) -> str:
    """Return the expression of a constraint that was got in some way."""
    name, old = class_name(contract), contract.replace("_", "")
    return ACCESSES.get(access, "{made}").format(keras=keras, cls=cls, made=made, contract=contract, name=name, old=old)


def keras_program(dialect: Dialect, requests: Sequence[Apply], keras: str, config: str) -> Program:
    """Return a program on the constraints of ``keras``; ``config`` gets an epsilon other than 1e-7."""
    epsilon, names = 1e-7, Names()

    def write(request: Apply) -> tuple[list[str], str]:
        nonlocal epsilon
        contract, mode, access = request.contract, request.mode, request.access
        if access not in ("call", MADE_ONCE, *ACCESSES) and not dialect.is_around(access):
            raise Unsupported(f"no program is written here for the way {access}")
        arguments = dict(request.parameters)
        before, epsilon = epsilon, arguments.pop("epsilon", 1e-7)
        lines = [f"{config}.set_epsilon({number(epsilon)})"] if epsilon != before else []
        texts = {name: number(value) for name, value in arguments.items()}
        texts |= _axis(contract, axis_text(request.axis))
        cls = f"{keras}.constraints.{class_name(contract)}"
        made = f"{cls}({', '.join(f'{name}={text}' for name, text in texts.items())})"
        constraint = _constructed(access, contract, keras, cls, made)
        if access == MADE_ONCE:
            constraint, built = names.of(constraint)
            lines += built
        if mode not in dialect.compiled:
            return lines, f"{constraint}(w)"
        return [*lines, f"f = {dialect.compiled[mode].format(f=constraint)}"], "f(w)"

    return program(dialect, requests, write)


def prelude(stack: Stack) -> tuple[str, ...]:
    """Return the lines ahead of any program on a stack."""
    return (*_choice(stack), "import keras")


def _choice(stack: Stack) -> tuple[str, ...]:
    name = stack.environment["KERAS_BACKEND"]
    return ("import os", f'os.environ["KERAS_BACKEND"] = "{name}"')


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in plain Keras 3 that repeats apply requests."""
    dialect = BACKENDS[stack.environment["KERAS_BACKEND"]].dialect
    dialect = dataclasses.replace(dialect, before=_choice(stack), imports=("keras", *dialect.imports))
    return keras_program(dialect, requests, "keras", "keras.config")
