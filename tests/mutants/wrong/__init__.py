"""Deliberately wrong implementations: each function is one fault, its sentence says which, its rules must find it.

To add a mutant, add a function to a module of this package, or a module.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from tests.mutants.arithmetic import Array, Call
from tests.mutants.mutant import Mutant, killed_by
from tests.mutants.right import right


@killed_by("weights_inside_the_bound_are_unchanged")
def correct(w: Array, call: Call) -> Any:
    """Nothing is wrong; the epsilon of the formula shrinks weights inside the bound a little."""
    return right(w, call)


# the right one is first: what is compared with the first mode of a stack is compared with it
MUTANTS: dict[str, Mutant] = {correct.name: correct}
for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    for _value in tuple(vars(importlib.import_module(f"{__name__}.{_module}")).values()):
        if isinstance(_value, Mutant):
            MUTANTS[_value.name] = _value
