"""Reverse-mode differentiation with every operation rounded, forwards and backwards: honest gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatArray, Format
from tests.reference.correct_variants import Add, Arithmetic, pairwise

Back = Callable[[FloatArray], FloatArray]


@dataclass(eq=False)
class Node:
    """A value per group (groups, 1) or per weight (groups, n), and how its cotangent reaches its sources."""

    tape: Tape
    value: FloatArray
    sources: tuple[tuple[Node, Back], ...] = ()
    cotangent: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.cotangent = np.zeros_like(self.value)
        self.tape.nodes.append(self)

    def __add__(self, other: Node) -> Node:
        return self.tape.node(self.value + other.value, (self, lambda c: c), (other, lambda c: c))

    def __mul__(self, other: Node) -> Node:
        return self.tape.node(
            self.value * other.value, (self, lambda c: c * other.value), (other, lambda c: c * self.value)
        )

    def __truediv__(self, other: Node) -> Node:
        store = self.tape.arithmetic.store
        return self.tape.node(
            self.value / other.value,
            (self, lambda c: c / other.value),
            (other, lambda c: -store(store(c * self.value) / other.value) / other.value),
        )


@dataclass
class Tape:
    """The operations of one evaluation in a format, and the order of its sums."""

    arithmetic: Arithmetic
    order: Callable[[FloatArray, Add], FloatArray] = pairwise
    tie: float = 0.5
    nodes: list[Node] = field(default_factory=list)

    def node(self, value: FloatArray, *sources: tuple[Node, Back]) -> Node:
        """A rounded value."""
        return Node(self, self.arithmetic.store(value), sources)

    def constant(self, value: FloatArray | float) -> Node:
        """A number that nothing depends on."""
        return self.node(np.asarray(value, dtype=np.float64).reshape(-1, 1))

    def sum(self, a: Node) -> Node:
        """Over each group."""
        total = self.order(a.value, self.arithmetic.add)[:, None]
        return self.node(total, (a, lambda c: np.broadcast_to(c, a.value.shape)))

    def root(self, a: Node) -> Node:
        """Its derivative is 1 / 2 over the root."""
        root = self.arithmetic.store(np.sqrt(a.value))
        return self.node(root, (a, lambda c: c * 0.5 / root))

    def larger(self, a: Node, b: Node) -> Node:
        """The cotangent goes to the larger; a tie is shared as the tape says."""
        to_a = np.where(a.value == b.value, self.tie, 1.0 * (a.value > b.value))
        return self.node(np.maximum(a.value, b.value), (a, lambda c: c * to_a), (b, lambda c: c * (1.0 - to_a)))

    def smaller(self, a: Node, b: Node) -> Node:
        """Likewise."""
        to_a = np.where(a.value == b.value, self.tie, 1.0 * (a.value < b.value))
        return self.node(np.minimum(a.value, b.value), (a, lambda c: c * to_a), (b, lambda c: c * (1.0 - to_a)))

    def where(self, condition: NDArray[np.bool_], a: Node, b: Node) -> Node:
        """The cotangent goes to the one chosen."""
        yes = 1.0 * condition
        return self.node(np.where(condition, a.value, b.value), (a, lambda c: c * yes), (b, lambda c: c * (1.0 - yes)))

    def pull(self, result: Node, of: Node) -> FloatArray:
        """The gradient of the sum of `result` with respect to `of`."""
        store = self.arithmetic.store
        result.cotangent = np.ones_like(result.value)
        for node in reversed(self.nodes):
            for source, back in node.sources:
                share = store(back(node.cotangent))
                if share.shape[1] != source.value.shape[1]:
                    share = self.order(share, self.arithmetic.add)[:, None]
                source.cotangent = store(source.cotangent + share)
        return of.cotangent


def quotient(tape: Tape, contract: str, p: Mapping[str, Node], norm: Node) -> tuple[Node, Node]:
    """Numerator and denominator of the gain, as libraries write them."""
    one = tape.constant(1.0)
    if contract == "unit_norm":
        return one, p["epsilon"] + norm
    if contract == "max_norm":
        return tape.smaller(norm, p["max_value"]), p["epsilon"] + norm
    if contract == "min_max_norm":
        clipped = tape.smaller(tape.larger(norm, p["min_value"]), p["max_value"])
        rest = tape.constant(1.0 - p["rate"].value)
        return p["rate"] * clipped + rest * norm, p["epsilon"] + norm
    if contract == "clip_grad_norm":
        return p["max_norm"], tape.larger(p["max_norm"], norm + p["epsilon"])
    if contract == "renorm":
        outside = norm.value > p["maxnorm"].value
        return tape.where(outside, p["maxnorm"], one), tape.where(outside, norm + p["epsilon"], one)
    if contract == "normalize":
        return one, tape.larger(norm, p["epsilon"])
    if contract == "l2_sphere":
        return p["scale"], norm
    if contract in ("unitwise_clip", "max_norm_projection"):
        bound = p["max_norm" if contract == "unitwise_clip" else "max_value"]
        outside = norm.value >= bound.value if contract == "unitwise_clip" else norm.value > bound.value
        longer = tape.larger(norm, p["epsilon"]) if contract == "unitwise_clip" else norm
        return tape.where(outside, bound, one), tape.where(outside, longer, one)
    bound = p["clip_norm" if contract == "clip_by_norm" else "scale"]
    return bound, tape.larger(norm, bound)


@dataclass(frozen=True)
class Reverse:
    """An honest way to take the gradient."""

    form: str = "w (a / b)"
    order: Callable[[FloatArray, Add], FloatArray] = pairwise
    tie: float = 0.5
    flushes: bool = False

    def gradient(self, contract: str, parameters: Mapping[str, float], rows: FloatArray, fmt: Format) -> FloatArray:
        """The gradient of each group's sum of results; (groups, n)."""
        return self.by(Arithmetic(fmt, self.flushes), Arithmetic(fmt, self.flushes), contract, parameters, rows)

    def by(
        self,
        forwards: Arithmetic,
        back: Arithmetic,
        contract: str,
        parameters: Mapping[str, float],
        rows: FloatArray,
    ) -> FloatArray:
        """The same with one arithmetic for the results and one for the way back."""
        with np.errstate(all="ignore"):
            tape = Tape(forwards, self.order, self.tie)
            weights = tape.node(rows)
            norm = tape.root(tape.sum(weights * weights))
            p = {name: tape.constant(value) for name, value in parameters.items()}
            top, bottom = quotient(tape, contract, p, norm)
            if self.form == "(w a) / b":
                result = weights * top / bottom
            else:
                result = weights * (top * (tape.constant(1.0) / bottom) if "1 / b" in self.form else top / bottom)
            tape.arithmetic = back
            return tape.pull(result, weights)
