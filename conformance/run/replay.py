"""Replaying: one recorded case, put to the same rule on the same stacks again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from adapters.core.discovery import discover
from conformance.cases.case import Case
from conformance.cases.codec import from_json
from conformance.errors import CaseError, UsageError
from conformance.judging.describe import show
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.registry import bodies
from conformance.stacks.options import Options
from conformance.stacks.session import Lab
from conformance.stacks.target import Subject
from conformance.stacks.user_stacks import recorded_stacks
from reports.record.file import Record
from reports.text import call, plain


def replay(record: Record, wanted: str, options: Options, console: Console) -> int:
    """Ask the case of this id again; exit code 1 if a MUST rule is broken again, else 0."""
    found = list(_recorded(record, wanted))
    if not found:
        raise UsageError(f"{record.path} holds no case {wanted!r}")
    patterns = options.stacks or ("*",)
    places = {
        (rule, stack, mode): data
        for rule, stack, mode, data in found
        if any(fnmatchcase(stack, pattern) for pattern in patterns)
    }
    if not places:
        stacks = ", ".join(sorted({stack for _, stack, _, _ in found}))
        raise UsageError(f"{record.path} holds case {wanted!r} for {stacks} only")
    names = tuple(dict.fromkeys(stack for _, stack, _ in places))
    lab = Lab(Options(names, options.pythons, options.device), {**discover(), **recorded_stacks(record.header)})
    broken = False
    try:
        lab.open()
        for (rule, stack, mode), data in places.items():
            case = _case(record, data["case"])
            subject = lab.subject(stack, mode)
            _say(console, f"{rule} on {stack} {mode}: {call(data['case'])} on {case.weights.format}", "bold")
            _say(console, f"  weights   {show(case.weights.values, case.weights.floating)}")
            _say(console, f"  recorded  {data['observed']}")
            broken |= _ask_again(bodies()[rule], subject, case, console)
    finally:
        lab.close()
    return 1 if broken else 0


def _ask_again(body: Any, subject: Subject, case: Case, console: Console) -> bool:
    with np.errstate(all="ignore"):  # as in a run
        answer = body(subject, case)
    for asked, outcome in subject.asked:
        said = f"{outcome.said}: {outcome.message}"
        if outcome.results:
            said = show(outcome.results[-1].values, outcome.results[-1].floating)
        _say(console, f"  now       {said}" + ("" if asked == case else f" for {asked.id}"))
    if not isinstance(answer, Verdict):
        _say(console, f"  in words  {answer}")
        return False
    for problem in answer.problems:
        _say(console, f"  {problem.grade} ({problem.level}): {problem.sentence}")
        _say(console, f"  accepted  {problem.accepted()}")
    if not answer.problems:
        _say(console, f"  conforms  {', '.join(grade for grade, count in answer.grades.items() if count)}")
    return any(problem.level == MUST for problem in answer.problems)


def _recorded(record: Record, wanted: str) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    for result in record.results:
        for shown in (*result["findings"], *result["observations"]):
            if wanted in (shown["case"]["id"], shown.get("id")):
                yield result["rule"], result["stack"], result["mode"], shown


def _case(record: Record, data: Mapping[str, Any]) -> Case:
    try:
        return from_json(data)
    except CaseError as error:
        raise UsageError(f"{record.path}: {error}") from error


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(Text(plain(text), style=style), soft_wrap=True)
