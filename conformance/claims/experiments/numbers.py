"""What experiments share: the float32 numbers that they draw, and the unit by which they judge."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.formats import FLOAT32

ROUNDOFF = FLOAT32.unit_roundoff


def float32(values: Any) -> NDArray[np.float64]:
    """The nearest float32 numbers."""
    return np.asarray(np.asarray(values, np.float32), np.float64)


def normals(random: Random, *shape: int, scale: float = 1.0) -> Any:
    """Float32 numbers from a normal distribution, in nested lists of this shape."""
    count = int(np.prod(shape))
    return float32([random.gauss(0.0, scale) for _ in range(count)]).reshape(shape).tolist()


def uneven_columns(random: Random, shapes: Sequence[tuple[int, int]]) -> list[list[float]]:
    """A float32 matrix of one of the shapes, with columns of weights up to 0.2, 1 or 4."""
    rows, columns = random.choice(shapes)
    sizes = [random.choice((0.2, 1.0, 4.0)) for _ in range(columns)]
    return [[float(np.float32(size * random.uniform(-1.0, 1.0))) for size in sizes] for _ in range(rows)]
