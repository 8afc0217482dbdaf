"""Marks of all kinds of values: each is read as plain values, or refused in one sentence that names its argument."""

from __future__ import annotations

import enum
import itertools
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest

import normconf
from adapters.core.framework import Unsupported
from adapters.core.mark import Mark, read_mark
from adapters.core.messages import FindSubjects, Found, answer_to_wire
from adapters.core.user_code import MARK, Parameter, SubjectDescription
from conformance.errors import UsageError
from conformance.stacks.user_stacks import SubjectOptions, declaration_of
from tests.support.bounds import bounded

TRIES = 800
LIMITS = ("axes", "ranks", "formats", "devices", "modes")
ARGUMENTS = (
    "contract",
    "framework",
    "names",
    "fixed",
    *LIMITS,
    "in_place",
    "no_grad",
    "kind",
    "layer",
    "frozen",
    "others",
    "values",
    "tied",
)


class Hostile:
    """Raises whatever is done with it."""

    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(name)

    def __repr__(self) -> str:
        raise KeyboardInterrupt

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise MemoryError

    def __iter__(self) -> Iterator[Any]:
        raise GeneratorExit

    def __index__(self) -> int:
        raise RecursionError

    def __float__(self) -> float:
        raise ValueError(self)


class Text(str):
    """A text that is no plain one."""

    def __str__(self) -> str:
        return "another"

    def __repr__(self) -> str:
        raise ValueError


class Table(dict[Any, Any]):
    """A dictionary whose items have no end."""

    def items(self) -> Any:
        return ((f"a{number}", 1.0) for number in itertools.count())


class Kind(enum.Enum):
    """What somebody calls things."""

    MAX = "max_norm"
    TWO = 2


class Rank(enum.IntEnum):
    """A number with a name."""

    TWO = 2


class Named(enum.StrEnum):
    """A text with a name."""

    MAX = "max_norm"
    FORMAT = "float32"


def recursive() -> list[Any]:
    """A list that holds itself."""
    values: list[Any] = []
    values.append(values)
    return values


def deep() -> list[Any]:
    """A list in a list in a list."""
    values: list[Any] = []
    for _ in range(100_000):
        values = [values]
    return values


# functions, because some can be read once only
ODD: tuple[Callable[[], Any], ...] = (
    *(lambda: None, lambda: True, lambda: 0, lambda: -1, lambda: 2, lambda: 3.5, lambda: 10**400, lambda: -(10**5000)),
    *(
        lambda: float("nan"),
        lambda: float("inf"),
        lambda: 1e308,
        lambda: 2 + 1j,
        lambda: "",
        lambda: "abc",
        lambda: "x" * 10**6,
    ),
    *(
        lambda: "\ud800",
        lambda: "a\nb",
        lambda: b"max_norm",
        lambda: bytearray(3),
        lambda: Text("max_norm"),
        lambda: Hostile(),
    ),
    *(lambda: Kind.MAX, lambda: Kind.TWO, lambda: Rank.TWO, lambda: Named.MAX, lambda: Kind, lambda: len, lambda: int),
    *(
        np.float32,
        np.float64,
        np.int64,
        np.bool_,
        lambda: np.float16(2),
        lambda: np.int8(2),
        lambda: np.longdouble("1e4000"),
    ),
    *(
        lambda: np.zeros(()),
        lambda: np.arange(3),
        lambda: np.zeros((2, 2)),
        lambda: np.zeros(10**6),
        lambda: np.array(["a"]),
    ),
    *(
        lambda: np.datetime64("2020-01-01"),
        lambda: np.array([None, Hostile], object),
        list,
        dict,
        set,
        Table,
        recursive,
        deep,
    ),
    *(
        itertools.count,
        lambda: (n for n in (0, 1)),
        lambda: iter(()),
        lambda: range(3),
        lambda: range(10**12),
        lambda: {2, 1},
    ),
    *(
        lambda: frozenset({"float32", "float16"}),
        lambda: {"epsilon": 1e-3},
        lambda: {"epsilon": Hostile()},
        lambda: {"axis": "dim"},
    ),
    *(
        lambda: {3: 4},
        lambda: {"a b": 1},
        lambda: {"epsilon": "abc"},
        lambda: {"epsilon": 10**400},
        lambda: {"lambda": "x"},
    ),
    *(lambda: ["float32"], lambda: ["float8"], lambda: ["cpu"], lambda: [2], lambda: [[0, 1], None], lambda: [(0,), 1]),
    *(
        object,
        lambda: Ellipsis,
        lambda: NotImplemented,
        lambda: slice(1),
        lambda: memoryview(b"a"),
        lambda: ValueError("x"),
    ),
)


