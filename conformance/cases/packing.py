"""Packing: one array that holds many groups in different regimes, so that one call is many tests.

Random numbers come from the raw stream of PCG64, which NumPy keeps the same across versions; so a seed means the
same weights everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatArray, Format, round_to
from reference.norms import NormName

# regime -> its share of the groups of a case in percent
REGIMES: dict[str, int] = {
    "inside": 20,
    "at a bound": 10,
    "exactly at a bound": 3,
    "outside": 18,
    "below the minimum": 8,
    "zero": 3,
    "around epsilon": 8,
    "tiny": 4,
    "huge": 4,
    "beyond the format": 2,
    "subnormal": 3,
    "anywhere": 5,
    "small integers": 5,
    "one weight only": 3,
    "one weight carries": 4,
}
_NAMES = tuple(REGIMES)
EVERYDAY = (
    "inside",
    "at a bound",
    "exactly at a bound",
    "outside",
    "below the minimum",
    "around epsilon",
    "small integers",
    "one weight carries",
)


class Stream:
    """A stream of random numbers that a seed fixes for good."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def uniform(self, *shape: int) -> FloatArray:
        """Numbers in [0, 1) of 53 bits."""
        raw = self._bits.random_raw(int(np.prod(shape, dtype=np.int64)))
        raw >>= np.uint64(11)
        # integers with a sign become float64 in half the time
        numbers: FloatArray = raw.view(np.int64).astype(np.float64)
        numbers *= 2.0**-53
        return numbers.reshape(shape)

    def integers(self, low: int, high: int, *shape: int) -> NDArray[np.int64]:
        """Integers in [low, high]."""
        return low + (self.uniform(*shape) * (high - low + 1)).astype(np.int64)


def pack(
    fmt: Format,
    count: int,
    length: int,
    around: tuple[float, float, float],
    seed: int,
    regimes: tuple[str, ...] = _NAMES,
    special: float | None = None,
    norm: NormName = "l2",
) -> FloatArray:
    """`count` groups of `length` weights, numbers of `fmt`, in (count, length), `around` two bounds and epsilon.

    The regimes are mixed in their shares; `special` (NaN or an infinity) is put into one weight of one group.
    """
    stream = Stream(seed)
    shares = np.cumsum([REGIMES[name] for name in regimes], dtype=np.float64)
    chosen = np.searchsorted(shares / shares[-1], stream.uniform(count), side="right")
    regime = np.array([_NAMES.index(name) for name in regimes])[np.minimum(chosen, len(regimes) - 1)]
    rows = _directions(stream, count, length, fmt)
    norms = norms_in_float64(rows, norm)
    with np.errstate(over="ignore", under="ignore"):
        targets = _targets(stream, regime, fmt, around)
        rows *= (targets / norms)[:, None]

    def of(name: str) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = regime == _NAMES.index(name)
        return chosen

    integers = of("small integers")
    rows[integers] = stream.integers(-3, 3, int(integers.sum()), length)
    subnormal = of("subnormal")
    steps = stream.integers(
        -(2 ** min(fmt.precision - 1, 40)) + 1, 2 ** min(fmt.precision - 1, 40) - 1, int(subnormal.sum()), length
    )
    rows[subnormal] = steps * fmt.smallest_subnormal
    rows[of("zero")] = stream.integers(-1, 0, int(of("zero").sum()), length) * 0.0  # of either sign
    lonely = np.flatnonzero(of("one weight only") | of("exactly at a bound"))
    rows[lonely[:, None], np.arange(length)[None, 1:]] = 0.0
    tied = of("exactly at a bound")
    rows[tied, 0] = np.copysign(np.where(stream.uniform(int(tied.sum())) < 0.3, around[0], around[1]), rows[tied, 0])
    carried = np.flatnonzero(of("one weight carries"))
    rows[carried[:, None], np.arange(length)[None, 1:]] *= np.exp2(-2.0 - stream.integers(0, fmt.precision, 1)[0])
    rows[carried, 0] = np.copysign(targets[carried], rows[carried, 0])
    rows = round_to(rows, fmt)
    rows[np.isinf(rows)] = fmt.largest
    if special is not None:
        rows[int(stream.integers(0, count - 1, 1)[0]), int(stream.integers(0, length - 1, 1)[0])] = special
    return rows


def _directions(stream: Stream, count: int, length: int, fmt: Format) -> FloatArray:
    """Random vectors whose weights are alike, moderately spread, or spread beyond the format's precision."""
    rows = 2.0 * stream.uniform(count, length) - 1.0
    rows[rows == 0.0] = 0.5
    spread = np.array([0, 0, 6, 2 * fmt.precision])[stream.integers(0, 3, count)]
    some = np.flatnonzero(spread)
    falls = stream.uniform(len(some), length) * spread[some][:, None]
    rows[some] *= np.exp2(-np.floor(falls))
    return rows


def norms_in_float64(rows: FloatArray, norm: NormName) -> FloatArray:
    """The norms of rows whose squares float64 holds, as it rounds them."""
    if norm == "l2":
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", rows, rows)))
    return np.asarray((np.sum if norm == "l1" else np.max)(np.abs(rows), axis=1))


def _targets(stream: Stream, regime: NDArray[np.int64], fmt: Format, around: tuple[float, float, float]) -> FloatArray:
    """The norm that each group is to have, up to rounding."""
    bottom, top, epsilon = around
    u = stream.uniform(len(regime))
    near = 1.0 + stream.integers(-3, 3, len(regime)) * fmt.unit_roundoff
    lowest = fmt.emin - fmt.precision + 1
    choices: dict[str, Callable[[FloatArray], FloatArray]] = {
        "inside": lambda u: bottom * (top / bottom) ** u if top > bottom else top * np.exp2(-u),
        "outside": lambda u: top * np.exp2(6.0 * u),
        "below the minimum": lambda u: bottom * np.exp2(-8.0 * u),
        "around epsilon": lambda u: epsilon * np.exp2(12.0 * u - 6.0),
        "tiny": lambda u: np.exp2(lowest + (fmt.emin / 2.0 - lowest + 4.0) * u),
        "beyond the format": lambda u: fmt.largest * np.exp2(u),
        "one weight carries": lambda u: top * np.exp2(4.0 * u - 2.0),
        "huge": lambda u: np.exp2(fmt.emax / 2.0 - 4.0 + (fmt.emax / 2.0 + 3.0) * u),
        "anywhere": lambda u: np.exp2(lowest + (fmt.emax - 1 - lowest) * u),
        "one weight only": lambda u: top * np.exp2(4.0 * u - 2.0),
    }
    at_a_bound = np.where(stream.uniform(len(regime)) < 0.3, bottom, top) * near
    targets = np.where(regime == _NAMES.index("at a bound"), at_a_bound, 1.0)
    for name, target in choices.items():
        some = regime == _NAMES.index(name)
        targets[some] = target(u[some])
    return targets
