"""Read-outs: what comes of a single weight of a given size under a contract, on every stack, in one table a format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.analysis.format_matrix import FORMATS
from reports.analysis.merge import Report
from reports.analysis.report import columns, ordered
from reports.record.model import Column, Curve, Rule
from reports.text import named, numbers

SIZES = {
    "float16": [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4],
    "float64": [1e-24, 1e-16, 1e-8, 1e-4, 1e-2, 1.0, 100.0, 1e4, 1e8, 1e16, 1e24],
}
USUAL = [1e-24, 1e-20, 1e-16, 1e-8, 1e-4, 1e-2, 1.0, 100.0, 1e4, 1e8, 1e16, 1e20, 1e24]


@dataclass(frozen=True)
class Reading:
    """What comes out, to three digits, and whether it lies in the accepted band."""

    said: str
    accepted: bool


@dataclass(frozen=True)
class Readout:
    """A contract in a format: what goes in as the format has it, what exact arithmetic gives, and what columns give."""

    contract: str
    call: str
    format: str
    sizes: tuple[str, ...]
    exact: tuple[str, ...]
    rows: tuple[tuple[tuple[Column, ...], tuple[Reading, ...]], ...]

    @property
    def agree(self) -> bool:
        """Whether every stack reads as exact arithmetic does."""
        return all(reading.accepted for _, readings in self.rows for reading in readings)


def readouts(report: Report) -> dict[str, tuple[Readout, ...]]:
    """By contract, one for each format of which there are curves, the narrowest first."""
    found: dict[tuple[str, str], dict[tuple[Reading, ...], list[Column]]] = {}
    first: dict[tuple[str, str], Curve] = {}
    for column, curve in curves(report):
        key = (curve["contract"], curve["format"])
        if key in first and curve["parameters"] != first[key]["parameters"]:
            continue  # a subject with a bound of its own is not comparable
        first.setdefault(key, curve)
        found.setdefault(key, {}).setdefault(_readings(curve), []).append(column)
    return {
        contract: tuple(
            _readout(first[contract, form], found[contract, form]) for form in FORMATS if (contract, form) in found
        )
        for contract in dict.fromkeys(contract for contract, _ in found)
    }


@dataclass(frozen=True)
class ContractView:
    """A contract: the rules that say what it promises, the columns that are held to it, and its read-outs."""

    name: str
    rules: tuple[Rule, ...]
    columns: tuple[Column, ...]
    readouts: tuple[Readout, ...]


def contract_views(report: Report) -> tuple[ContractView, ...]:
    """Every contract that a stack is held to, in the order in which the stacks name them."""
    held: dict[str, list[Column]] = {}
    for column in columns(report):
        stack = report.available.get((column.stack, column.device))
        for name in stack["contracts"] if stack else ():
            held.setdefault(name, []).append(column)
    found = readouts(report)
    promises = {name: tuple(rule for rule in report.rules if rule["contracts"] == [name]) for name in held}
    return tuple(ContractView(name, promises[name], tuple(where), found.get(name, ())) for name, where in held.items())


def curves(report: Report, shows: str = "norms") -> list[tuple[Column, Curve]]:
    """Every curve of a kind, column by column."""
    return [
        (column, curve)
        for _, column, result in ordered(report)
        for curve in result.get("curves", ())
        if curve["shows"] == shows
    ]


def _places(curve: Curve) -> list[int]:
    """For each size that is shown the place of the nearest norm that went in."""
    x = numbers(curve["x"])
    return [min(range(len(x)), key=lambda at: abs(math.log(x[at] / size))) for size in _sizes(curve)]


def _sizes(curve: Curve) -> Sequence[float]:
    return SIZES.get(curve["format"], USUAL)


def _readings(curve: Curve) -> tuple[Reading, ...]:
    y, low, high, errors, exact = (numbers(curve[name]) for name in ("y", "low", "high", "errors", "expected"))
    found = []
    for at in _places(curve):
        accepted = low[at] <= errors[at] <= high[at]
        alike = not accepted and _said(y[at]) == _said(exact[at])
        found.append(Reading(_said(y[at], 6 if alike else 3), accepted))
    return tuple(found)


def _readout(curve: Curve, rows: dict[tuple[Reading, ...], list[Column]]) -> Readout:
    expected = numbers(curve["expected"])
    return Readout(
        curve["contract"],
        named(curve),
        curve["format"],
        tuple(f"{numbers(curve['x'])[at]:.2g}" for at in _places(curve)),
        tuple(_said(expected[at]) for at in _places(curve)),
        tuple((tuple(where), readings) for readings, where in rows.items()),
    )


def _said(value: float, digits: int = 3) -> str:
    return "∞" if math.isinf(value) else "NaN" if math.isnan(value) else f"{value:.{digits}g}"
