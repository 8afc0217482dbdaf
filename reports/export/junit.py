"""Any report as JUnit XML: a suite for each stack, mode and device, in it a test case for each rule that applies."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reports.analysis.report import Report
from reports.analysis.summary import troubles
from reports.record.claims import ClaimResult
from reports.record.header import RuleStatement
from reports.record.model import Column, Finding, Recheck, Result
from reports.text import call, escape_control, grade, truncate, ulps

_LINE, _TEXT = 1000, 6000
_NOTHING = "there is no result, though the rule applies here"


@dataclass(frozen=True)
class _Outcome:
    """What a test case says where it does not simply pass."""

    tag: Literal["failure", "error", "skipped"]
    kind: str
    message: str
    text: str = ""


@dataclass(frozen=True)
class _Test:
    """A rule in a column, or a run as a whole."""

    name: str
    result: Result | None
    outcome: _Outcome | None

    @property
    def seconds(self) -> float:
        return self.result.seconds if self.result else 0.0


def junit(report: Report, fails: Collection[str] = ("MUST",)) -> str:
    """JUnit XML in which something fails or errs unless all of it ran and nothing is new at the levels `fails`.

    Failures are new divergences and stale known ones, skipped is what is known or could not be asked, and an error is
    what did not run.
    """
    root = Element("testsuites", name="normconf")
    stale = report.rechecks_in("stale")
    for column in dict.fromkeys([*report.columns, *map(_column, stale)]):
        gone = [one for one in stale if _column(one) == column]
        asked = [rule for rule in report.rules if report.applies(rule, column) or rule.id in map(_rule, gone)]
        tests = [_test(report.result(rule.id, column), rule, gone, fails) for rule in asked]
        _suite(root, f"{column.stack} {column.mode} {column.device}", tests)
    for place in dict.fromkeys((claim.stack, claim.device) for claim in report.claims.values()):
        own = [claim for claim in report.claims.values() if (claim.stack, claim.device) == place]
        _suite(root, f"claims {' '.join(place)}", [_claim(claim) for claim in own])
    if wrong := [*troubles(report), *([] if report.results or report.claims else ["nothing was checked"])]:
        _suite(root, "the run", [_Test(f"whole {place}", None, _error(said)) for place, said in enumerate(wrong, 1)])
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _claim(claim: ClaimResult) -> _Test:
    """A test case for a claim: it fails where it is unexpected, whatever its verdict is."""
    said, text = "; ".join(claim.surprises), claim.reason or ""
    return _Test(claim.claim, None, _Outcome("failure", "news", said, text) if said else None)


def _column(one: Recheck) -> Column:
    return Column(one.stack, one.mode, one.device)


def _rule(one: Recheck) -> str:
    return one.rule


def _error(said: str) -> _Outcome:
    return _Outcome("error", "not run", said)


def _test(result: Result | None, rule: RuleStatement, stale: Iterable[Recheck], fails: Collection[str]) -> _Test:
    gone = [one for one in stale if one.rule == rule.id]
    return _Test(rule.id, result, _failed(result, rule, gone, fails) or _not_passed(result, fails))


def _failed(result: Result | None, rule: RuleStatement, gone: list[Recheck], fails: Collection[str]) -> _Outcome | None:
    new = [finding for finding in _broken(result, fails) if finding.is_new]
    said: list[tuple[str, str, str]]
    said = [(finding.grade, finding.sentence, _evidence(finding)) for finding in new]
    said += [("STALE", f"the known divergence no longer shows: {one.observed}", _entry(one)) for one in gone]
    if result is not None and result.is_unexplained and result.level in fails:
        said.append((result.grade, "the rule is broken; the record holds no case of it", ""))
    if not said:
        return None
    kind, message, _ = said[0]
    more = f" (and {len(said) - 1} more)" if said[1:] else ""
    parts = [rule.sentence, *(f"{kind}: {message}\n{text}" for kind, message, text in said)]
    return _Outcome(
        "failure", kind, truncate(message, _LINE // 2) + more, "\n\n".join(truncate(part, _TEXT) for part in parts)
    )


def _not_passed(result: Result | None, fails: Collection[str]) -> _Outcome | None:
    if result is None:
        return _error(_NOTHING)
    if reasons := dict.fromkeys(f"known: {finding.known}" for finding in _broken(result, fails)):
        return _Outcome("skipped", "known", "; ".join(reasons))
    if result.grade == "UNSUPPORTED":
        return _Outcome("skipped", "unsupported", "; ".join(dict.fromkeys(u.reason for u in result.unsupported)))
    return None


def _broken(result: Result | None, fails: Collection[str]) -> list[Finding]:
    every = result.findings if result else []
    return [finding for finding in every if finding.is_broken and finding.level in fails]


def _evidence(finding: Finding) -> str:
    lines = [
        f"case: {call(finding.case)} on {finding.format} ({finding.id})",
        f"weights: {truncate(finding.weights, _LINE)}",
        f"observed: {truncate(finding.observed, _LINE)}",
        f"accepted: {truncate(finding.accepted, _LINE)}",
    ]
    if (program := finding.program) and program.missing:
        lines += ["", f"no program is shown: {program.missing}"]
    elif program:
        ran = "was run and printed" if program.reproduces else "did NOT reproduce it in a fresh process, and printed"
        lines += ["", program.source.rstrip("\n"), f"this program {ran}: {program.printed}"]
    return "\n".join(lines)


def _entry(one: Recheck) -> str:
    return f"case: {call(one.case)} on {one.format} ({one.case.id})\nknown: {one.reason}"


def _suite(root: Element, place: str, tests: list[_Test]) -> None:
    tags = [test.outcome.tag for test in tests if test.outcome]
    numbers = {"tests": len(tests), "failures": tags.count("failure"), "errors": tags.count("error")}
    counted = {name: str(number) for name, number in {**numbers, "skipped": tags.count("skipped")}.items()}
    seconds = sum(test.seconds for test in tests)
    suite = SubElement(root, "testsuite", {"name": _line(place), **counted, "time": f"{seconds:.3f}"})
    for test in tests:
        # GitLab takes two cases of one class and one name for the same
        names = {"classname": _line(f"normconf.{place}"), "name": _line(f"{test.name} [{place}]")}
        case = SubElement(suite, "testcase", {**names, "time": f"{test.seconds:.3f}"})
        if test.result is not None:
            properties = SubElement(case, "properties")
            for name, value in _properties(test.result).items():
                SubElement(properties, "property", name=_line(name), value=_line(value))
        if found := test.outcome:
            outcome = SubElement(case, found.tag, message=_line(found.message), type=_line(found.kind))
            outcome.text = _lines(found.text) or None


def _properties(result: Result) -> dict[str, str]:
    worst = {f"worst ulps, {form}": ulps(value) for form, value in result.worst_ulps.items()}
    return {"grade": grade(result), "level": result.level, "groups": str(result.groups), **worst}


def _line(text: str) -> str:
    return escape_control(truncate(text, _LINE))


def _lines(text: str) -> str:
    """The text without what XML cannot hold and a page could act on."""
    return "\n".join(escape_control(line) for line in text.expandtabs(4).splitlines())
