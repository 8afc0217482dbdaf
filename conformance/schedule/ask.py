"""A question that is asked: what is known of a subject already spares it the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from conformance.known.entries import Divergence
from conformance.known.recognize import recognizer
from conformance.rules.execute import Effort, execute, left_out, never_answers
from conformance.rules.rule import RuleDefinition
from conformance.stacks.session import Session
from reports.record.grades import Level
from reports.record.model import Depth, Finding, Result


def ask(
    session: Session,
    rule: RuleDefinition,
    stack: str,
    mode: str,
    divergences: Sequence[Divergence] = (),
    depth: str = "",
) -> Result:
    """The result of a rule on a stack in one mode, at the depth of the run or at another.

    Somebody's subject that breaks a rule as it is called plainly is not asked it in other modes, and one that never
    gives a result in a mode is asked no more in it.
    """
    options, target = session.options, session.target(stack, mode)
    subject = target.stack.declaration is not None
    if subject and (stack, rule.id) in session.broken:
        return left_out(rule, target, f"{rule.id} is broken as the subject is called plainly")
    if subject and (always := session.always.get((stack, mode))):
        return left_out(rule, target, always)
    first = session.examples.get((rule.id, stack), ())
    effort = Effort(depth or options.depth, options.seed, options.max_findings, first, options.sweeps)
    result = execute(rule, target, effort, recognizer(divergences))
    if effort.depth != options.depth:
        result = replace(result, depth=cast(Depth, effort.depth))
    remember(session, result)
    return result


def remember(session: Session, result: Result) -> None:
    """What a result says of what need not be asked."""
    stack, place = session.known[result.stack], (result.stack, result.mode)
    always = never_answers(result)
    if not always:
        session.answered.add(place)
    elif stack.declaration is not None and place not in session.answered:
        session.always[place] = always
    if news(result) and result.mode == stack.plainest_mode:
        session.broken.add((result.stack, result.rule))


def news(result: Result) -> Finding | None:
    """The first way in which a MUST rule is broken that is not known."""
    return next((one for one in result.findings if one.level is Level.MUST and one.is_new), None)
