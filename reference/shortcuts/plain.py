"""Plain evaluations: a contract computed in a format as a program would, each operation rounded, for many groups.

What one of them gives, and no interval holds, only a step beyond the format's range explains: within the range every
evaluation stays in its interval (reference.intervals). The models (reference.range_models) explain what others give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.formats import BFLOAT16, FLOAT32, FloatArray, Format, round_to
from reference.range_models import FORMS


@dataclass(frozen=True)
class Evaluation:
    """How a contract is computed: how weight, numerator and denominator meet (a key of FORMS), flushing to zero."""

    contract: GainContract
    form: str
    flushes: bool

    def results(self, columns: FloatArray, parameters: Mapping[str, float], fmt: Format) -> FloatArray:
        """What becomes of groups, in the columns of (n, groups), numbers of `fmt`; the squares are added in order."""

        def stored(values: NDArray[Any]) -> NDArray[Any]:
            rounded = _rounded(values, fmt)
            return np.where(np.abs(rounded) < fmt.smallest_normal, 0.0 * rounded, rounded) if self.flushes else rounded

        with np.errstate(all="ignore"):
            w: Any = stored(columns)
            name = self.contract.norm
            terms = stored(w * w) if name == "l2" else np.abs(w)
            total = terms[0]
            for term in terms[1:]:
                total = np.maximum(total, term) if name == "linf" else stored(total + term)
            norm: Any = stored(np.sqrt(total)) if name == "l2" else total
            p: dict[str, Any] = {name: stored(np.asarray(value)) for name, value in parameters.items()}
            a, b = stored(self.contract.numerator(norm, p)), stored(self.contract.denominator(norm, p))
            if self.form == "(w a) / b":
                return stored(stored(w * a) / b).astype(np.float64)
            if self.form == "(w / b) a":
                return stored(stored(w / b) * a).astype(np.float64)
            gain = stored(a * stored(np.float32(1.0) / b)) if self.form == "w (a (1 / b))" else stored(a / b)
            return stored(w * gain).astype(np.float64)


def _rounded(values: NDArray[Any], fmt: Format) -> NDArray[np.float32]:
    """Numbers of a format, as float32 numbers: what float32 rounds first is rounded as if once (24 >= 2 * 11 + 2)."""
    if fmt is FLOAT32:
        return values.astype(np.float32, copy=False)
    return round_to(values, fmt).astype(np.float32) if fmt is BFLOAT16 else values.astype(fmt.name).astype(np.float32)


def evaluations(contract: GainContract) -> Iterator[Evaluation]:
    """The evaluations of a contract, the plainest first."""
    for arranged in contract.arrangements:
        for flushes in (False, True):
            for form in FORMS:
                yield Evaluation(arranged, form, flushes)
