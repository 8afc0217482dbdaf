"""PyTorch: the Keras formula in torch operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adapters import formula, snippets
from adapters.protocol import Array, Constraint, Framework, Stack

STACKS = (
    Stack(
        name="torch",
        module=__name__,
        requires=("torch",),
        environment={},
        modes=("eager",),
        sentence="The Keras formula written in PyTorch operations.",
    ),
)

DIALECT = snippets.Dialect(
    imports=("torch",),
    tensor="torch.tensor({values}, dtype=torch.{format})",
    show="{y}.tolist()",
    show_bfloat16="{y}.tolist()",
    norm="torch.sqrt(torch.sum(torch.square(w), dim={axis}, keepdim=True))",
    clip="torch.clamp",
    layouts={
        "F": "w.permute(*range(w.ndim)[::-1]).contiguous().permute(*range(w.ndim)[::-1])",
        "strided": 'torch.stack([w, torch.full_like(w, float("nan"))], -1)[..., 0]',
        "broadcast": "w.narrow({axis}, 0, 1).expand_as(w)",
    },
)


def load(stack: Stack) -> Framework:
    """Prepare PyTorch; weights go to the first visible GPU, or stay on the CPU."""
    import torch

    # Otherwise a warning shows only in the first case that causes it.
    torch.set_warn_always(True)
    gpu = torch.cuda.is_available()

    def to_tensor(array: Array, format: str) -> Any:
        if any(stride < 0 for stride in array.strides):
            array = array.copy()  # PyTorch has no negative strides
        if format == "bfloat16":
            return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16).to("cuda" if gpu else "cpu")
        return torch.from_numpy(array).to("cuda" if gpu else "cpu")

    def to_array(tensor: Any) -> tuple[Array, str]:
        tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
        if tensor.dtype is torch.bfloat16:
            return tensor.view(torch.int16).numpy().view(np.uint16), "bfloat16"
        return tensor.numpy(), str(tensor.dtype).rpartition(".")[2]

    def synchronise(tensor: Any) -> Any:
        if gpu:
            torch.cuda.synchronize()
        return tensor

    def norm(w: Any, axis: Any) -> Any:
        return torch.sqrt(torch.sum(torch.square(w), dim=axis, keepdim=True))

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        constrained = formula.constrain(contract, norm, torch.clamp, axis)
        return lambda w: constrained(w, {"epsilon": 1e-7, **parameters})

    return Framework(
        backend="torch",
        array_types=(torch.Tensor,),
        to_tensor=to_tensor,
        to_array=to_array,
        build=build,
        synchronise=synchronise,
        accelerator=torch.cuda.get_device_name() if gpu else None,
    )


def snippet(stack_name: str, requests: Sequence[Mapping[str, Any]]) -> str:
    """Return a program in plain PyTorch that repeats apply requests."""
    return snippets.formula_program(DIALECT, requests)
