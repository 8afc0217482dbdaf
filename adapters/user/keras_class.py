"""What Keras asks of a class of constraints: to be built again from what it says of itself, wherever Keras does that.

Each way is written once, as text: {made} is a constraint, and {cls} its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters import keras3
from adapters.core.declaration import Declaration

_IN_A_MODEL = (
    "def in_a_model(made):",
    "    layer = keras.layers.Dense(1, kernel_constraint=made)",
    "    return keras.Sequential([keras.Input((1,)), layer]), {type(made).__name__: type(made)}",
)


@dataclass(frozen=True)
class Rebuilt:
    """A way to build a constraint again: an expression in {made} and {cls}, and what has to be defined for it."""

    text: str
    definitions: tuple[str, ...] = ()


ACCESSES: Mapping[str, Rebuilt] = {
    "from_config": Rebuilt(keras3.ACCESSES["from_config"]),
    "serialized": Rebuilt(
        "serialized({made})",
        (
            "def serialized(made):",
            "    config = json.loads(json.dumps(keras.constraints.serialize(made)))",
            "    return keras.constraints.deserialize(config, {type(made).__name__: type(made)})",
        ),
    ),
    "got": Rebuilt(
        "got({made})",
        (
            "def got(made):",
            "    identifier = json.loads(json.dumps(keras.constraints.serialize(made)))",
            "    with keras.saving.custom_object_scope({type(made).__name__: type(made)}):",
            "        return keras.constraints.get(identifier)",
        ),
    ),
    "cloned": Rebuilt(
        "cloned({made})",
        (
            *_IN_A_MODEL,
            "def cloned(made):",
            "    model, names = in_a_model(made)",
            "    with keras.saving.custom_object_scope(names):",
            "        return keras.models.clone_model(model).layers[-1].kernel_constraint",
        ),
    ),
    "saved": Rebuilt(
        "saved({made})",
        (
            *_IN_A_MODEL,
            "def saved(made):",
            "    model, names = in_a_model(made)",
            "    with tempfile.TemporaryDirectory() as folder:",
            "        model.save(os.path.join(folder, 'model.keras'))",
            "        loaded = keras.saving.load_model(os.path.join(folder, 'model.keras'), names)",
            "    return loaded.layers[-1].kernel_constraint",
        ),
    ),
}


def makes_constraints(declared: Declaration) -> bool:
    """Whether it is called to make a constraint, which may keep something, and no layer or model."""
    return declared.factory and not declared.kind


def accesses_of(declared: Declaration) -> Mapping[str, Rebuilt]:
    """The ways to come by a constraint beside calling its class; none of what is no class for Keras."""
    built_again = declared.is_class and not declared.kind and declared.framework.startswith("keras-")
    return ACCESSES if built_again else {}
