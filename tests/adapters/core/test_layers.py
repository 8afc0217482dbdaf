"""Layers are told from functions of weights by their classes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from adapters.core.layers import CALLBACK, PLAIN, base_of, weights_of


def kind(name: str, module: str, *bases: type, **members: Any) -> type:
    """A class that says it is from a module."""
    return type(name, bases, {"__module__": module, **members})


MODULE = kind("Module", "torch.nn.modules.module")
LINEAR = kind("Linear", "torch.nn.modules.linear", MODULE)
CLASSES = {
    "a layer": (kind("Mine", "mine", LINEAR), "Linear"),
    "a lazy layer": (kind("Mine", "mine", kind("LazyLinear", "torch.nn.modules.linear", LINEAR)), "Linear"),
    "a module": (kind("Mine", "mine", MODULE), PLAIN),
    "of another layer": (kind("Mine", "mine", kind("LSTM", "torch.nn.modules.rnn", MODULE)), "LSTM"),
    "a callback": (kind("Mine", "mine", kind("Callback", "keras.src.callbacks.callback")), CALLBACK),
    "of the same name": (kind("Linear", "mine"), ""),
}


@pytest.mark.parametrize(("cls", "base"), CLASSES.values(), ids=CLASSES)
def test_a_layer_is_known_by_what_it_is_derived_from(cls: type, base: str) -> None:
    """The layer whose weights are known comes before what that is derived from."""
    assert base_of(cls) == base


def built(**ranks: int) -> Any:
    """A module that has parameters of these ranks."""
    parameters = [(name, SimpleNamespace(shape=(2,) * rank)) for name, rank in ranks.items()]
    return kind("Mine", "mine", MODULE, named_parameters=lambda self: parameters, get_submodule=lambda self, _: self)()


@pytest.mark.parametrize(("ranks", "name"), [({"bias": 1, "kernel": 2}, "Mine.kernel"), ({"scale": 0}, ""), ({}, "")])
def test_what_has_weights_of_its_own_is_no_function_of_weights(ranks: dict[str, int], name: str) -> None:
    """A number or a vector of its own makes no layer of a module."""
    assert weights_of(built(**ranks)) == name


def test_a_layer_of_keras_is_one_before_it_has_weights() -> None:
    """It gets them when it is called first."""
    dense = kind("Dense", "keras.src.layers.core.dense")
    assert (weights_of(dense()), weights_of(len), weights_of(SimpleNamespace(named_parameters=[]))) == (
        "weights",
        "",
        "",
    )


def test_what_raises_is_asked_as_what_it_is() -> None:
    """Somebody's own may raise at whatever it is asked."""

    def refuses(self: Any) -> None:
        raise ValueError

    assert weights_of(kind("Mine", "mine", MODULE, named_parameters=refuses)()) == ""
