"""The mark of a subject, read as a literal: whatever somebody wrote there becomes plain values, or one sentence."""

from __future__ import annotations

import keyword
import numbers
import operator
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite
from typing import Any, Optional, TypeVar

from adapters.core.axes import decode_axes, decode_by_rank, encode_axes, encode_by_rank
from adapters.core.framework import Unsupported

# nothing that a mark lists has as many items, and no text in it as many characters
MOST_ITEMS = 64
LONGEST = 100

RANKS = (1, 2, 3, 4, 5, 6)
# axes that depend on the rank: those of one output unit of a layer, as PyTorch stores its weights and as Keras does
IN_WORDS: Mapping[str, Callable[[int], range]] = {
    "all but the first": lambda rank: range(1, rank),
    "all but the last": lambda rank: range(rank - 1),
}

T = TypeVar("T")


@dataclass(frozen=True)
class Mark:
    """What a mark says, in plain values; None stands for what it does not say."""

    contract: str
    framework: str
    names: Mapping[str, str]
    fixed: Mapping[str, float]
    axes: Optional[tuple[Any, ...]] = field(metadata={"encode": encode_axes, "decode": decode_axes})
    ranks: Optional[tuple[int, ...]]
    formats: Optional[tuple[str, ...]]
    devices: Optional[tuple[str, ...]]
    in_place: bool
    modes: Optional[tuple[str, ...]]
    no_grad: bool
    kind: Optional[str]
    frozen: Optional[str]
    others: Optional[str]
    layer: Mapping[str, Any]
    values: Mapping[str, tuple[float, ...]]
    tied: Mapping[str, str]
    axes_by_rank: Optional[Mapping[int, Any]] = field(metadata={"encode": encode_by_rank, "decode": decode_by_rank})


class Wrong(Exception):
    """A value is none of those that its place takes; the message says which those are."""


def read_mark(subject: str, given: Any) -> Mark:
    """Return the mark that a subject was given; raises Unsupported, which names the subject and the argument."""
    read = _Reader(subject, given)
    return Mark(
        contract=read("contract", text),
        framework=read("framework", text),
        names=read("names", lambda value: _mapping(value, parameter_name)),
        fixed=read("fixed", lambda value: _mapping(value, number)),
        axes=read("axes", axes_of),
        axes_by_rank=read("axes", axes_by_rank_of),
        ranks=read("ranks", _optional(ranks_of)),
        formats=read("formats", _optional(texts_of)),
        devices=read("devices", _optional(texts_of)),
        in_place=read("in_place", _truth),
        modes=read("modes", _optional(texts_of)),
        kind=read("kind", _optional(text)),
        frozen=read("frozen", _optional(text)),
        others=read("others", _optional(text)),
        layer=read("layer", lambda value: _mapping(value, _plain)),
        values=read("values", lambda value: _mapping(value, range_of)),
        tied=read("tied", lambda value: _mapping(value, tie_of)),
        no_grad=read("no_grad", lambda value: value is not None and _truth(value)),
    )


class _Reader:
    def __init__(self, subject: str, given: Any) -> None:
        self._subject = subject
        if type(given) is not dict:
            raise Unsupported(f"{subject} has a mark that normconf.subject did not make: {shown(given)}")
        self._given = given

    def __call__(self, name: str, read: Callable[[Any], T]) -> T:
        """The value of an argument; whatever goes wrong with it, the argument is named."""
        value = self._given.get(name)
        try:
            return read(value)
        except Wrong as wrong:
            raise Unsupported(f"{self._subject}: its mark says {name}={shown(value)}, but {name} {wrong}") from None
        except BaseException as error:  # noqa: BLE001 - somebody's object may raise anything when it is looked at
            reason = message_of(error)
            raise Unsupported(f"{self._subject}: {name} of its mark cannot be read: {reason}") from None


def text(value: Any) -> str:
    """A short printable text, without the class that it may have of its own."""
    if not isinstance(value, str):
        raise Wrong("takes text")
    plain = str.__str__(value)
    if len(plain) > LONGEST or not plain.isprintable():
        raise Wrong(f"takes printable text of at most {LONGEST} characters")
    return plain


def parameter_name(value: Any) -> str:
    """The name of a parameter, as Python allows it."""
    plain = text(value)
    if not is_name(plain):
        raise Wrong("holds names of parameters")
    return plain


def is_name(value: str) -> bool:
    """Whether Python takes a text for a name."""
    return value.isidentifier() and not keyword.iskeyword(value)


