"""Known divergences asked again: does each stored case still diverge in the way that its entry says?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import product

from conformance.cases.codec import to_record
from conformance.known.entries import Divergence
from conformance.rules.explore import evaluate
from conformance.rules.registry import check_of
from conformance.stacks.target import Target
from reports.record.failure import Failure
from reports.record.model import Recheck, State


def replayed(
    divergences: Sequence[Divergence],
    target_for: Callable[[str, str], Target],
    targets: Collection[tuple[str, str]],
    stacks: Mapping[str, str | None],
    rules: Collection[str],
    device: str,
) -> Iterator[Recheck]:
    """One `known` event for each rule, mode and device of every entry whose rule and stack the run's header names.

    `targets`: stack and mode of all that can be asked here; `stacks`: why each stack of the run is not available,
    or None. A case is asked again where the run can; elsewhere the event says why it was not.
    """
    for one in divergences:
        if one.stack not in stacks:
            continue
        for rule, mode, where in product(one.rules, one.modes, one.devices):
            if rule not in rules:
                continue
            seen: Failure | None = None
            state: State = "not run"
            if stacks[one.stack] is not None:
                said = f"{one.stack} is unavailable: {stacks[one.stack]}"
            elif where != device:
                said = f"this run is on {device}"
            elif (one.stack, mode) not in targets:
                said = f"{one.stack} offers no mode {mode} here"
            else:
                seen, state, said = _ask_again(one, rule, target_for(one.stack, mode))
            yield _event(one, (rule, mode, where, str(seen or one.failures[0])), state, said)


def _ask_again(one: Divergence, rule: str, target: Target) -> tuple[Failure | None, State, str]:
    """The failure of the entry that shows again, if one does; the state, and what is seen now."""
    verdict = evaluate(check_of(rule), target, one.case).verdict
    failures = {violation.failure: violation for violation in verdict.violations}
    for failure in one.failures:
        if again := failures.get(failure):
            return failure, "known", f"{again.sentence}: {again.observed()}"
    if failures:
        return None, "stale", f"it fails in another way: {'; '.join(map(str, failures))}"
    if verdict.unsupported is not None:
        return None, "stale", f"it is not supported any more: {verdict.unsupported}"
    return None, "stale", "it conforms" if verdict.groups else "no group of the case was judged"


def _event(one: Divergence, place: tuple[str, str, str, str], state: State, observed: str) -> Recheck:
    rule, mode, device, failure = place
    return Recheck(
        rule=rule,
        stack=one.stack,
        mode=mode,
        device=device,
        contract=one.contract,
        format=one.case.weights.format,
        failure=failure,
        reason=one.reason,
        links=tuple(one.links),
        versions=dict(one.versions),
        case=to_record(one.case),
        state=state,
        observed=observed,
    )
