"""Read-outs: what comes of a single weight of a given size under a contract, on every stack, in one table a format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.analysis.format_matrix import FORMATS
from reports.analysis.report import Report
from reports.record.header import RuleStatement
from reports.record.measurements import Curve
from reports.record.model import Column
from reports.text import call_of

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
class Response:
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


def responses(report: Report) -> dict[str, tuple[Response, ...]]:
    """By contract, one for each format of which there are curves, the narrowest first."""
    found: dict[tuple[str, str], dict[tuple[Reading, ...], list[Column]]] = {}
    first: dict[tuple[str, str], Curve] = {}
    for column, curve in curves(report):
        key = (curve.contract, curve.format)
        if key in first and curve.parameters != first[key].parameters:
            continue  # a subject with a bound of its own is not comparable
        first.setdefault(key, curve)
        found.setdefault(key, {}).setdefault(_readings(curve), []).append(column)
    return {
        contract: tuple(
            _response(first[contract, form], found[contract, form]) for form in FORMATS if (contract, form) in found
        )
        for contract in dict.fromkeys(contract for contract, _ in found)
    }


@dataclass(frozen=True)
class ContractView:
    """A contract: the rules that say what it promises, the columns that are held to it, and its read-outs."""

    name: str
    rules: tuple[RuleStatement, ...]
    columns: tuple[Column, ...]
    responses: tuple[Response, ...]


def contract_views(report: Report) -> tuple[ContractView, ...]:
    """Every contract that a stack is held to, in the order in which the stacks name them."""
    held: dict[str, list[Column]] = {}
    for column in report.columns:
        stack = report.available.get((column.stack, column.device))
        for name in stack.contracts if stack else ():
            held.setdefault(name, []).append(column)
    found = responses(report)
    promises = {name: tuple(rule for rule in report.rules if rule.contracts == (name,)) for name in held}
    return tuple(ContractView(name, promises[name], tuple(where), found.get(name, ())) for name, where in held.items())


def curves(report: Report, shows: str = "norms") -> list[tuple[Column, Curve]]:
    """Every curve of a kind, column by column."""
    return [
        (column, curve) for _, column, result in report.ordered for curve in result.curves or () if curve.shows == shows
    ]


def _places(curve: Curve) -> list[int]:
    """For each size that is shown the place of the nearest norm that went in."""
    x = curve.x
    return [min(range(len(x)), key=lambda at: abs(math.log(x[at] / size))) for size in _sizes(curve)]


def _sizes(curve: Curve) -> Sequence[float]:
    return SIZES.get(curve.format, USUAL)


def _readings(curve: Curve) -> tuple[Reading, ...]:
    y, low, high, errors, exact = curve.y, curve.low, curve.high, curve.errors, curve.expected
    found = []
    for at in _places(curve):
        accepted = low[at] <= errors[at] <= high[at]
        alike = not accepted and _said(y[at]) == _said(exact[at])
        found.append(Reading(_said(y[at], 6 if alike else 3), accepted))
    return tuple(found)


def _response(curve: Curve, rows: dict[tuple[Reading, ...], list[Column]]) -> Response:
    expected = curve.expected
    return Response(
        curve.contract,
        call_of(curve),
        curve.format,
        tuple(f"{curve.x[at]:.2g}" for at in _places(curve)),
        tuple(_said(expected[at]) for at in _places(curve)),
        tuple((tuple(where), readings) for readings, where in rows.items()),
    )


def _said(value: float, digits: int = 3) -> str:
    return "∞" if math.isinf(value) else "NaN" if math.isnan(value) else f"{value:.{digits}g}"
