"""What a process does next: a part like those that it has done, because it has imported what that needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

from conformance.processes import fork_servers

P = TypeVar("P")


class Kinds:
    """The kinds of the last parts that a process has done, as many as it keeps fork servers."""

    def __init__(self) -> None:
        self._last: list[object] = []

    def __contains__(self, kind: object) -> bool:
        return kind in self._last

    def add(self, kind: object) -> None:
        """A part of this kind is done from now on."""
        self._last = [*(each for each in self._last if each != kind), kind][-fork_servers.MOST :]


class Queue(Generic[P]):
    """Parts that nobody has begun, in the order in which they are to be; parts of one `kind` need the same imports.

    What is appended to the parts meanwhile is taken, too.
    """

    def __init__(self, parts: Sequence[P], kind: Callable[[P], object]) -> None:
        self._parts, self._kind, self._seen = parts, kind, 0
        self._waiting: list[tuple[int, P, object]] = []

    def __bool__(self) -> bool:
        self._look()
        return bool(self._waiting)

    def _look(self) -> None:
        """What was appended waits, too."""
        for number in range(self._seen, len(self._parts)):
            self._waiting.append((number, self._parts[number], self._kind(self._parts[number])))
        self._seen = len(self._parts)

    def take(self, own: Kinds, others: Collection[Kinds] = ()) -> tuple[int, P]:
        """The number of a part, and the part, of a kind that this process has done; raises ValueError for no part.

        Else it is of a kind that no other process has done, else of any; of several parts it is the first.
        """

        def rank(one: tuple[int, P, object]) -> int:
            kind = one[2]
            return 0 if kind in own else 1 if not any(kind in other for other in others) else 2

        self._look()
        chosen = min(self._waiting, key=rank)
        self._waiting.remove(chosen)
        own.add(chosen[2])
        return chosen[:2]
