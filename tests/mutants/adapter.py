"""The adapter of the mutants: each fault is a mode of one stack; the first mode of each stack is right."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from adapters.core import arrays
from adapters.core.framework import Array, Build, Constraint, Framework, Unsupported
from adapters.core.messages import MADE_ONCE, Apply, request_from_wire, request_to_wire
from adapters.core.program import Program
from adapters.core.stack import Mode, Stack
from adapters.programs.program import NUMPY, in_guises
from tests.mutants.arithmetic import CONTRACTS, OTHER_CONTRACTS, Call, Function
from tests.mutants.faults import FAULTS
from tests.mutants.lawful import LAWFUL
from tests.mutants.wrong import MUTANTS

FUNCTIONS: dict[str, Function] = {m.name: m.function for m in MUTANTS.values()}
FUNCTIONS |= {f.name: f.function for f in FAULTS.values()}
FUNCTIONS |= LAWFUL
REBUILT = ("from_config", "serialized", "got", "cloned", "saved")
ACCESSES = (*REBUILT, "even rows")
ASKED_ALIKE: dict[str, Any] = {"accesses": ACCESSES, "makes_constraints": True, "guises": tuple(NUMPY.guises)}
OTHERS, LAWFUL_OTHERS = "mutants of other contracts", "lawful for other contracts"


def _stack(name: str, modes: tuple[str, ...], requires: tuple[str, ...], sentence: str) -> Stack:
    return Stack(name, __name__, requires, {}, tuple(map(Mode, modes)), sentence)


STACKS = (
    replace(
        _stack("mutants", tuple(MUTANTS), ("ml_dtypes",), "Wrong implementations, and the right one."),
        contracts=CONTRACTS,
        **ASKED_ALIKE,
    ),
    # apart, for each case of a rule is of one contract, and it takes long until each has had its turn
    replace(
        _stack(OTHERS, tuple(MUTANTS), ("ml_dtypes",), "The same, of contracts that no framework's own call keeps."),
        contracts=OTHER_CONTRACTS,
        **ASKED_ALIKE,
    ),
    replace(
        _stack("lawful", ("correct", *LAWFUL), ("ml_dtypes",), "Implementations that nothing forbids."),
        contracts=CONTRACTS,
        **ASKED_ALIKE,
    ),
    replace(
        _stack(LAWFUL_OTHERS, ("correct", *LAWFUL), ("ml_dtypes",), "The same, of the other contracts."),
        contracts=OTHER_CONTRACTS,
        **ASKED_ALIKE,
    ),
    _stack("faults", ("correct", *FAULTS), ("ml_dtypes",), "Implementations that die, hang, or return no result."),
    _stack("absent", ("correct",), ("normconf_is_not_installed",), "A framework that is not there."),
)
KNOWN: Mapping[str, Stack] = {stack.name: stack for stack in STACKS}


@dataclass
class Counted:
    """A function, and what it is asked for, that counts its calls."""

    function: Function
    call: Call

    def __call__(self, w: Array) -> Any:
        call, self.call = self.call, replace(self.call, number=self.call.number + 1)
        with np.errstate(all="ignore"):
            return self.function(w, call)


def constraint(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str, access: str = "call") -> Constraint:
    """The function of a mode as a constraint that is come by in some way."""
    if contract not in (*CONTRACTS, *OTHER_CONTRACTS):
        raise Unsupported(f"the mutants have no contract {contract}")
    if access in REBUILT:
        parameters, axis = json.loads(json.dumps([dict(parameters), axis], default=int))
    epsilon = 1e-6 if contract in ("clip_grad_norm", "unitwise_clip") else 1e-7
    return Counted(FUNCTIONS[mode], Call(contract, {"epsilon": epsilon, **parameters}, axis, access=access))


def gradient(built: Constraint, w: Array) -> Any:
    """The gradient of the sum of a constraint's result."""
    assert isinstance(built, Counted)
    built.call = replace(built.call, access="gradient")
    return built(w)


def load(stack: Stack) -> Framework:
    """Prepare NumPy."""
    builds: dict[str, Build] = {access: partial(constraint, access=access) for access in ACCESSES}
    return Framework(
        backend="numpy",
        array_types=(np.ndarray, np.generic),
        to_tensor=arrays.as_bfloat16,
        to_array=arrays.named,
        build=constraint,
        accesses=builds,
        guises=in_guises(NUMPY, {"np": np}),
        gradient=gradient,
    )


def repeat(messages: Sequence[Mapping[str, Any]]) -> None:
    """Make the calls of requests again and print what each gives."""
    guises, made = in_guises(NUMPY, {"np": np}), dict[str, Constraint]()
    for message in messages:
        request, _ = request_from_wire(message)
        assert isinstance(request, Apply)
        asked = request.contract, request.parameters, request.axis, request.mode
        again = constraint(*asked, request.access)
        if request.access == MADE_ONCE:
            again = made.setdefault(repr(asked), again)
        if request.access in guises:
            again = partial(guises[request.access], again)
        w = arrays.as_bfloat16(arrays.decode(request.weights), request.weights.format)
        for call in range(request.calls):
            w = again(w)
            if request.keep_all or call == request.calls - 1:
                print(np.asarray(w, np.float64).tolist())


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program that repeats apply requests."""
    messages = [request_to_wire(request, None) for request in requests]
    return Program(after=("from tests.mutants.adapter import repeat", "", f"repeat({messages!r})"))
