"""Braindecode's layers with constraints, without the rest of Braindecode.

`pip install --no-deps braindecode` is enough: the packages around the layers, which need MNE and more, are left empty.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from adapters import torch
from adapters.core.framework import Constraint, Framework, Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import ROWS, Grouping, Mode, Stack
from adapters.programs import calls
from adapters.programs.calls import Call

OUTPUTS = Grouping(
    "Each output of a two-dimensional convolution is a group.", lambda rank, reduced: (rank, reduced) == (4, (1, 2, 3))
)
ALL_BUT_THE_FIRST = Grouping(
    "The first dimension is kept, of at least two.",
    lambda rank, reduced: rank >= 2 and reduced == tuple(range(1, rank)),
)

_PARAMETRIZATION = Stack(
    name="braindecode.MaxNormParametrize",
    module=__name__,
    requires=("torch",),
    environment={},
    modes=(Mode("eager"),),
    sentence="Braindecode's parametrization MaxNormParametrize, which calls torch.renorm.",
    contracts=("renorm",),
    grouping=ALL_BUT_THE_FIRST,
    process="braindecode",
    guises=tuple(torch.GUISES),
    on_gpu=torch.ON_GPU,
)

STACKS = (
    _PARAMETRIZATION,
    dataclasses.replace(
        _PARAMETRIZATION,
        name="braindecode.LinearWithConstraint",
        sentence="The parametrized weight of Braindecode's LinearWithConstraint.",
        grouping=ROWS,
    ),
    dataclasses.replace(
        _PARAMETRIZATION,
        name="braindecode.Conv2dWithConstraint",
        sentence="The parametrized weight of Braindecode's Conv2dWithConstraint.",
        grouping=OUTPUTS,
    ),
    dataclasses.replace(
        _PARAMETRIZATION,
        name="braindecode.MaxNormLinear",
        sentence="The parametrized weight of Braindecode's MaxNormLinear, held to the Keras Dense that it names.",
        contracts=("max_norm",),
        grouping=ROWS,
    ),
)

# What a layer does to its weight is the parametrization that it registers.
CALLS = {
    "braindecode.MaxNormParametrize": Call("MaxNormParametrize({maxnorm})(w)"),
    "braindecode.LinearWithConstraint": Call(
        "LinearWithConstraint(w.shape[1], w.shape[0], max_norm={maxnorm}).parametrizations.weight[0](w)"
    ),
    "braindecode.Conv2dWithConstraint": Call(
        "Conv2dWithConstraint(w.shape[1], w.shape[0], w.shape[2:], max_norm={maxnorm}).parametrizations.weight[0](w)"
    ),
    "braindecode.MaxNormLinear": Call(
        "MaxNormLinear(w.shape[1], w.shape[0], max_norm_val={max_value}, eps={epsilon}).parametrizations.weight[0](w)"
    ),
}

# A package of these names with a path and without its own imports; of the last, no constraint needs anything.
PREPARE = (
    "import importlib.util, sys",
    'for name in ("braindecode", "braindecode.modules", "braindecode.util"):',
    "    sys.modules[name] = importlib.util.module_from_spec(importlib.util.find_spec(name))",
    'sys.modules["braindecode.util"].np_to_th = None',
    "from braindecode.modules.convolution import Conv2dWithConstraint",
    "from braindecode.modules.linear import LinearWithConstraint, MaxNormLinear",
    "from braindecode.modules.parametrization import MaxNormParametrize",
)
DIALECT = dataclasses.replace(torch.DIALECT, before=PREPARE)


def load(stack: Stack) -> Framework:
    """Prepare PyTorch and one of Braindecode's constraints; raises Unsupported where Braindecode is not installed."""
    if importlib.util.find_spec("braindecode") is None:
        raise Unsupported("braindecode is not installed; pip install --no-deps braindecode")
    namespace: dict[str, Any] = {}
    exec("\n".join(PREPARE), namespace)
    function_of = calls.definer(stack, namespace)

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        call = CALLS[stack.name]
        values = calls.arguments(stack, contract, call, parameters).values()
        return lambda w: function_of(call, axis, w.ndim, mode)(w, *values)

    versions = {"braindecode": importlib.metadata.version("braindecode")}
    return dataclasses.replace(torch.load(stack), build=build, accesses={}, versions=versions)


def prelude(stack: Stack) -> tuple[str, ...]:
    """Return the lines ahead of any program on a stack."""
    return (*PREPARE, "import torch")


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in PyTorch and Braindecode that repeats apply requests."""
    return calls.call_program(DIALECT, stack, requests, lambda mode, access: CALLS[stack.name])
