"""Known divergences asked again: does each stored case still diverge in the way that its entry says?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product

from conformance.known.entries import Divergence
from conformance.rules.explore import evaluate
from conformance.rules.registry import check_of
from conformance.stacks.target import Target
from reports.record.failure import Failure
from reports.record.model import Recheck, State


def asked_again(divergences: Sequence[Divergence], target: Target, rules: Collection[str]) -> Iterator[Recheck]:
    """One `known` event for each of these rules that an entry names for a target: its case is asked again."""
    for divergence in divergences:
        here = divergence.stack == target.stack.name
        if not (here and target.mode in divergence.modes and target.device in divergence.devices):
            continue
        for rule in (rule for rule in divergence.rules if rule in rules):
            seen, state, said = _ask_again(divergence, rule, target)
            key = rule, target.mode, target.device, str(seen or divergence.failures[0])
            yield _event(divergence, key, state, said)


def not_asked_again(
    divergences: Sequence[Divergence],
    targets: Collection[tuple[str, str]],
    stacks: Mapping[str, str | None],
    rules: Collection[str],
    device: str,
) -> Iterator[Recheck]:
    """One `known` event, which says why, for each rule, mode and device of an entry that this run cannot ask.

    `targets`: stack and mode of all that can be asked here; `stacks`: those that the run's header names, and why each
    is not available, or None.
    """
    for divergence in divergences:
        if divergence.stack not in stacks:
            continue
        for rule, mode, known_device in product(divergence.rules, divergence.modes, divergence.devices):
            if stacks[divergence.stack] is not None:
                said = f"{divergence.stack} is unavailable: {stacks[divergence.stack]}"
            elif known_device != device:
                said = f"this run is on {device}"
            elif (divergence.stack, mode) not in targets:
                said = f"{divergence.stack} offers no mode {mode} here"
            else:
                continue
            if rule in rules:
                yield _event(divergence, (rule, mode, known_device, str(divergence.failures[0])), "not run", said)


def _ask_again(divergence: Divergence, rule: str, target: Target) -> tuple[Failure | None, State, str]:
    """The failure of the entry that shows again, if one does; the state, and what is seen now."""
    verdict = evaluate(check_of(rule), target, divergence.case).verdict
    failures = {violation.failure: violation for violation in verdict.violations}
    for failure in divergence.failures:
        if again := failures.get(failure):
            return failure, "known", f"{again.sentence}: {again.observed()}"
    if failures:
        return None, "stale", f"it fails in another way: {'; '.join(map(str, failures))}"
    if verdict.unsupported is not None:
        return None, "stale", f"it is not supported any more: {verdict.unsupported}"
    return None, "stale", "it conforms" if verdict.groups else "no group of the case was judged"


def _event(divergence: Divergence, key: tuple[str, str, str, str], state: State, observed: str) -> Recheck:
    rule, mode, device, failure = key
    return Recheck(
        rule=rule,
        stack=divergence.stack,
        mode=mode,
        device=device,
        contract=divergence.contract,
        format=divergence.case.weights.format,
        failure=failure,
        reason=divergence.reason,
        links=tuple(divergence.links),
        versions=dict(divergence.versions),
        case=divergence.case.recorded,
        state=state,
        observed=observed,
    )
