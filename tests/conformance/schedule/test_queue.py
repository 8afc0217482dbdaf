"""A process takes what needs the imports that it has, and leaves nothing that it could do."""

from __future__ import annotations

from conformance.processes import fork_servers
from conformance.schedule.queue import Kinds, Queue


def kinds(*each: str) -> Kinds:
    """Those of a process that has done parts of these kinds, the last one last."""
    done = Kinds()
    for kind in each:
        done.add(kind)
    return done


def taken(parts: list[str], own: Kinds, *others: Kinds) -> list[str]:
    """All parts, in the order in which a process takes them; the kind of a part is its first letter."""
    queue = Queue(parts, lambda part: part[0])
    order = []
    while queue:
        number, part = queue.take(own, others)
        assert parts[number] == part
        order.append(part)
    return order


def test_parts_of_one_kind_are_taken_one_after_the_other() -> None:
    """The first kind first, and of a kind the first part first."""
    assert taken(["t1", "j1", "t2", "j2", "t3"], kinds()) == ["t1", "t2", "t3", "j1", "j2"]


def test_what_others_have_imported_is_left_to_them() -> None:
    """As long as there is anything else."""
    assert taken(["t1", "j1", "t2", "k1"], kinds(), kinds("t")) == ["j1", "k1", "t1", "t2"]


def test_what_it_has_imported_itself_comes_first() -> None:
    """Though another has imported it too."""
    assert taken(["t1", "j1", "j2"], kinds("j"), kinds("t", "j")) == ["j1", "j2", "t1"]


def test_a_kind_is_forgotten_with_its_fork_server() -> None:
    """There are so many of them, and those are kept that were used last."""
    done = kinds("a", *map(str, range(fork_servers.MOST - 1)), "a", "b")
    assert "a" in done and "b" in done and "0" not in done


def test_parts_of_no_kind_are_taken_in_their_order() -> None:
    """Whoever has done what."""
    queue = Queue("tjt", lambda part: None)
    assert [queue.take(kinds("t"), [kinds("j")])[0] for _ in range(3)] == [0, 1, 2]


def test_what_is_appended_is_taken_too() -> None:
    """Also where nothing was left."""
    parts = ["a"]
    queue = Queue(parts, lambda part: None)
    assert queue and queue.take(kinds()) == (0, "a") and not queue
    parts.append("b")
    assert queue and queue.take(kinds()) == (1, "b") and not queue
