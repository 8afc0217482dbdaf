"""Whether two reports were asked the same, so that a difference is one of the stacks; and which versions differ."""

from __future__ import annotations

from typing import Literal

from reports.analysis.report import Report
from reports.record.file import RecordError
from reports.record.header import RuleStatement, StackDescription
from reports.text import join_and, truncate

_LINE = 300
SUITE = "the suite itself"


def refuse(old: Report, new: Report) -> None:
    """Raises `RecordError` with one sentence that says what keeps two reports from being compared, and what to do."""
    for option in ("seed", "depth"):
        before, after = _asked(old, option), _asked(new, option)
        if before != after:
            raise RecordError(
                f"The old run has {option} {join_and(before)} and the new one {join_and(after)}, so they drew other "
                f"cases: run one of them again with the --{option} of the other."
            )
    for name, stack in old.available.items():
        other = new.available.get(name)
        if other is not None and sorted(stack.contracts) != sorted(other.contracts):
            held = [truncate(", ".join(one.contracts), _LINE) for one in (stack, other)]
            raise RecordError(
                f"Stack {truncate(name[0], _LINE)!r} was held to {held[0]} in the old run and to {held[1]} in the new "
                "one: run both with the same version of normconf and the same options."
            )
    rules = {rule.id: rule for rule in new.rules}
    for rule in old.rules:
        if rule.id in rules and _says(rule) != _says(rules[rule.id]):
            raise RecordError(
                f"Rule {truncate(rule.id, _LINE)!r} says something else in the new run than in the old one: run both "
                "with the same version of normconf."
            )


def updates(old: Report, new: Report) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """By package, old and new version: the stacks in which they differ; what is not there has version "none"."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    pairs = [(SUITE, _suite(old), _suite(new))]
    both = ((name, stack, new.available.get(name)) for name, stack in old.available.items())
    pairs += [(name[0], _versions(one), _versions(other)) for name, one, other in both if other is not None]
    for where, before, after in pairs:
        for package in {**before, **after}:
            versions = before.get(package, "none"), after.get(package, "none")
            if versions[0] != versions[1]:
                found.setdefault((package, *versions), {})[where] = None
    return {key: tuple(stacks) for key, stacks in found.items()}


def _asked(report: Report, option: Literal["seed", "depth"]) -> list[str]:
    # runs that tried claims alone draw no cases of rules; a run in rounds may have got less deep than it was to
    asked = [record for record in report.records if record.header.rules]
    less_deep = {depth for record in asked for depth in record.shallow} if option == "depth" else set()
    return sorted({str(getattr(record.header, option)) for record in asked} | less_deep)


def _says(rule: RuleStatement) -> tuple[str, str, list[str]]:
    return rule.sentence, rule.level, sorted(rule.contracts)


def _versions(stack: StackDescription) -> dict[str, str]:
    return {**stack.versions, "Python": stack.python or "unknown"}


def _suite(report: Report) -> dict[str, str]:
    """Hypothesis draws the cases, so its version matters as well."""
    header = report.records[0].header
    suite = header.suite.removeprefix("normconf ")
    return {"normconf": suite, "hypothesis": header.host.hypothesis, "numpy": header.host.numpy}
