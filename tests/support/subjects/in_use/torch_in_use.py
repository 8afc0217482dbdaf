"""What people do with PyTorch: each is right or wrong where it is used, whatever it does to a tensor."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from normconf import subject

ROWS: dict[str, Any] = {"framework": "torch", "ranks": [2], "axes": [1]}


def scaled(w: torch.Tensor, top: float, dim: Any = 1) -> torch.Tensor:
    n = torch.linalg.vector_norm(w, dim=dim, keepdim=True)
    return w * (n.clamp(0, top) / (n + 1e-7))


@subject("max_norm", **ROWS)
class BoundWhenBuilt(nn.Linear):  # type: ignore[misc]
    def __init__(self, inputs: int, outputs: int, max_value: float = 2.0) -> None:
        super().__init__(inputs, outputs)
        self.weight.data = scaled(self.weight.data, max_value)


@subject("max_norm", **ROWS)
class BoundAtForward(nn.Linear):  # type: ignore[misc]
    def __init__(self, inputs: int, outputs: int, max_value: float = 2.0) -> None:
        super().__init__(inputs, outputs)
        self.max_value = max_value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(x, scaled(self.weight, self.max_value), self.bias)


@subject("renorm", **ROWS)
class BoundOnce(nn.LazyLinear):  # type: ignore[misc]
    """A lazy layer becomes a Linear at its first forward, and with that loses this one."""

    def __init__(self, outputs: int, maxnorm: float = 1.0) -> None:
        super().__init__(outputs)
        self.maxnorm = maxnorm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.weight.data = torch.renorm(self.weight.data, 2, 0, self.maxnorm)
        return nn.functional.linear(x, self.weight, self.bias)


@subject("renorm", **ROWS)
class Product(nn.Module):  # type: ignore[misc]
    """What it keeps is free; what it multiplies with is bounded."""

    def __init__(self, inputs: int, outputs: int, maxnorm: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.maxnorm = maxnorm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ torch.renorm(self.weight, 2, 0, self.maxnorm).t()


@subject("renorm", framework="torch", axes="all but the first", layer={"bias": False})
class Filters(nn.Conv2d):  # type: ignore[misc]
    def __init__(self, *sizes: Any, maxnorm: float = 1.0, **options: Any) -> None:
        super().__init__(*sizes, **options)
        self.maxnorm = maxnorm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.weight.data = torch.renorm(self.weight.data, 2, 0, self.maxnorm)
        return super().forward(x)


@subject("renorm", **ROWS)
def children_only(model: nn.Module, maxnorm: float) -> None:
    for child in model.children():
        if isinstance(child, nn.Linear):
            child.weight.data = torch.renorm(child.weight.data, 2, 0, maxnorm)


@subject("renorm", **ROWS)
def every_module(model: nn.Module, maxnorm: float) -> None:
    for each in model.modules():
        if isinstance(each, nn.Linear):
            each.weight.data = torch.renorm(each.weight.data, 2, 0, maxnorm)


@subject("renorm", **ROWS)
def new_parameters(model: nn.Module, maxnorm: float) -> None:
    """Which are not those that another layer has too."""
    for each in model.modules():
        if isinstance(each, nn.Linear):
            each.weight = nn.Parameter(torch.renorm(each.weight.data, 2, 0, maxnorm))


@subject("renorm", frozen="left alone", **ROWS)
def those_that_are_trained(model: nn.Module, maxnorm: float) -> None:
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.ndim > 1:
            parameter.data = torch.renorm(parameter.data, 2, 0, maxnorm)


@subject("renorm", frozen="left alone", **ROWS)
def frozen_ones_too(model: nn.Module, maxnorm: float) -> None:
    every_module(model, maxnorm)


@subject("renorm", frozen="bounded", **ROWS)
def no_frozen_ones(model: nn.Module, maxnorm: float) -> None:
    those_that_are_trained(model, maxnorm)


@subject("renorm", **ROWS)
def biases_too(model: nn.Module, maxnorm: float) -> None:
    for parameter in model.parameters():
        parameter.data = parameter.data * 0.5 if parameter.ndim < 2 else torch.renorm(parameter.data, 2, 0, maxnorm)


@subject("renorm", others="not asked", **ROWS)
def biases_too_by_design(model: nn.Module, maxnorm: float) -> None:
    biases_too(model, maxnorm)


@subject("renorm", **ROWS)
def step(model: nn.Module, optimizer: torch.optim.Optimizer, maxnorm: float) -> None:
    optimizer.step()
    every_module(model, maxnorm)


@subject("renorm", **ROWS)
def hook(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any, maxnorm: float) -> None:
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.data = torch.renorm(parameter.data, 2, 0, maxnorm)


@subject("renorm", **ROWS)
def hook_of_one_group(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any, maxnorm: float) -> None:
    for parameter in optimizer.param_groups[0]["params"]:
        parameter.data = torch.renorm(parameter.data, 2, 0, maxnorm)


@subject("max_norm", in_place=True, **ROWS)
def on_a_leaf(w: torch.Tensor, max_value: float) -> None:
    w.copy_(scaled(w, max_value))


@subject("max_norm", in_place=True, no_grad=True, **ROWS)
def under_no_grad(w: torch.Tensor, max_value: float) -> None:
    w.copy_(scaled(w, max_value))


@subject("max_norm", framework="torch", ranks=[4], axes=[(0, 1, 2)], modes=["eager"])
def axes_of_keras(w: torch.Tensor, max_value: float) -> torch.Tensor:
    return scaled(w, max_value, (0, 1, 2))


@subject("unit_norm", fixed={"epsilon": 1e-4}, modes=["eager"], **ROWS)
def not_in_float64(w: torch.Tensor) -> torch.Tensor:
    n = torch.linalg.vector_norm(w, dim=1, keepdim=True, dtype=torch.float32)
    return w / (n + 1e-4).to(w.dtype)
