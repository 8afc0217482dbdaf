"""What a run is going to ask: known before it starts, so that what was asked can be compared with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from conformance.rules.registry import catalog
from conformance.rules.rule import RuleDefinition, SweepRule
from conformance.stacks.session import Session
from reports.record.header import Planned

# the ids of a rule and a stack, and the name of a mode
Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True)
class Question:
    """A rule that is put to a stack in one of its modes; `label` names the target among those of the run."""

    rule: RuleDefinition
    stack: str
    mode: str
    label: str

    @property
    def key(self) -> Key:
        """What is asked, as a result tells it."""
        return self.rule.id, self.stack, self.mode

    @property
    def name(self) -> str:
        """What pytest calls it."""
        return f"test_{self.rule.id}[{self.label}]"


def plan(session: Session) -> tuple[Question, ...]:
    """Every question of a run, by rule; a rule that applies to no target is not asked."""
    targets = session.targets()
    labels = dict(_labels(session, targets))
    return tuple(
        Question(rule, stack, mode, labels[stack, mode])
        for rule in catalog()
        if rule.level in session.options.levels or rule.id in session.options.also
        for stack, mode in targets
        if rule.applies(session.known[stack], mode, session.options.device)
        and (not isinstance(rule, SweepRule) or _is_swept(session, stack))
    )


def _is_swept(session: Session, stack: str) -> bool:
    return session.known[stack].declaration is None or session.options.sweeps.of_subjects


def planned(targets: Sequence[tuple[str, str]], questions: Sequence[Question]) -> tuple[Planned, ...]:
    """The questions as the record's header has them: target by target."""
    rules: dict[tuple[str, str], list[str]] = {target: [] for target in targets}
    for question in questions:
        rules[question.stack, question.mode].append(question.rule.id)
    return tuple(Planned(stack, mode, tuple(asked)) for (stack, mode), asked in rules.items() if asked)


def _labels(session: Session, targets: Sequence[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], str]]:
    several = {stack for stack, _ in targets if sum(stack == other for other, _ in targets) > 1}
    for number, (stack, mode) in enumerate(targets, 1):
        # -k looks for names of rules in labels too, and a subject's file may be called anything
        name = stack if session.known[stack].declaration is None else f"subject {number}"
        yield (stack, mode), f"{name}:{mode}" if stack in several else name
