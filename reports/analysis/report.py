"""What the writers show of a report: columns, what applies to them, breaches, and findings told once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reports.analysis.merge import Report
from reports.record.failure import same_failure
from reports.record.model import BROKEN, Claim, Column, Finding, Known, Level, Result, Rule

SECTIONS = ("MUST", "SHOULD", "RANGE", "RECORD", "KNOWN")


@dataclass(frozen=True)
class Told:
    """A finding told once for every column that showed it; the first of `alike` has the best snippet."""

    rule: Rule
    alike: tuple[tuple[Column, Finding, Path], ...]

    @property
    def finding(self) -> Finding:
        """The one that is shown for all."""
        return self.alike[0][1]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Where it was seen."""
        return tuple(dict.fromkeys(column for column, _, _ in self.alike))

    @property
    def section(self) -> str:
        """What is known is no news; RANGE is told apart from the levels: the format ran out, no rule was broken."""
        if self.finding["known"] is not None:
            return "KNOWN"
        return "RANGE" if self.finding["grade"] == "RANGE" else self.finding["level"]


def columns(report: Report) -> tuple[Column, ...]:
    """Every column that was promised by a header or has a result, stack by stack."""
    promised = [
        Column(stack["name"], mode, stack["device"]["kind"])
        for stack in report.stacks
        if stack["available"] and stack["device"]
        for mode in stack["modes"]
    ]
    order = {stack["name"]: place for place, stack in enumerate(report.stacks)}
    found = dict.fromkeys([*promised, *(Column(*key[1:]) for key in report.results)])
    return tuple(sorted(found, key=lambda column: order.get(column.stack, len(order))))


def cell(report: Report, rule: str, column: Column) -> Result | None:
    """The result of a rule in a column, None where there is none."""
    return report.results.get((rule, column.stack, column.mode, column.device))


def applies(report: Report, rule: Rule, column: Column) -> bool:
    """True where the column is held to a contract of the rule, in a mode that the rule asks about, and it suits."""
    stack = report.available.get((column.stack, column.device))
    if stack is None or cell(report, rule["id"], column) is not None:
        return True
    if rule["id"] in stack.get("unsuited", ()) or not set(rule["contracts"]) & set(stack["contracts"]):
        return False
    if column.device not in rule.get("devices", (column.device,)):
        return False
    if rule["modes"] in ("every", "not costly"):
        return rule["modes"] == "every" or column.mode not in stack.get("costly", ())
    return (column.mode == stack["modes"][0]) == (rule["modes"] == "the first")


def missing(report: Report) -> int:
    """How many cells have no result where a rule applies."""
    every = columns(report)
    wanted = ((rule, column) for rule in report.rules for column in every if applies(report, rule, column))
    return sum(cell(report, rule["id"], column) is None for rule, column in wanted)


def whole(report: Report) -> bool:
    """True only where the suite worked, all of it ran, and there is something to judge."""
    failed = any(record.footer is not None and record.footer["exit"] == 3 for record in report.records)
    return report.complete and not failed and bool(report.results or report.claims) and not missing(report)


def passed(report: Report) -> bool:
    """True only where all of it ran, nothing is news, and every known divergence is still there.

    News is a MUST rule that is newly broken, and a claim that came out otherwise than expected.
    """
    told = any(is_news(claim) for claim in report.claims.values())
    return whole(report) and not breaches(report, "MUST", new=True) and not known(report, "stale") and not told


def is_news(claim: Claim) -> bool:
    """Whether a claim came out otherwise than expected, or stands no more in its document."""
    return claim["verdict"] != claim["expected"] or claim["document"] == "changed"


def known(report: Report, state: str) -> tuple[Known, ...]:
    """The known divergences that ended in a state."""
    return tuple(one for one in report.known if one["state"] == state)


def ordered(report: Report) -> list[tuple[Rule, Column, Result]]:
    """Every result, by rule and then by column."""
    every = columns(report)
    found = ((rule, column, cell(report, rule["id"], column)) for rule in report.rules for column in every)
    return [(rule, column, result) for rule, column, result in found if result is not None]


def breaches(report: Report, level: Level, new: bool = False) -> dict[str, set[str]]:
    """The rules that each stack breaks (`new`: in a way not known) at a level, which may be milder than the rule's."""
    found: dict[str, set[str]] = {}
    for rule, column, result in ordered(report):
        wrong = [finding for finding in result["findings"] if finding["grade"] in BROKEN]
        levels = {finding["level"] for finding in wrong if not new or finding["known"] is None}
        if bare(result):
            levels = {result["level"]}
        if level in levels:
            found.setdefault(column.stack, set()).add(rule["id"])
    return found


def broken(result: Result) -> bool:
    """True where a grade of the result is that of something broken, be there a finding or not."""
    return result["grade"] in BROKEN or any(result["grades"].get(grade) for grade in BROKEN)


def bare(result: Result) -> bool:
    """True where a result is broken and no finding shows how."""
    return broken(result) and not any(finding["grade"] in BROKEN for finding in result["findings"])


def findings(report: Report) -> dict[str, tuple[Told, ...]]:
    """Findings by section; those that differ in nothing but the stack are one."""
    rules: dict[str, Rule] = {}
    found: dict[str, list[tuple[Column, Finding, Path]]] = {}
    for rule, column, result in ordered(report):
        path = report.origins[rule["id"], column.stack, column.mode, column.device]
        for finding in result["findings"]:
            same = _identity(rule, finding)
            rules[same] = rule
            found.setdefault(same, []).append((column, finding, path))
    told = [Told(rules[same], tuple(sorted(alike, key=_snippet_first))) for same, alike in found.items()]
    return {section: tuple(one for one in told if one.section == section) for section in SECTIONS}


def kind(finding: Finding) -> tuple[str, str, str]:
    """What makes two findings of a rule on a stack alike, whatever their cases are."""
    return finding["contract"], finding["format"], same_failure(finding["failure"])


def _identity(rule: Rule, finding: Finding) -> str:
    names = ("contract", "format", "grade", "level", "model", "weights", "observed", "failure", "known")
    same = {name: value for name, value in finding.items() if name in names}
    case = finding["case"]
    asked = [case["parameters"], case["axis"], case["calls"], case.get("way")]
    return json.dumps([rule["id"], same, asked], sort_keys=True)


def _snippet_first(one: tuple[Column, Finding, Path]) -> int:
    snippet = one[1]["snippet"]
    return 2 if snippet is None else 1 - snippet["reproduces"]


def groups(results: Iterable[Result]) -> int:
    """The weight groups that were checked."""
    return sum(result["groups"] for result in results)
