"""The first and the last event of a record."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from conformance.rules.registry import catalog
from conformance.rules.rule import RuleDefinition
from conformance.run.version import suite_version
from conformance.stacks.session import Lab


def header(lab: Lab, rules: Sequence[RuleDefinition]) -> dict[str, Any]:
    """The first event of a record: what is going to be asked of whom."""
    options, every = lab.options, catalog()
    return {
        "kind": "header",
        "schema": 1,
        "suite": f"normconf {suite_version()}",
        "started": _now(),
        "seed": options.seed,
        "depth": options.depth,
        "options": {
            "stacks": ", ".join(options.stacks) or "all",
            "device": options.device,
            "timeout": f"{options.timeout:g} s",
        },
        "host": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "processor": platform.machine(),
            "numpy": np.__version__,
            "hypothesis": version("hypothesis"),
        },
        "rules": [rule.stated() for rule in rules],
        "stacks": [
            # of all rules, because a report may merge this record with others
            {**stack, "unsuited": [r.id for r in every if not r.suits(lab.known[stack["name"]])]}
            for stack in lab.describe()
        ],
    }


def footer(results: int, code: int, seconds: float, note: str | None = None) -> dict[str, Any]:
    """The last event of a record."""
    return {
        "kind": "footer",
        "complete": code != 3,
        "finished": _now(),
        "seconds": round(seconds, 3),
        "results": results,
        "exit": code,
        "note": note,
    }


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
