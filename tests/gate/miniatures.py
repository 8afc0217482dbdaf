"""The miniatures of the suite as somebody would offer them: a file of marked factories."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from normconf import subject

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.miniatures.adapter import Counted  # the path comes first
from tests.miniatures.arithmetic import CONTRACTS, Array, Call
from tests.miniatures.miniature import Miniature
from tests.miniatures.wrong import MINIATURES


def contract_of(miniature: Miniature) -> str:
    """A contract that it breaks by its values, if it breaks any."""
    return next((name for name in CONTRACTS if f"{name}_value" in miniature.rules), "max_norm")


def _offered(miniature: Miniature, contract: str) -> Callable[..., Any]:
    def made(**parameters: Any) -> Callable[[Array], Any]:
        axis = parameters.pop("axes", parameters.pop("axis", None))
        dim = parameters.pop("dim", None)
        counted = Counted(miniature.function, Call(contract, {"epsilon": 1e-7, **parameters}, axis))

        def constrained(w: Array) -> Any:
            if dim is not None:
                others = tuple(d for d in range(np.ndim(w)) if d != dim)
                counted.call = replace(counted.call, axis=others)
            return counted(w)

        return constrained

    return made


for _name, _miniature in MINIATURES.items():
    _contract = contract_of(_miniature)
    globals()[_name] = subject(_contract, framework="numpy")(_offered(_miniature, _contract))
