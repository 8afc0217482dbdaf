"""The chapter on devices in Markdown: what a GPU makes of the cases that the CPU gets, stack by stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.analysis.differences import DEVICES, differences
from reports.analysis.report import Report
from reports.markdown.markup import fitting, prose
from reports.markdown.modes import share
from reports.record.header import Device
from reports.record.model import Column, Result
from reports.text import grade, join_and, pluralize, size, ulps

CPU = "cpu"
TITLE = "Do CPU and GPU agree?"
NOT_MEASURED = "GPU: not measured"
SAME_BITS, TF32 = "same_input_gives_the_same_bits", "tf32_changes_nothing"


def devices(report: Report) -> list[str]:
    """The chapter; where no GPU was asked, that and the reason."""
    beyond = [column for column in report.columns if column.device != CPU]
    absent = _absent(report)
    if not beyond:
        return [f"**{NOT_MEASURED}**: {prose(absent or 'these runs were on CPUs alone')}."]
    return [
        *([f"{prose(absent)}."] if absent else []),
        _named(report),
        *_bits(report),
        *_grades(report, beyond),
        *_specials(report, beyond),
        *_switches(report, beyond),
        *_new(report),
    ]


def _absent(report: Report) -> str:
    """The devices that were asked for and are not there, with the reasons."""
    reasons: dict[str, list[str]] = {}
    for stack in report.stacks:
        if not stack.available and stack.device and stack.device.kind != CPU:
            reasons.setdefault(stack.reason or "", []).append(stack.name)
    return join_and([f"{reason} ({', '.join(names)})" for reason, names in reasons.items()])


def _named(report: Report) -> str:
    found: dict[str, dict[str, None]] = {}
    for stack in report.available.values():
        if stack.device:
            found.setdefault(_device(stack.device), {})[stack.name] = None
    return "\n".join(f"- {prose(device)}: {prose(', '.join(names))}" for device, names in found.items())


def _device(device: Device) -> str:
    details = [f"{name} {version}" for name, version in (device.details or {}).items()]
    return ", ".join([f"{device.kind} {device.name}", *details])


def _bits(report: Report) -> Iterator[str]:
    found = {column: formats for column, formats in differences(report, DEVICES).items() if formats}
    if not found:
        return
    forms = list(dict.fromkeys(form for formats in found.values() for form in formats))
    rows = [
        [prose(f"{column.stack} {column.mode}"), *(share(formats.get(form)) for form in forms)]
        for column, formats in found.items()
    ]
    other = sum(any(one.differ for one in formats.values()) for formats in found.values())
    yield (
        f"{other} of {pluralize(len(found), 'stack and mode', 'stacks and modes')} give other bits on the GPU than on "
        "the CPU for the same weights: the share of elements that differ in any bit, and the largest distance. Both "
        "may be right, for rounding leaves an interval of accepted results."
    )
    yield fitting("Bits by stack and format", ("stack and mode", *map(prose, forms)), rows, most=30)


def _pairs(report: Report, beyond: Sequence[Column]) -> Iterator[tuple[str, Column, Result, Result]]:
    """Every rule with a result on the CPU and on another device, for each column of the latter."""
    for column in beyond:
        for rule in report.rules:
            there = report.result(rule.id, Column(column.stack, column.mode, CPU))
            here = report.result(rule.id, column)
            if there is not None and here is not None:
                yield rule.id, column, there, here


def _grades(report: Report, beyond: Sequence[Column]) -> Iterator[str]:
    pairs = list(_pairs(report, beyond))
    rows = [
        [prose(f"{column.stack} {column.mode}"), prose(rule), *(f"{grade(one)}{_worst(one)}" for one in (there, here))]
        for rule, column, there, here in pairs
        if there.grade != here.grade
    ]
    if not pairs:
        return
    yield f"Of {pluralize(len(pairs), 'result')} that are there for both, {len(rows)} have another grade."
    if rows:
        yield fitting("Other grades", ("stack and mode", "rule", "on the CPU", "on the GPU"), rows)


def _worst(result: Result) -> str:
    found = list(result.worst_ulps.values())
    return f", {ulps(max(found, key=size))} ulps" if found else ""


def _specials(report: Report, beyond: Sequence[Column]) -> Iterator[str]:
    """What became of input that nobody specifies, NaN, infinities and subnormal numbers among it."""
    asked, rows = 0, []
    for _, column, there, here in _pairs(report, beyond):
        before = {(one.probe, one.format): one.character for one in there.observations}
        for one in here.observations:
            on_cpu = before.get((one.probe, one.format))
            asked += on_cpu is not None
            if on_cpu is not None and on_cpu != one.character:
                where = prose(f"{column.stack} {column.mode}")
                rows.append([where, prose(one.probe), prose(on_cpu), prose(one.character)])
    if asked:
        yield (
            f"Of {pluralize(asked, 'answer')} to special values (NaN, infinities, subnormal numbers, the ends of the "
            f"range) and other input that nobody specifies, {len(rows)} are others."
        )
    if rows:
        yield fitting("Other answers", ("stack and mode", "input", "on the CPU", "on the GPU"), rows)


def _switches(report: Report, beyond: Sequence[Column]) -> Iterator[str]:
    for rule, asked in (
        (SAME_BITS, "A second call on the GPU gives the same bits"),
        (TF32, "Allowing TF32 changes no bit"),
    ):
        found = [(column, result) for column in beyond if (result := report.result(rule, column)) is not None]
        wrong = [f"{column.stack} {column.mode} ({grade(result)})" for column, result in found if _broken(result)]
        checked = sum(result.groups for _, result in found)
        if checked:
            said = f"not on {join_and(wrong)}" if wrong else "on every stack that was asked"
            yield f"{asked}: {prose(said)}; {checked:,} groups were compared."
        elif found:
            yield f"{asked}: could not be asked of any stack."


def _broken(result: Result) -> bool:
    return bool(result.findings)


def _new(report: Report) -> Iterator[str]:
    places = {(one.rule, one.stack, one.mode) for one in report.rechecks_in("known") if one.device != CPU}
    if places:
        yield f"{pluralize(len(places), 'divergence')} on the GPU {'is' if len(places) == 1 else 'are'} known."
    broken = [
        (column.device, (rule.id, column.stack, column.mode, *finding.kind), finding.known)
        for rule, column, result in report.ordered
        for finding in result.findings
        if finding.level == "MUST" and finding.is_broken
    ]
    there = {place for device, place, _ in broken if device == CPU}
    new = [place for device, place, why in broken if device != CPU and why is None]
    alike = sum(place in there for place in new)
    said = f", {alike} of which {'is' if alike == 1 else 'are'} there on the CPU too" if alike else ""
    are = "is" if len(new) == 1 else "are"
    yield f"{pluralize(len(new), 'divergence')} from MUST rules on the GPU {are} new{said}."
