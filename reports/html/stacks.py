"""One section for each stack: what it is, how each rule ended in each mode, and its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.analysis.report import Report
from reports.charts.gallery import Gallery, galleries
from reports.record.header import RuleStatement, StackDescription
from reports.record.model import Column, Result


@dataclass(frozen=True)
class StackView:
    """A stack on a device: its modes, a line for each rule with a result for each mode, and its pictures."""

    stack: StackDescription
    columns: tuple[Column, ...]
    lines: tuple[tuple[RuleStatement, tuple[tuple[Column, Result | None, bool], ...]], ...]
    galleries: tuple[Gallery, ...]

    @property
    def device(self) -> str:
        """The kind of device, and its name."""
        device = self.stack.device
        return f"{device.kind}: {device.name}" if device else ""


def stack_views(report: Report) -> tuple[StackView, ...]:
    """Every stack that a record names, those too that did not run."""
    every, drawn = report.columns, galleries(report)
    return tuple(_view(report, stack, every, drawn) for stack in report.stacks)


def _view(report: Report, stack: StackDescription, every: Sequence[Column], drawn: Sequence[Gallery]) -> StackView:
    kind = stack.device.kind if stack.device else None
    own = tuple(c for c in every if stack.available and (c.stack, c.device) == (stack.name, kind))
    lines = tuple(
        (rule, tuple((c, report.result(rule.id, c), report.applies(rule, c)) for c in own))
        for rule in report.rules
        if any(report.applies(rule, c) for c in own)
    )
    return StackView(stack, own, lines, tuple(one for one in drawn if one.columns[0] in own))
