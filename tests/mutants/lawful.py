"""Lawful implementations: each keeps the contracts in a way that nothing forbids, so that no rule may blame it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.mutants.arithmetic import ELEMENTWISE, Array, Call, Function, denominator, norm, numerator, rows_of, total
from tests.mutants.right import right, scaled

Sum = Callable[[Array], Array]

LAWFUL: dict[str, Function] = {}


def lawful(function: Function) -> Function:
    """Register a function of weights and what is asked for."""
    LAWFUL[function.__name__] = function
    return function


def adds_up(add: Sum) -> Function:
    """Register an implementation that adds up terms, in (groups, n), by a function that gives (groups,)."""

    def added(w: Array, call: Call) -> Array:
        if call.contract.endswith("_linf"):
            return right(w, call)
        sizes = np.abs(w) if call.contract.endswith("_l1") else np.square(w)
        terms, kept = rows_of(sizes, call.dimensions(w.ndim))
        sums = add(terms).astype(w.dtype).reshape(kept)
        return scaled(w, sums if call.contract.endswith("_l1") else np.asarray(np.sqrt(sums)), call)

    added.__name__, added.__doc__ = add.__name__, add.__doc__
    return lawful(added)


def _one_by_one(terms: Array) -> Array:
    return np.asarray(np.add.accumulate(terms, axis=1)[:, -1])


def _tree(terms: Array) -> Array:
    return total(terms, (1,))[:, 0]


def _filled(terms: Array, size: int) -> Array:
    """Rows with zeros behind them, so that their length is a multiple of a size."""
    return np.pad(terms, ((0, 0), (0, -terms.shape[1] % size)))


@adds_up
def smallest_first(terms: Array) -> Array:
    """The terms are sorted, and added one by one."""
    return _one_by_one(np.sort(terms, axis=1))


@adds_up
def largest_first(terms: Array) -> Array:
    """The terms are sorted the other way round, and added one by one."""
    return _one_by_one(np.sort(terms, axis=1)[:, ::-1])


@adds_up
def in_a_random_order(terms: Array) -> Array:
    """The terms are shuffled, and added one by one."""
    return _one_by_one(np.random.default_rng(0).permutation(terms, axis=1))


@adds_up
def from_both_ends(terms: Array) -> Array:
    """The first and the last, the second and the last but one, and so on, one by one."""
    n = terms.shape[1]
    order = [place // 2 if place % 2 == 0 else n - 1 - place // 2 for place in range(n)]
    return _one_by_one(terms[:, order])


@adds_up
def evens_then_odds(terms: Array) -> Array:
    """Every second term, then the others, and both sums together."""
    return _one_by_one(terms[:, ::2]) + (_one_by_one(terms[:, 1::2]) if terms.shape[1] > 1 else terms.dtype.type(0))


@adds_up
def blocks_of_128(terms: Array) -> Array:
    """Each block one by one, then the blocks."""
    blocks = _filled(terms, 128).reshape(-1, 128)
    return _one_by_one(_one_by_one(blocks).reshape(len(terms), -1))


@adds_up
def sixteen_lanes(terms: Array) -> Array:
    """Sixteen sums side by side, as a vector unit holds them, then a tree."""
    lanes = _filled(terms, 16).reshape(len(terms), -1, 16)
    return _tree(np.asarray(np.add.accumulate(lanes, axis=1)[:, -1]))


@adds_up
def a_tree_of_threes(terms: Array) -> Array:
    """Three terms are added at a time."""
    while terms.shape[1] > 1:
        threes = _filled(terms, 3).reshape(len(terms), -1, 3)
        terms = (threes[..., 0] + threes[..., 1]) + threes[..., 2]
    return terms[:, 0]


@adds_up
def zeros_between(terms: Array) -> Array:
    """A tree over the terms with a zero behind each, as padded memory has it."""
    return _tree(np.stack([terms, np.zeros_like(terms)], axis=2).reshape(len(terms), -1))


@adds_up
def compensated(terms: Array) -> Array:
    """What each addition loses is kept and added to the next term (Kahan)."""
    sums, lost = np.zeros_like(terms[:, 0]), np.zeros_like(terms[:, 0])
    for term in terms.T:
        corrected = term - lost
        grown = sums + corrected
        lost = np.where(np.isfinite(grown), (grown - sums) - corrected, lost)
        sums = grown
    return sums


@adds_up
def in_a_wider_format(terms: Array) -> Array:
    """The sum is kept in float32, or in float64 where the weights are that wide."""
    wider = np.float32 if terms.dtype.itemsize == 2 else np.float64
    return _tree(terms.astype(wider))


@lawful
def in_float64_throughout(w: Array, call: Call) -> Array:
    """Every step is taken in float64, and the result is rounded once; a gradient as the others have it."""
    return right(w, call) if call.access == "gradient" else right(w.astype(np.float64), call).astype(w.dtype)


@lawful
def scaled_by_the_largest(w: Array, call: Call) -> Array:
    """The norm is the largest size times that of the weights over it, so that no square leaves the range (LAPACK)."""
    if call.contract.endswith(("_l1", "_linf")):
        return right(w, call)
    largest = np.max(np.abs(w), axis=call.dimensions(w.ndim), keepdims=True, initial=0)
    divisor = np.where(largest > 0, largest, w.dtype.type(1))
    # the sum may be as large as the number of weights, which in float16 can be infinite: then all would become zero
    wide = w.dtype if w.size < np.finfo(np.float16).max else np.result_type(w.dtype, np.float32)
    squares = total(np.square(w / divisor).astype(wide), call.dimensions(w.ndim))
    return scaled(w, np.asarray(largest * np.sqrt(squares).astype(w.dtype)), call)


@lawful
def hypotenuses(w: Array, call: Call) -> Array:
    """The norm is a tree of hypotenuses."""
    if call.contract.endswith(("_l1", "_linf")):
        return right(w, call)
    sizes, kept = rows_of(np.abs(w), call.dimensions(w.ndim))
    while sizes.shape[1] > 1:
        pairs = _filled(sizes, 2)
        wide = np.float32 if w.dtype.itemsize == 2 else w.dtype  # which bfloat16 has none of its own for
        sizes = np.hypot(pairs[:, ::2].astype(wide), pairs[:, 1::2].astype(wide)).astype(w.dtype)
    return scaled(w, sizes.reshape(kept), call)


@lawful
def reciprocal_first(w: Array, call: Call) -> Array:
    """The weights are multiplied by the bound times 1 over the norm."""
    if call.contract in ELEMENTWISE:
        return right(w, call)
    n = norm(w, call)
    return scaled(w, n, call, np.asarray(numerator(n, call) * (n.dtype.type(1) / denominator(n, call))))


@lawful
def product_first(w: Array, call: Call) -> Array:
    """The weights are multiplied by the bound, and divided by the norm then."""
    if call.contract in ELEMENTWISE or call.access in ("gradient", "even rows"):
        return right(w, call)
    n = norm(w, call)
    return np.asarray(w * numerator(n, call) / denominator(n, call))


@lawful
def in_fortran_order(w: Array, call: Call) -> Array:
    """The result is another array than the weights in memory, too."""
    return np.asarray(right(w, call), order="F")


_MEMORY: dict[tuple[object, ...], Array] = {}


@lawful
def remembers_all_of_a_call(w: Array, call: Call) -> Array:
    """The same call is answered from memory, with a copy; nothing that tells one call from another is left out."""
    said = str(sorted(call.parameters.items())), repr(call.axis), call.contract, call.access
    key = (w.shape, w.dtype.name, w.tobytes(), *said)
    if key not in _MEMORY:
        while len(_MEMORY) > 20:
            _MEMORY.pop(next(iter(_MEMORY)))
        _MEMORY[key] = right(w, call)
    return _MEMORY[key].copy()
