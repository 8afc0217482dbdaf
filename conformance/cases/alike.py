"""Calls that are much like another: what an implementation keeps from one of them must not reach the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from adapters.core.stack import Stack
from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.shapes import takes
from reference.formats import FORMATS
from reference.registry import CONTRACTS


def others_than(case: Case, stack: Stack, mode: str, formats: Mapping[str, str | None]) -> Iterator[Case]:
    """Cases of the same contract that a stack takes: the same but for the parameters or the weights, and, where a shape
    costs no more the first time, for their number along a dimension, their format, or the axis.
    """
    contract, fmt, values = CONTRACTS[case.contract], format_of(case), case.weights.values
    changes = [{name: 0.5 * case.parameters[name]} for name in contract.bounds]
    changes += [{"rate": 1.0 - case.parameters["rate"]}] if "rate" in case.parameters else []
    found = [replace(case, weights=weights_of(-0.5 * values, fmt))]
    found += [replace(case, parameters={**case.parameters, **change}) for change in changes]
    for each in [*found, *(() if stack.mode(mode).pays_for_shapes else _compiled_anew(case, formats))]:
        if may_be_asked(stack, each):
            yield each


def may_be_asked(stack: Stack, case: Case) -> bool:
    """Whether a case that was not drawn for a stack lies in its contract's domain, and in what the stack takes."""
    within = CONTRACTS[case.contract].outside_domain(case.parameters) is None
    declared = not stack.limits.formats or case.weights.format in stack.limits.formats
    return within and declared and takes(stack, case)


def _compiled_anew(case: Case, formats: Mapping[str, str | None]) -> Iterator[Case]:
    """What a compiler would make another program of."""
    values, fmt = case.weights.values, format_of(case)
    for dimension in [dimension for dimension, size in enumerate(values.shape) if size > 1][:1]:
        yield replace(case, weights=weights_of(np.delete(values, 0, axis=dimension), fmt))
    largest = max((abs(case.parameters[name]) for name in CONTRACTS[case.contract].bounds), default=0.0)
    held = [name for name, other in FORMATS.items() if other != fmt and formats.get(name, "") is None]
    for name in [name for name in held if largest <= FORMATS[name].largest][:1]:
        yield replace(case, weights=weights_of(values, FORMATS[name]))
    if case.reduced and values.ndim > 1:
        yield replace(case, axis=0 if case.reduced != (0,) else 1)
