"""Random groups and parameters that fill the formats and the contracts' domains."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reference.contract import GainContract, Parameter
from reference.contracts import GAIN_CONTRACTS
from reference.formats import FloatArray, Format, decode, encode, round_to

LENGTHS = (1, 2, 3, 5, 8, 33, 300, 1000, 4096)
EPSILONS = (1e-7, 1e-7, 1e-7, 1e-3, 1e-12, 2.0**-10, 0.25, 1e-38, 3e-41, 1e-60, 2.0**90)
RATES = (1.0, 1.0, 0.0, 0.5, 0.1, 0.8, 0.9999, 1.0 - 2.0**-20, 1e-3, 1e-12)


def whole_range(rng: np.random.Generator, fmt: Format, count: int, length: int) -> FloatArray:
    """Finite numbers of random bits: every exponent and the subnormal numbers alike."""
    bits = rng.integers(0, 2**fmt.bits, (count, length), dtype=np.dtype(f"uint{fmt.bits}").type)
    values = decode(bits, fmt)
    return np.where(np.isfinite(values), values, 1.0)


def one_exponent(rng: np.random.Generator, fmt: Format, count: int, length: int) -> FloatArray:
    """Groups of weights alike in size, each group anywhere in the format's range."""
    lowest = fmt.emin - fmt.precision + 1
    exponents = rng.integers(lowest, fmt.emax, (count, 1))
    return round_to(np.ldexp(rng.uniform(-2.0, 2.0, (count, length)), exponents), fmt)


def ordinary(rng: np.random.Generator, fmt: Format, count: int, length: int, spread: float = 8.0) -> FloatArray:
    """Groups of norms between 2 ** -spread and 2 ** spread, as weights are."""
    rows = rng.standard_normal((count, length)) * np.exp2(rng.uniform(-spread, spread, (count, 1))) / np.sqrt(length)
    return round_to(rows, fmt)


def parameters(rng: np.random.Generator, contract: GainContract, everyday: bool) -> dict[str, float]:
    """Parameters of the domain: bounds of 2^-10 to 2^10, and beyond everyday use the far ends as well."""
    bounds = np.exp2(rng.uniform(-10.0, 10.0, 2))
    if not everyday and rng.random() < 0.3:
        bounds = np.exp2(rng.uniform(-120.0, 400.0, 2))
    if rng.random() < 0.05:
        bounds[0] = 0.0
    low, high = sorted(bounds.tolist())
    values = {
        "min_value": low,
        "max_value": high if rng.random() < 0.97 or not everyday else low,
        "rate": float(rng.choice(RATES) if rng.random() < 0.6 else rng.random()),
        "epsilon": float(rng.choice(EPSILONS[:7] if everyday else EPSILONS)),
    }
    return {p.name: fixed(p, values.get(p.name, high)) for p in contract.parameters}


def fixed(parameter: Parameter, value: float) -> float:
    """The value, or the only one the domain holds."""
    return parameter.default if parameter.lowest == parameter.highest else value


def at_the_bound(
    rng: np.random.Generator, contract: GainContract, fmt: Format, count: int, length: int
) -> tuple[dict[str, float], FloatArray]:
    """Groups of one exact norm, the same weights in other orders, and breakpoints that are that norm."""
    row = ordinary(rng, fmt, 1, length)
    rows = rng.permuted(np.repeat(row, count, axis=0), axis=1)
    norm = float(np.sqrt(np.sum(row**2))) * (1.0 + float(rng.integers(-2, 3)) * fmt.unit_roundoff)
    return parameters(rng, contract, everyday=True) | dict.fromkeys(contract.breakpoints, norm), rows


def batches(
    seed: int,
    fmt: Format,
    elements: int,
    everyday: bool = False,
    lengths: tuple[int, ...] = LENGTHS,
    per_length: int = 9 * len(GAIN_CONTRACTS),
    breakpoints: bool = False,
) -> Iterator[tuple[GainContract, dict[str, float], FloatArray]]:
    """Contracts, parameters and groups until every group size has had its share; groups at a breakpoint as well."""
    rng = np.random.default_rng(seed)
    contracts = list(GAIN_CONTRACTS.values())
    fill = (ordinary,) if everyday else (whole_range, one_exponent, ordinary)
    for length in lengths:
        for batch in range(per_length):
            count = -(-elements // (per_length * len(lengths) * length))
            contract = contracts[batch % len(contracts)]
            how = fill[batch // len(contracts) % len(fill)]
            rows = how(rng, fmt, count, length)
            rows[(not contract.zero_is_specified) & ~rows.any(axis=1)] = fmt.smallest_normal
            yield contract, parameters(rng, contract, everyday), rows
            if breakpoints:
                yield contract, *at_the_bound(rng, contract, fmt, count, length)


def stepped(values: FloatArray, steps: int, fmt: Format) -> FloatArray:
    """The numbers of the format so many steps further from zero, at most zero where there are not so many."""
    magnitude = encode(np.abs(values), fmt).astype(np.int64) + steps
    bits = np.maximum(magnitude, 0).astype(np.dtype(f"uint{fmt.bits}"))
    return np.copysign(decode(bits, fmt), values)
