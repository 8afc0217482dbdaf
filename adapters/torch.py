"""PyTorch: the Keras formula in torch operations, eager and compiled by its default compiler."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from adapters.core.framework import NO_GRADIENT, Array, Constraint, Framework, Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import Mode, Stack
from adapters.programs import formula
from adapters.programs.program import Dialect, formula_program, in_guises

# else the tensors of a program lie on the CPU
ON_GPU = ("import torch", 'torch.set_default_device("cuda")')

# what torch.compile imports when it is first called, for longer than PyTorch itself
COMPILER = ("torch._inductor.compile_fx",)
COMPILED = (Mode("compile", compiles=True, slow=True, requires=COMPILER),)

# what is a tensor to those who call a function, and another type or without its bookkeeping to PyTorch
GUISES = {
    "subclass": ("class Weights(torch.Tensor):", "    pass", "(lambda w: {call})(w.as_subclass(Weights))"),
    "inference": (
        "def in_inference_mode(call, w):",
        "    with torch.inference_mode():",
        "        return call(w.clone())",
        "in_inference_mode(lambda w: {call}, w)",
    ),
}

STACKS = (
    Stack(
        name="torch",
        module=__name__,
        requires=("torch",),
        environment={},
        modes=(Mode("eager"), *COMPILED),
        sentence="The Keras formula written in PyTorch operations.",
        guises=tuple(GUISES),
        on_gpu=ON_GPU,
    ),
)

DIALECT = Dialect(
    imports=("torch",),
    tensor="torch.tensor({values}, dtype=torch.{format})",
    show="{y}.tolist()",
    show_bfloat16="{y}.tolist()",
    full="torch.full({shape}, {value}, dtype=torch.{format})",
    norm="torch.sqrt(torch.sum(torch.square(w), dim={axis}, keepdim=True))",
    clip="torch.clamp",
    compiled={"compile": "torch.compile({f}, dynamic=False)"},
    gradient=(
        "def gradient(call, w):",
        "    w = w.detach().clone().requires_grad_()",
        "    return torch.autograd.grad(call(w).sum(), w)[0]",
        "gradient(lambda w: {call}, w)",
    ),
    layouts={
        "F": "w.permute(*range(w.ndim)[::-1]).contiguous().permute(*range(w.ndim)[::-1])",
        "strided": 'torch.stack([w, torch.full_like(w, float("nan"))], -1)[..., 0]',
        "channels-last": "w.movedim(1, -1).contiguous().movedim(-1, 1)",
        "offset": 'torch.cat([w.new_full((1,), float("nan")), w.reshape(-1)])[1:].view(w.shape)',
        "broadcast": "w.narrow({axis}, 0, 1).expand_as(w)",
        "windows": "torch.cat([w.select({axis} + 1, 0), w.select({axis}, -1).narrow({axis}, 1, w.shape[{axis} + 1] "
        "- 1)], {axis}).unfold({axis}, w.shape[{axis} + 1], 1).movedim(-1, {axis} + 1)",
    },
    guises=GUISES,
)


def place() -> str:
    """Return where weights lie: on the first visible GPU, or on the CPU."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def load(stack: Stack) -> Framework:
    """Prepare PyTorch."""
    import torch

    # Otherwise a warning shows only in the first case that causes it.
    torch.set_warn_always(True)
    functions: dict[tuple[Any, ...], Callable[..., Any]] = {}
    device = place()

    def to_tensor(array: Array, format: str) -> Any:
        if any(stride < 0 for stride in array.strides) or not (array.flags.aligned and array.flags.writeable):
            array = array.copy()  # PyTorch has no such memory
        if format == "bfloat16":
            return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16).to(device)
        return torch.from_numpy(array).to(device)

    def to_array(tensor: Any) -> tuple[Array, str]:
        tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
        if tensor.dtype is torch.bfloat16:
            return tensor.view(torch.int16).numpy().view(np.uint16), "bfloat16"
        return tensor.numpy(), str(tensor.dtype).rpartition(".")[2]

    def synchronise(tensor: Any) -> Any:
        if device == "cuda":
            torch.cuda.synchronize()
        return tensor

    def norm(w: Any, axis: Any) -> Any:
        return torch.sqrt(torch.sum(torch.square(w), dim=axis, keepdim=True))

    def clip(n: Any, low: Any, high: Any) -> Any:
        # A number below and a tensor above: torch.compile took the tensor's value for a constant (2.13).
        between = isinstance(high, torch.Tensor) and not isinstance(low, torch.Tensor)
        return torch.clamp(n, torch.full_like(high, low) if between else low, high)

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        constrained = formula.constrain(contract, norm, clip, axis)
        values = {"epsilon": 1e-7, **parameters}
        if mode == "eager":
            return lambda w: constrained(w, values)
        key = contract, type(axis), repr(axis)
        if key not in functions:
            functions[key] = compiled(mode, constrained)
        traced = functions[key]
        # Numbers would be compiled in, a second for each of their values. Tensors of rank 0 are not, and take part
        # in arithmetic as numbers do, except with weights of rank 0.
        tensors = {
            name: torch.tensor(value, dtype=torch.float64, device=device) if isinstance(value, float) else value
            for name, value in values.items()
        }
        return lambda w: traced(w, tensors if w.ndim else values)

    def gradient(constraint: Constraint, w: Any) -> Any:
        leaf = w.detach().clone().requires_grad_()
        total = constraint(leaf).sum()
        if not total.requires_grad:
            raise Unsupported(NO_GRADIENT)
        return torch.autograd.grad(total, leaf)[0]

    @contextlib.contextmanager
    def tf32() -> Iterator[None]:
        before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = True
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before[0])
            torch.backends.cudnn.allow_tf32 = before[1]

    return Framework(
        backend="torch",
        array_types=(torch.Tensor,),
        to_tensor=to_tensor,
        to_array=to_array,
        build=build,
        guises=in_guises(DIALECT, {"torch": torch}),
        gradient=gradient,
        synchronise=synchronise,
        accelerator=torch.cuda.get_device_name() if device == "cuda" else None,
        accelerator_libraries={"CUDA": str(torch.version.cuda), "cuDNN": str(torch.backends.cudnn.version())}
        if device == "cuda"
        else {},
        tf32=tf32,
        copy=lambda tensor: tensor.clone(),
    )


