"""What is swept at each depth: the narrow formats at listed parameters, and what takes minutes at thorough depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.core.spaces import EQUAL_WEIGHTS, NUMBERS, Space
from adapters.core.stack import Stack, tied_value
from conformance.stacks.options import Sweeps
from conformance.sweeps.job import Job
from reference.contract import Contract
from reference.registry import CONTRACTS

NARROW = ("float16", "bfloat16")
# bounds below one, at one and above, as networks for EEG (0.25, 1), the paper on dropout (3) and documents have them
BOUNDS = (0.25, 1.0, 3.0)
# less than float16 holds, so that it becomes zero there
TINY_EPSILON = 1e-8
# lengths of groups of equal weights, around the blocks in which sums are taken; longer ones take minutes each
LENGTHS = (3, 4, 8, 9, 16, 31, 64, 256)
# the contract whose larger spaces are swept
OF_ALL = "max_norm"


def parameter_sets(contract: Contract) -> Iterator[dict[str, float]]:
    """The parameters at which a contract is swept: the defaults first, then with other bounds, epsilon and rate."""
    defaults = contract.defaults
    changes: list[dict[str, float]] = [{}]
    if contract.bounds and not contract.single_weights:
        changes += [{contract.bounds[-1]: bound} for bound in BOUNDS]
        changes += [{contract.bounds[0]: 0.5, contract.bounds[-1]: 3.0}] if len(contract.bounds) > 1 else []
    free = {p.name for p in contract.parameters if p.lowest < p.highest}
    changes += [{"epsilon": TINY_EPSILON}] if "epsilon" in free else []
    changes += [{"rate": 0.5}] if "rate" in free else []
    seen = []
    for change in changes:
        chosen = {**defaults, **change}
        if chosen not in seen and contract.outside_domain(chosen) is None:
            seen.append(chosen)
            yield chosen


def jobs(stack: Stack, mode: str, depth: str, chosen: Sweeps) -> Iterator[Job]:
    """What is swept of a stack in a mode: what was chosen, or what a depth says.

    A mode that takes seconds to compile is swept at the defaults.
    """
    if chosen.spaces:
        wanted = [name for name in stack.contracts if name in chosen.contracts or not chosen.contracts]
        for contract in [CONTRACTS[name] for name in wanted]:
            given = {name: value for name, value in chosen.parameters.items() if name in contract.defaults}
            parameters = _taken(stack, contract.defaults | given)
            yield from (Job(contract.name, parameters, space) for space in chosen.spaces)
        return
    at_defaults = depth == "quick" or stack.mode(mode).slow
    for contract in [CONTRACTS[name] for name in stack.contracts]:
        sets = [_taken(stack, parameters) for parameters in parameter_sets(contract)]
        sets = [one for number, one in enumerate(sets) if one not in sets[:number]]
        for parameters in sets[:1] if at_defaults else sets:
            yield from (Job(contract.name, parameters, Space(NUMBERS, name)) for name in NARROW)
    if depth == "thorough":
        yield from larger_jobs(stack, mode)


def _taken(stack: Stack, parameters: Mapping[str, float]) -> dict[str, float]:
    """The parameters as a stack has them: those that it fixes, and ties to each other."""
    limits = stack.limits
    every = {name: limits.fixed.get(name, value) for name, value in parameters.items()}
    return every | {name: tied_value(other, every) for name, other in limits.tied.items() if name in every}


def larger_jobs(stack: Stack, mode: str) -> Iterator[Job]:
    """What takes minutes: of the ports of Keras's max_norm, at its defaults."""
    if not is_port(stack):
        return
    parameters: Mapping[str, float] = CONTRACTS[OF_ALL].defaults
    compiled = next((each.name for each in stack.modes if each.compiles), None)
    if mode in (stack.plainest_mode, compiled):
        yield Job(OF_ALL, parameters, Space(NUMBERS, "float32"))
    if mode == stack.plainest_mode:
        yield from (Job(OF_ALL, parameters, Space(EQUAL_WEIGHTS, "float16", length)) for length in LENGTHS)


def not_swept(stack: Stack, depth: str, chosen: Sweeps) -> Iterator[tuple[str, str]]:
    """What is left out of a stack at a depth, and why; nothing where it was chosen what is swept."""
    if chosen.spaces:
        return
    yield "every pair of numbers", "they are swept where that is asked for"
    larger = "every float32 number, and groups of equal weights"
    if not is_port(stack):
        yield larger, "they are swept of ports of Keras's constraints"
    elif depth != "thorough":
        yield larger, "they are swept at thorough depth"


def is_port(stack: Stack) -> bool:
    """Whether a stack is Keras's constraints themselves, or ports of all of them."""
    return "min_max_norm" in stack.contracts and stack.declaration is None
