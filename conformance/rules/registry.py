"""The registry of rules: every rule there is, found in the chapters; nothing is listed by hand."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import conformance.rules
from conformance.rules.explore import Check
from conformance.rules.rule import CaseRule, RuleDefinition


@cache
def catalog() -> tuple[RuleDefinition, ...]:
    """Every rule, chapter by chapter, in the order in which they are written."""
    names = sorted(m.name for m in pkgutil.iter_modules(conformance.rules.__path__) if m.name.startswith("test_"))
    chapters = (importlib.import_module(f"conformance.rules.{name}") for name in names)
    return tuple(rule for chapter in chapters for rule in vars(chapter).values() if isinstance(rule, RuleDefinition))


def check_of(rule: str) -> Check:
    """How a rule judges a case; raises KeyError where no rule has this id and judges cases."""
    definition = by_id()[rule]
    if not isinstance(definition, CaseRule):
        raise KeyError(rule)
    return definition.check


@cache
def by_id() -> dict[str, RuleDefinition]:
    """Every rule by its id."""
    return {rule.id: rule for rule in catalog()}