def compiled(mode: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function compiled anew for each shape, as its first call is; raises Unsupported without a compiler."""
    import torch

    reason = why_not_compile()
    if reason:
        raise Unsupported(reason)
    # named, because the types of PyTorch are known only where it is installed
    whole: Callable[..., Any] = torch.compile(function, dynamic=False)
    return whole


@functools.lru_cache(maxsize=None)
def why_not_compile() -> str:
    """Return why torch.compile does not work here, empty where it does; from now on it compiles for each shape."""
    import torch
    import torch._dynamo
    import torch._inductor.config

    # Past its limit of eight shapes it would run the function eagerly and only log that.
    for name in ("recompile_limit", "accumulated_recompile_limit"):
        setattr(torch._dynamo.config, name, 1_000_000)
    # A pool of processes is slow to start and may outlive a worker that is killed.
    torch._inductor.config.compile_threads = 1
    try:
        # What its imports warn of would else be said of the first constraint.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.compile(lambda w: w + 1)(torch.ones(2, device=place()))
    except Exception as error:  # noqa: BLE001 - a missing C++ compiler is reported in many ways
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"torch.compile does not work here: {type(error).__name__}: {lines[0] if lines else ''}"
    return ""


def prelude(stack: Stack) -> tuple[str, ...]:
    """Return the lines ahead of any program on a stack."""
    return ("import torch",)


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in plain PyTorch that repeats apply requests."""
    return formula_program(DIALECT, requests)
