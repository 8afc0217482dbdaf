"""Whether a rule blames a lawful implementation.

`python -m tests.mutants.blame WEIGHTS` asks all of them with one seed after the other, until so many weights were
judged, and prints what they were blamed for.
"""

from __future__ import annotations

import sys
from itertools import count, islice

from conformance.judging.verdict import RECORD, SHOULD
from conformance.stacks.options import Options
from conformance.stacks.session import Session
from conformance.stacks.target import Target
from tests.mutants.adapter import KNOWN, LAWFUL_OTHERS, OTHERS
from tests.mutants.lawful import LAWFUL
from tests.mutants.score import RULES, level_of, stack_of, verdicts

# what epsilon and rounding do to the right implementation too
HONEST = {
    "weights_inside_the_bound_are_unchanged": {"weights already inside the bound are changed"},
    "norm_is_at_most_the_maximum": {"the norm of the result is above the maximum"},
    "norm_is_at_least_the_minimum": {"the norm of the result is below the minimum"},
    "second_call_changes_nothing": {"the second call changes the result of the first"},
    "zero_group_stays_zero": {"a group of zeros became something else"},
    "gradient_is_finite": {"the gradient is not finite"},
    "nothing_is_lost_in_2000_calls": {"2,000 calls change weights inside the bound"},
    # torch.renorm jumps at its bound, by its epsilon
    "constraint_is_not_expansive": {"two groups are further apart after the call"},
}
# of long groups in a narrow format: what users may expect more of, and what no contract forbids
LOSES_MUCH = "pairwise summation of"
PLACES = {"mutants": "lawful", OTHERS: LAWFUL_OTHERS}


def asked(
    rule: str, target: Target, right: Target, seed: int = 0, most: int | None = None
) -> tuple[int, set[tuple[str, str]]]:
    """How many weights a rule judges in its first cases, `most` of them, and the level and the sentence, without its
    numbers, of each violation that is not only recorded.
    """
    weights, said = 0, set()
    for _, verdict in islice(verdicts(rule, target, right, seed), most):
        weights += verdict.elements
        said |= {(level_of(rule, each), each.sentence.partition(":")[0]) for each in verdict.violations}
    return weights, {(level, sentence) for level, sentence in said if level != RECORD}


def blamed(rule: str, said: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """What of it is said of a lawful implementation without right."""
    right = {(SHOULD, sentence) for sentence in HONEST.get(rule, ())}
    return {(level, sentence) for level, sentence in said - right if not (level == SHOULD and LOSES_MUCH in sentence)}


def main(wanted: int) -> None:
    """Ask all of them until so many weights were judged."""
    session = Session(Options(stacks=(*PLACES, *PLACES.values())), known=KNOWN)
    session.open()
    judged = 0
    for seed in count():
        for rule in RULES:
            right = session.target(stack_of(rule), "correct")
            for name in LAWFUL:
                weights, said = asked(rule, session.target(PLACES[stack_of(rule)], name), right, seed)
                judged += weights
                for level, sentence in sorted(blamed(rule, said)):
                    print(f"{name} is blamed by {rule} with seed {seed} ({level}): {sentence}", flush=True)
        print(f"seed {seed}: {judged:,} weights", flush=True)
        if judged >= wanted:
            break
    session.close()


if __name__ == "__main__":
    main(int(float(sys.argv[1])))
