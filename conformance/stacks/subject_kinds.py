"""What a subject is beside a function of weights, by what is said of it, its base class or its first parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters import user
from adapters.core.layers import CALLBACK, PLAIN, RANK_OF_LAYER
from adapters.core.user_code import SubjectDescription
from conformance.errors import UsageError, instead
from reference.registry import CONTRACTS

# how a layer of PyTorch that is part of something is asked about weights
WRAPPED = (
    '@subject("{contract}", framework="torch", ranks=[2], axes=[1]{fixed})',
    "def bounded(w):",
    "    layer = {layer}(w.shape[1], w.shape[0]).to(w.dtype)",
    "    layer.{weights}.data = w.clone()",
    "    layer(w.new_zeros(1, w.shape[1]))",
    "    return layer.{weights}.data",
)


def refuse_built(name: str, found: SubjectDescription, contract: str, framework: str) -> None:
    """Raise UsageError for a layer or model that is built already, with the lines that make a subject of it."""
    if not found.weights:
        return
    is_built = f"{name} is a layer or model that has weights of its own, and no function of weights"
    if framework != "torch":
        raise UsageError(f"{is_built}; gate its class, or the constraint that it uses")
    free = [p.name for p in CONTRACTS[contract].parameters if p.scales and p.lowest < p.highest and p.name != "epsilon"]
    fixed = f", fixed={{{', '.join(f'{one!r}: ...' for one in free)}}}" if free else ""
    layer, _, weights = found.weights.rpartition(".")
    words = {"contract": contract, "fixed": fixed, "layer": layer, "weights": weights}
    lines = tuple(line.format(**words) for line in WRAPPED)
    raise UsageError(
        f"{is_built}; gate the class of its layer, {layer}, or wrap that, and say which bound it has:", lines
    )


def ranks_of(kind: str, found: SubjectDescription) -> tuple[int, ...] | None:
    """The ranks of the weights of a layer, a model or an optimizer, where nobody says which."""
    return {user.LAYER: (RANK_OF_LAYER.get(found.module, 2),), user.MODEL: (2,), user.HOOK: (2,)}.get(kind)


def kind_of(
    name: str,
    framework: str,
    given: str | None,
    found: SubjectDescription,
    names: Mapping[str, str],
    has: Sequence[str],
) -> str:
    """What a subject is if no function of weights: as is said, by its base class, or by its first parameter's name."""
    parameters = found.parameters or ()
    called = {names.get(one, one) for one in has}
    sizes = [each.name for each in parameters if each.required and each.name not in called]
    first = "" if found.is_class or not parameters else parameters[0].name
    kind = given or user.BY_FIRST_PARAMETER.get(first, "")
    if not kind and found.module == CALLBACK:
        kind = user.MODEL
    if not kind and (found.module in RANK_OF_LAYER or (found.module and sizes)):
        kind = user.LAYER
    if kind == user.LAYER and found.module not in (*RANK_OF_LAYER, PLAIN, ""):
        is_not = f"is derived from {found.module}, which is not asked as a layer"
        raise UsageError(f"{name} {is_not}; mark a function of weights that it uses")
    if kind and kind not in user.KINDS:
        raise UsageError(f"{name}: there is no kind {kind!r}{instead(kind, user.KINDS)}")
    if kind and not user.uses_of(framework, False, kind):
        raise UsageError(
            f"{name} is a {kind}, which is not asked for {framework} yet; mark a function of weights that uses it"
        )
    return kind


def of_a_model(name: str, kind: str, what: str, said: str | None, known: Sequence[str], otherwise: str) -> str:
    """What becomes of some parameters, as the mark of a function of a model says, or what holds if it does not."""
    if said is not None and (kind != user.MODEL or said not in known):
        raise UsageError(f"{name}: {what} is said of functions of a model, and is one of {', '.join(known)}")
    return otherwise if said is None else said
