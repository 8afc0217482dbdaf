"""The mutants of the suite as somebody would offer them: a file of marked factories."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from normconf import subject

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.mutants.adapter import Counted  # the path comes first
from tests.mutants.arithmetic import CONTRACTS, OTHER_CONTRACTS, Array, Call
from tests.mutants.mutant import Mutant
from tests.mutants.wrong import MUTANTS

# what is wrong shows in something else than the result of f(w), and a gate asks a file for nothing else
ELSEWHERE = {
    "config_round_trip_keeps_the_constraint": "a function in a file has no configuration",
    "serialisation_keeps_the_constraint": "a function in a file has no serialized form",
    "an_identifier_gives_the_constraint": "a function in a file has no serialized form",
    "a_cloned_model_keeps_the_constraint": "a function on NumPy is in no model",
    "a_saved_model_keeps_the_constraint": "a function on NumPy is in no model",
    "rows_not_looked_up_keep_their_bits": "a function in a file looks no rows up",
    "modes_give_the_same_bits": "a function in a file has one mode, and each of its results is right",
    "gradient_is_that_of_the_contract": "NumPy has no gradients",
    "gradient_is_finite": "NumPy has no gradients",
    "a_gradient_reaches_the_weights": "NumPy has no gradients",
}
# what the right max_norm breaks too, because epsilon shrinks every group, is asked as a contract that leaves it alone
BELIEFS = ("nothing_is_lost_in_2000_calls",)
# a function on NumPy gets lists where its mark names them
LISTS: list[int | list[int]] = [0, [0], [1], [0, 1], [1, 2]]
OF_LISTS = {"axis_list_is_all": LISTS, "axis_in_a_list_is_the_first": LISTS}
# NumPy has no bfloat16 of its own
IN_JAX = ("only_in_bfloat16",)


def contract_of(mutant: Mutant) -> str:
    """A contract that it breaks."""
    valued = [name for name in (*CONTRACTS, *OTHER_CONTRACTS) if f"{name}_value" in mutant.rules]
    named = [name for name in CONTRACTS if any(rule.startswith(f"{name}_") for rule in mutant.rules)]
    return [*valued, *named, "renorm" if set(mutant.rules) & set(BELIEFS) else "max_norm"][0]


def rule_of(mutant: Mutant) -> str:
    """A rule that it breaks as that contract."""
    value = f"{contract_of(mutant)}_value"
    return value if value in mutant.rules else mutant.rules[0]


def _offered(mutant: Mutant, contract: str) -> Callable[..., Any]:
    def made(**parameters: Any) -> Callable[[Array], Any]:
        axis = parameters.pop("axes", parameters.pop("axis", None))
        dim = parameters.pop("dim", None)
        counted = Counted(mutant.function, Call(contract, {"epsilon": 1e-7, **parameters}, axis))

        def constrained(w: Array) -> Any:
            if dim is not None:
                others = tuple(d for d in range(np.ndim(w)) if d != dim)
                counted.call = replace(counted.call, axis=others)
            return counted(w)

        return constrained

    return made


def _in_jax(factory: Callable[..., Any]) -> Callable[..., Any]:
    def made(**parameters: Any) -> Callable[[Any], Any]:
        from jax import numpy as jnp

        constrained = factory(**parameters)
        return lambda w: jnp.asarray(constrained(np.asarray(w)))

    return made


for _name, _mutant in MUTANTS.items():
    _contract = contract_of(_mutant)
    _factory, _framework = _offered(_mutant, _contract), "numpy"
    if _name in IN_JAX:
        _factory, _framework = _in_jax(_factory), "jax"
    globals()[_name] = subject(_contract, framework=_framework, axes=OF_LISTS.get(_name))(_factory)
