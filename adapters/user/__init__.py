"""Constraints that people bring, as stacks: what is declared of one, how it is loaded and used, and its programs."""

from adapters.user.bases import FRAMEWORKS, framework_named
from adapters.user.declared import stack_of
from adapters.user.kinds import BY_FIRST_PARAMETER, HOOK, KINDS, LAYER, MODEL, OPTIMIZER
from adapters.user.load import load
from adapters.user.programs import snippet
from adapters.user.uses import uses_of

__all__ = [
    "BY_FIRST_PARAMETER",
    "FRAMEWORKS",
    "HOOK",
    "KINDS",
    "LAYER",
    "MODEL",
    "OPTIMIZER",
    "framework_named",
    "load",
    "snippet",
    "stack_of",
    "uses_of",
]
