"""The catalogue: every rule there is, found in the chapters; nothing is listed by hand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import conformance.rules
from conformance.rules.rule import Rule


def tests() -> Iterator[Any]:
    """Every test function made by `@rule` or `@probes`, chapter by chapter."""
    for name in sorted(m.name for m in pkgutil.iter_modules(conformance.rules.__path__) if m.name.startswith("test_")):
        for value in vars(importlib.import_module(f"conformance.rules.{name}")).values():
            if isinstance(getattr(value, "rule", None), Rule):
                yield value


def catalogue() -> list[Rule]:
    """Every rule: id, chapter, level, sentence, source."""
    return [test.rule for test in tests()]


@cache
def bodies() -> dict[str, Any]:
    """The function of subject and case behind each rule."""
    return {test.rule.id: test.body for test in tests()}