def given(random: Random) -> dict[str, Any]:
    """A mark of which some arguments are odd."""
    mark: dict[str, Any] = {"contract": "max_norm", "framework": "numpy", "in_place": False}
    for name in random.sample(ARGUMENTS, random.choice((1, 1, 2, 3))):
        value = random.choice(ODD)()
        nested = random.random()
        mark[name] = [value] if nested < 0.2 else {"epsilon": value} if nested < 0.3 else value
    return mark


def described(mark: Mark) -> SubjectDescription:
    """A subject that takes all that it may, and has this mark."""
    parameters = tuple(Parameter(name, False) for name in ("w", "max_value", "axis"))
    return SubjectDescription("f", mark, False, "mine.py", 1, parameters, True)


@pytest.mark.slow
def test_every_mark_is_read_as_plain_values_or_refused_by_name() -> None:
    """Of what is read, every message can be sent, and every declaration be written down."""
    refused = 0
    with bounded(seconds=60, mebibytes=200):
        for seed in range(TRIES):
            mark = given(Random(seed))
            try:
                subject = described(read_mark("mine.py:f", mark))
            except Unsupported as error:
                said = str(error)
                assert said.startswith("mine.py:f") and "\n" not in said and len(said) < 600, (seed, said)
                assert any(f" {name}" in said for name in mark), (seed, said)
                refused += 1
                continue
            sent = json.loads(json.dumps(answer_to_wire(Found((subject,))), allow_nan=False))
            assert FindSubjects("", ()).read_answer(sent) == Found((subject,)), seed
            try:
                written = declaration_of("mine.py:f", "mine.py", subject, SubjectOptions()).recorded()
                json.dumps(written, allow_nan=False)
            except UsageError as error:
                assert str(error).startswith("mine.py:f"), (seed, error)
    assert TRIES // 4 < refused < TRIES


PLAIN: dict[str, tuple[Any, Any]] = {
    "NumPy's integers": ({"ranks": [np.int64(2)]}, (2,)),
    "an array": ({"ranks": np.array([1, 2])}, (1, 2)),
    "an enumeration of integers": ({"ranks": (Rank.TWO,)}, (2,)),
    "a set": ({"formats": {"float64", "float16"}}, ("float16", "float64")),
    "a generator": ({"axes": (axis for axis in (0, (0, 1)))}, (0, (0, 1))),
    "NumPy's floats": ({"fixed": {"epsilon": np.float64(0.5)}}, {"epsilon": 0.5}),
    "a class of texts": ({"contract": Text("max_norm")}, "max_norm"),
    "an enumeration of texts": ({"formats": [Named.FORMAT]}, ("float32",)),
    "NumPy's truth": ({"in_place": np.True_}, True),
}


@pytest.mark.parametrize(("said", "read"), PLAIN.values(), ids=PLAIN)
def test_what_can_be_meant_becomes_plain(said: dict[str, Any], read: Any) -> None:
    """Of Python's own types, which every process understands."""
    (name,) = said
    value = getattr(read_mark("f", {"contract": "max_norm", "framework": "numpy", "in_place": False, **said}), name)
    assert (value, repr(value)) == (read, repr(read))


def test_marking_keeps_what_was_said() -> None:
    """An author's own program does not fail because of it."""
    marked = normconf.subject("max_norm", framework="numpy", fixed=3, axes=Hostile())(lambda w: w)  # type: ignore[arg-type]  # that is the point
    assert vars(marked)[MARK]["fixed"] == 3


@pytest.mark.parametrize("value", [3, len])
def test_what_cannot_be_marked_says_so(value: Any) -> None:
    """Where the mark stands."""
    with pytest.raises(TypeError, match=r"normconf.subject (marks what can be called|cannot mark a builtin)"):
        normconf.subject("max_norm", framework="numpy")(value)