def number(value: Any) -> float:
    """A finite number, of Python or of NumPy, as a float."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Wrong("holds numbers")
    try:
        plain = float(value)
    except OverflowError:
        raise Wrong("holds numbers in the range of a float") from None
    if not isfinite(plain):
        raise Wrong("holds finite numbers")
    return plain


def range_of(value: Any) -> tuple[float, ...]:
    """The least and the greatest number that a parameter may be; raises Wrong."""
    ends = _several(value, number)
    if len(ends) != 2 or ends[0] > ends[1]:
        raise Wrong("holds pairs of numbers, the least and the greatest")
    return ends


def tie_of(value: Any) -> str:
    """The name of another parameter, with or without a minus before it; raises Wrong."""
    said = text(value)
    return f"-{parameter_name(said[1:])}" if said.startswith("-") else parameter_name(said)


def _plain(value: Any) -> Any:
    """A number, a truth value, a short text, None, or several of them."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if _is_several(value):
        return [_plain(one) for one in _items(value)]
    return _whole(value) if isinstance(value, numbers.Integral) else number(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise Wrong("holds whole numbers")
    try:
        return int(operator.index(value))
    except TypeError:
        raise Wrong("holds whole numbers") from None


def _axis(value: Any) -> Any:
    """A number, several numbers as they were written, a tuple or a list, or None for all axes."""
    if value is None:
        return None
    allowed = "holds numbers, lists of numbers, and None"
    try:
        axes = [_whole(one) for one in _items(value)] if _is_several(value) else [_whole(value)]
    except Wrong:
        raise Wrong(allowed) from None
    if not all(abs(axis) <= MOST_ITEMS for axis in axes):
        raise Wrong("holds axes that no array has")
    if isinstance(value, tuple):
        return tuple(axes)
    return axes if _is_several(value) else axes[0]


def axes_of(value: Any) -> Optional[tuple[Any, ...]]:
    """Axes of whatever rank, None where they are given for each rank, or not at all; raises Wrong."""
    return None if value is None or isinstance(value, (str, Mapping)) else _several(value, _axis)


def ranks_of(value: Any) -> tuple[int, ...]:
    """Several ranks; raises Wrong."""
    return _several(value, _whole)


def texts_of(value: Any) -> tuple[str, ...]:
    """Several short texts; raises Wrong."""
    return _several(value, text)


def axes_by_rank_of(value: Any) -> Optional[Mapping[int, Any]]:
    """The axis of each rank, from a dictionary or in words, None where axes are of whatever rank; raises Wrong."""
    if value is None or not isinstance(value, (str, Mapping)):
        return None
    if isinstance(value, Mapping):
        found = {_whole(rank): _axis(axis) for rank, axis in _bounded(value.items())}
        if not found or not found.keys() <= set(RANKS):
            raise Wrong(f"holds an axis for some ranks from {RANKS[0]} to {RANKS[-1]}")
        return found
    if (words := text(value)) not in IN_WORDS:
        raise Wrong(f"takes a list, a dictionary from ranks to axes, or {' or '.join(map(repr, IN_WORDS))}")
    return {rank: _plain_axis(IN_WORDS[words](rank)) for rank in RANKS if rank > 1}


def _plain_axis(axes: range) -> Any:
    return axes[0] if len(axes) == 1 else tuple(axes)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool) and type(value).__name__ not in ("bool_", "bool"):  # NumPy's has two names
        raise Wrong("is True or False")
    return bool(value)


def _optional(read: Callable[[Any], T]) -> Callable[[Any], Optional[T]]:
    return lambda value: None if value is None else read(value)


def _mapping(value: Any, read: Callable[[Any], T]) -> Mapping[str, T]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Wrong("takes a dictionary by the contract's names of parameters")
    return {parameter_name(key): read(item) for key, item in _bounded(value.items())}


def _several(value: Any, read: Callable[[Any], T]) -> tuple[T, ...]:
    if not _is_several(value):
        raise Wrong("takes a list")
    found = [read(item) for item in _items(value)]
    if not found:
        raise Wrong("is empty, which leaves nothing that could be asked")
    return tuple(found)


def _is_several(value: Any) -> bool:
    """Whether a value is a list or as good as one: a text is not, and an array of no dimensions holds one number."""
    if isinstance(value, (str, bytes, bytearray, Mapping)) or getattr(value, "ndim", 1) == 0:
        return False
    return hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")


def _items(value: Any) -> list[Any]:
    items = list(_bounded(value))
    # a set of texts is in another order in every process
    return sorted(items, key=repr) if isinstance(value, (set, frozenset)) else items


def _bounded(values: Any) -> Iterator[Any]:
    found = list(islice(values, MOST_ITEMS + 1))
    if len(found) > MOST_ITEMS:
        raise Wrong(f"has more than {MOST_ITEMS} items")
    return iter(found)


def shown(value: Any) -> str:
    """A value as it is written, as far as it can be shown, and not at length."""
    try:
        plain = str.__str__(_SHORT.repr(value))
    except BaseException:  # noqa: BLE001 - somebody's __repr__ may raise anything
        return "something that cannot be shown"
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}..."


def message_of(error: BaseException) -> str:
    """An exception's type and message on one line, as far as they can be shown."""
    try:
        said = " ".join(f"{type(error).__name__}: {error}"[:3000].split()).rstrip(":")
    except BaseException:  # noqa: BLE001 - somebody's __str__ may raise anything
        return "an exception whose message cannot be shown"
    return said if len(said) <= 3 * LONGEST else f"{said[: 3 * LONGEST]}..."


class _Short(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        """A number of thousands of digits is not written out; Python refuses to."""
        return super().repr_int(x, level) if abs(x) < 10**LONGEST else f"an integer of {x.bit_length()} bits"


_SHORT = _Short()
