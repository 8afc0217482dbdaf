"""PyTorch's own functions that bound norms, and the Keras formula as a parametrization."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adapters import torch
from adapters.core.framework import Build, Constraint, Framework, Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import ALL_BUT_ONE, ANY, ROWS, WHOLE, Mode, Stack
from adapters.programs import calls
from adapters.programs.calls import Call

EVEN_ROWS = "even rows"

_RENORM = Stack(
    name="torch.renorm",
    module=__name__,
    requires=("torch",),
    environment={},
    modes=(Mode("eager"),),
    sentence="torch.renorm, which scales the slices along one dimension whose norm is above a bound.",
    contracts=("renorm",),
    grouping=ALL_BUT_ONE,
    process="torch",
    guises=tuple(torch.GUISES),
    on_gpu=torch.ON_GPU,
)
_EMBEDDING = dataclasses.replace(
    _RENORM,
    name="torch.nn.Embedding",
    modes=tuple(map(Mode, ("train", "eval", "no_grad", "padding"))),
    sentence="The table of torch.nn.Embedding(max_norm=...) after all rows are looked up.",
    grouping=ROWS,
    in_place=True,
    accesses=(EVEN_ROWS,),
)

STACKS = (
    _RENORM,
    dataclasses.replace(_RENORM, name="torch.renorm_", sentence="torch.renorm in place.", in_place=True),
    _EMBEDDING,
    dataclasses.replace(
        _EMBEDDING,
        name="torch.nn.EmbeddingBag",
        sentence="The table of torch.nn.EmbeddingBag(max_norm=...) after all rows are looked up, one in each bag.",
    ),
    dataclasses.replace(
        _RENORM,
        name="torch.nn.utils.clip_grad_norm_",
        sentence="torch.nn.utils.clip_grad_norm_ with the weights as the gradient of the only parameter.",
        contracts=("clip_grad_norm",),
        grouping=WHOLE,
        one_group_per_call=True,
        in_place=True,
    ),
    dataclasses.replace(
        _RENORM,
        name="torch.parametrize",
        sentence="The Keras formula in PyTorch operations as a torch.nn.utils.parametrize parametrization.",
        contracts=("max_norm",),
        grouping=ANY,
    ),
)

CALLS = {
    "torch.renorm": Call("torch.renorm(w, p=2, dim={kept}, maxnorm={maxnorm})"),
    "torch.renorm_": Call("w.renorm_(p=2, dim={kept}, maxnorm={maxnorm})"),
    # It returns the norm; what is wanted is the gradient.
    "torch.nn.utils.clip_grad_norm_": Call(
        "(torch.nn.utils.clip_grad_norm_([p], max_norm={max_norm}), p.grad)[1]",
        lines=("p = torch.nn.Parameter(torch.zeros_like(w))", "p.grad = w"),
    ),
    "torch.parametrize": Call(
        'torch.nn.utils.parametrize.register_parametrization(module, "weight", '
        "MaxNorm({max_value}, {axis}, {epsilon})).weight",
        lines=(
            "module = torch.nn.Module()",
            "module.weight = w if isinstance(w, torch.nn.Parameter) else torch.nn.Parameter(w)",
        ),
        definitions=(
            "class MaxNorm(torch.nn.Module):",
            "    def __init__(self, max_value, axis, epsilon):",
            "        super().__init__()",
            "        self.max_value, self.axis, self.epsilon = max_value, axis, epsilon",
            "    def forward(self, w):",
            f"        n = {torch.DIALECT.norm.format(axis='self.axis')}",
            "        return w * (torch.clamp(n, 0, self.max_value) / (self.epsilon + n))",
        ),
    ),
}

# A parametrization makes a parameter of what it is given; the gradient has to be asked of that one.
DIALECT = dataclasses.replace(
    torch.DIALECT,
    gradient=(
        "def gradient(call, w):",
        "    w = torch.nn.Parameter(w.detach())",
        "    return torch.autograd.grad(call(w).sum(), w)[0]",
        "gradient(lambda w: {call}, w)",
    ),
)


def _layer(name: str, mode: str) -> str:
    options = "freeze=False, max_norm={maxnorm}"
    options += ', mode="sum"' if name.endswith("Bag") else ""
    options += ", padding_idx=0" if mode == "padding" else ""
    return f"{name}.from_pretrained(w, {options})" + (".eval()" if mode == "eval" else "")


def _table(name: str, mode: str, access: str) -> Call:
    """The table after a look-up."""
    rows = "torch.arange(len(w), device=w.device)" + ("[::2]" if access == EVEN_ROWS else "")
    lookup = f"layer({rows}{'[:, None]' if name.endswith('Bag') else ''})"
    forward = ("with torch.no_grad():", f"    {lookup}") if mode == "no_grad" else (lookup,)
    return Call("layer.weight.detach()", lines=(f"layer = {_layer(name, mode)}", *forward))


def _written_call(name: str, mode: str, access: str) -> Call:
    """The call as people would write it, where its result is the same: rows as they are in the table."""
    if name in CALLS:
        return CALLS[name]
    if mode in ("train", "eval") and access == "call":
        rows = "torch.arange(len(w))" + ("[:, None]" if name.endswith("Bag") else "")
        return Call(f"{_layer(name, mode)}({rows})")
    return _table(name, mode, access)


def load(stack: Stack) -> Framework:
    """Prepare PyTorch and one of its calls."""
    import torch as framework

    function_of = calls.definer(stack, {"torch": framework})

    def build_with(access: str) -> Build:
        def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
            call = CALLS.get(stack.name) or _table(stack.name, mode, access)
            values = calls.arguments(stack, contract, call, parameters).values()

            def constrained(w: Any) -> Any:
                if stack.in_place and any(w.stride(d) == 0 and w.shape[d] > 1 for d in range(w.ndim)):
                    raise Unsupported(f"{stack.name} writes to its weights, which share memory in this layout")
                if mode == "padding" and not len(w):
                    raise Unsupported("a table without rows has none for padding")
                function = function_of(call, axis, w.ndim, mode)
                return (_each_group(function, w, axis) if stack.one_group_per_call else function)(w, *values)

            return constrained

        return build

    def gradient(constraint: Constraint, w: Any) -> Any:
        parameter = framework.nn.Parameter(w.detach())
        return framework.autograd.grad(constraint(parameter).sum(), parameter)[0]

    return dataclasses.replace(
        torch.load(stack),
        build=build_with("call"),
        accesses={access: build_with(access) for access in stack.accesses},
        gradient=None if stack.in_place else gradient,
    )


def _each_group(function: Callable[..., Any], w: Any, axis: Any) -> Callable[..., Any]:
    """Call a function that works in place on each group of w, as a view."""
    kept = calls.kept_dimensions(axis, w.ndim)

    def each(w: Any, *values: Any) -> Any:
        for index in np.ndindex(*(w.shape[d] for d in kept)):
            group = tuple(index[kept.index(d)] if d in kept else slice(None) for d in range(w.ndim))
            function(w[group], *values)
        return w

    return each


prelude = torch.prelude


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in plain PyTorch that repeats apply requests."""
    return calls.call_program(DIALECT, stack, requests, lambda mode, access: _written_call(stack.name, mode, access))
