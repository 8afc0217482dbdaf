"""One array holds groups of every kind, and a seed fixes all of them."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from conformance.cases.packing import REGIMES, Stream, pack
from reference.formats import FORMATS, round_to

AROUND = (0.5, 2.0, 1e-3)
F32 = FORMATS["float32"]


def test_a_seed_means_the_same_weights_everywhere() -> None:
    """The bits are the same on any machine with any NumPy."""
    rows = pack(F32, 200, 8, AROUND, seed=7)
    assert hashlib.sha256(rows.tobytes()).hexdigest()[:16] == "0223858aa89fc151"


def test_another_seed_means_other_weights() -> None:
    """Weights come from the seed."""
    assert not np.array_equal(pack(F32, 200, 8, AROUND, seed=7), pack(F32, 200, 8, AROUND, seed=8))


@pytest.mark.parametrize("name", FORMATS)
def test_weights_are_finite_numbers_of_the_format(name: str) -> None:
    """Nothing needs rounding, and nothing is infinite unless it was asked for."""
    rows = pack(FORMATS[name], 500, 4, AROUND, seed=1)
    assert np.isfinite(rows).all() and np.array_equal(round_to(rows, FORMATS[name]), rows)


@pytest.mark.parametrize("regime", REGIMES)
def test_a_regime_is_what_it_says(regime: str) -> None:
    """Groups of one regime have the norms and weights that its name promises."""
    rows = pack(F32, 200, 4, AROUND, seed=3, regimes=(regime,))
    norms = np.sqrt(np.sum(rows**2, axis=1))
    holds = {
        "inside": (norms > 0.499) & (norms < 2.001),
        "at a bound": (abs(norms - 0.5) < 1e-6) | (abs(norms - 2.0) < 1e-6),
        "exactly at a bound": (norms == 0.5) | (norms == 2.0),
        "beyond the format": norms > 0.999 * F32.largest,
        "one weight carries": (abs(rows[:, 0]) > 0.499) & (abs(rows[:, 0]) > 3.0 * abs(rows[:, 1:]).max(axis=1)),
        "outside": (norms > 1.999) & (norms < 129.0),
        "below the minimum": (norms > 0.0) & (norms < 0.501),
        "zero": norms == 0.0,
        "around epsilon": (norms > 1e-3 / 65) & (norms < 1e-3 * 65),
        "tiny": norms < 2.0**-55,
        "huge": norms > 2.0**55,
        "subnormal": norms < 2.0**-120,
        "anywhere": norms >= 0.0,
        "one weight only": np.count_nonzero(rows, axis=1) == 1,
        "small integers": (np.rint(rows) == rows).all(axis=1) & (abs(rows) <= 3).all(axis=1),
    }
    assert holds[regime].all()


def test_every_regime_occurs_in_its_share() -> None:
    """Zeros and lonely weights, the rarest ones, are there, and not everywhere."""
    rows = pack(F32, 4000, 4, AROUND, seed=5)
    zero, lonely = (np.count_nonzero(rows, axis=1) == count for count in (0, 1))
    assert sum(REGIMES.values()) == 100
    assert 0.01 < zero.mean() < 0.06 and 0.03 < lonely.mean() < 0.09


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_a_special_number_is_in_one_weight(special: float) -> None:
    """Exactly one weight of one group is NaN or infinite."""
    rows = pack(F32, 50, 4, AROUND, seed=2, special=special)
    assert np.count_nonzero(~np.isfinite(rows)) == 1 and (np.isnan(special) or special in rows)


def test_random_numbers_stay_in_their_range() -> None:
    """Uniform numbers are in [0, 1), and integers include both ends."""
    stream = Stream(0)
    uniform, integers = stream.uniform(10_000), stream.integers(-1, 1, 1000)
    assert uniform.min() >= 0.0 and uniform.max() < 1.0 and set(integers.tolist()) == {-1, 0, 1}
