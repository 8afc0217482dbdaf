"""All pictures of a report, in galleries: of one kind and one stack, a picture for each format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reports.analysis.format_matrix import FORMATS
from reports.analysis.report import Report
from reports.analysis.responses import curves
from reports.charts.charts import drift, histogram, norms, rates
from reports.charts.svg import standalone
from reports.record.measurements import Cell, Curve
from reports.record.model import Column
from reports.text import label, names, slug

Kind = Literal["norms", "errors", "drift", "rate"]


@dataclass(frozen=True)
class Gallery:
    """Pictures under a title, by format; all of it is of one column, or of several that give the same."""

    kind: Kind
    contract: str
    columns: tuple[Column, ...]
    title: str
    pictures: tuple[tuple[str, str], ...]


def galleries(report: Report) -> list[Gallery]:
    """Every gallery, kind by kind."""
    every = report.columns
    return [
        *_norms(report, every),
        *_errors(report, every),
        *_over_calls(report, every, "drift", "Drift over many calls"),
        *_over_calls(report, every, "rate", "Rates"),
    ]


def files(report: Report) -> dict[str, str]:
    """Every picture as a file of its own, named for example keras-jax-eager.norms.max_norm.float16.svg."""
    every = report.columns
    found = {}
    for shown in galleries(report):
        for form, svg in shown.pictures:
            parts = (label(shown.columns[0], every), shown.kind, shown.contract, form)
            found[".".join([*(slug(part) for part in parts if part), "svg"])] = standalone(svg)
    return found


def _norms(report: Report, every: Sequence[Column]) -> Iterator[Gallery]:
    """Norm out for norm in, drawn once for columns of a stack that give the same points."""
    found: dict[tuple[str, str, str], dict[Column, list[Curve]]] = {}
    for column, curve in curves(report):
        place = (column.stack, column.device, curve.contract)
        found.setdefault(place, {}).setdefault(column, []).append(curve)
    for (_, _, contract), modes in found.items():
        alike: dict[str, list[Column]] = {}
        for column, drawn in modes.items():
            alike.setdefault(json.dumps([one.y for one in drawn]), []).append(column)
        for same in alike.values():
            where = names(same, every)
            pictures = tuple((curve.format, norms(curve, where)) for curve in modes[same[0]])
            yield Gallery("norms", contract, tuple(same), f"{contract} on {where}", pictures)


def _errors(report: Report, every: Sequence[Column]) -> Iterator[Gallery]:
    found: dict[Column, list[Cell]] = {column: [] for column in every}
    for _, column, result in report.ordered:
        if result.chapter == "values":
            found[column] += result.cells or ()
    for column, cells in found.items():
        where = label(column, every)
        by_format = {form: [c for c in cells if c.format == form and c.errors] for form in FORMATS}
        pictures = tuple((form, histogram(own, form, where)) for form, own in by_format.items() if own)
        if pictures:
            yield Gallery("errors", "", (column,), f"Errors of {where}, by the rules on values", pictures)


def _over_calls(
    report: Report, every: Sequence[Column], kind: Literal["drift", "rate"], title: str
) -> Iterator[Gallery]:
    found: dict[tuple[Column, str], dict[str, list[Curve]]] = {}
    for column, curve in curves(report, kind):
        found.setdefault((column, curve.contract), {}).setdefault(curve.format, []).append(curve)
    for (column, contract), formats in found.items():
        where = label(column, every)
        draw = drift if kind == "drift" else rates
        pictures = tuple((form, draw(lines, where)) for form, lines in formats.items())
        yield Gallery(kind, contract, (column,), f"{title}: {contract} on {where}", pictures)
