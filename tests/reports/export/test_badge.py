"""The badge says no more than the report does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.export.badge import badge
from reports.record.events import Event
from tests.support.builder import REASON, absent, finding, footer, header, known, report, result, stack, whole

TORCH, JAX = stack("torch"), stack("jax")


def broken(known: str | None = None) -> list[Event]:
    """A run of two stacks of which one breaks a rule in two formats."""
    found = [finding(known=known), finding(known=known, format="float16")]
    return whole([TORCH, JAX], [result("max_norm_value", "torch", grade="DIVERGENT", findings=found)])


BADGES: dict[str, tuple[list[Event], str, str]] = {
    "good": (whole([TORCH]), "conforms", "brightgreen"),
    "broken": (broken(), "1 new divergence", "red"),
    "known": (broken(REASON), "1 known divergence", "yellow"),
    "one cause in two stacks": (
        whole(
            [TORCH, JAX],
            [result("max_norm_value", name, findings=[finding(known=REASON)]) for name in ("torch", "jax")],
        ),
        "1 known divergence",
        "yellow",
    ),
    "stale": (whole([TORCH], also=[known("stale")]), "1 stale divergence", "red"),
    "both": ([*broken()[:-1], known("stale"), footer(8)], "1 new divergence, 1 stale divergence", "red"),
    "killed": (whole([TORCH])[:-1], "incomplete", "lightgrey"),
    "killed and broken": (broken()[:-1], "incomplete, 1 new divergence", "red"),
    "killed and known": (broken(REASON)[:-1], "incomplete", "lightgrey"),
    "suite failed": ([*whole([TORCH])[:-1], footer(4, exit=3)], "incomplete", "lightgrey"),
    "nothing": ([header([absent("torch")]), footer(0)], "nothing checked", "lightgrey"),
}


@pytest.mark.parametrize(("events", "message", "color"), BADGES.values(), ids=BADGES)
def test_a_badge_is_as_good_as_the_report(tmp_path: Path, events: list[Event], message: str, color: str) -> None:
    """It is green only where all of it ran and nothing is broken."""
    said = {"schemaVersion": 1, "label": "normconf", "message": message, "color": color}
    assert json.loads(badge(report(tmp_path, events))) == said
