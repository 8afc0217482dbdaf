"""The first and the last event of a record."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from importlib.metadata import version
from typing import Any, cast

import numpy as np

from conformance.rules.promises import not_promised
from conformance.rules.registry import catalog
from conformance.rules.rule import RuleDefinition
from conformance.stacks.session import Session
from conformance.version import code_digest, suite_version
from reports.record.codec import from_json
from reports.record.header import (
    Exit,
    Footer,
    Header,
    Host,
    NotPromised,
    Planned,
    RuleStatement,
    StackDescription,
)
from reports.record.model import Depth


def header(session: Session, rules: Sequence[RuleDefinition], plan: Sequence[Planned] | None = None) -> Header:
    """The first event of a record: what is going to be asked of whom; of a run of claims there is no plan."""
    options = session.options
    return Header(
        suite=f"normconf {suite_version()}",
        started=_now(),
        seed=options.seed,
        depth=cast(Depth, options.depth),
        options={
            "stacks": ", ".join(options.stacks) or "all",
            "device": options.device,
            "timeout": f"{options.timeout:g} s",
            **({"shard": "{} of {}".format(*options.shard)} if options.shard else {}),
            **({"sweeps": str(options.sweeps)} if str(options.sweeps) else {}),
        },
        host=Host(
            python=platform.python_version(),
            platform=platform.platform(),
            processor=platform.machine(),
            numpy=np.__version__,
            hypothesis=version("hypothesis"),
        ),
        rules=tuple(from_json(RuleStatement, rule.stated()) for rule in rules),
        stacks=tuple(_stack(session, description) for description in session.describe()),
        # of a run of claims, which puts no rules to anybody, there is nothing to say
        not_promised=_not_promised(session) if rules else None,
        plan=None if plan is None else tuple(plan),
        code=code_digest(),
    )


def _not_promised(session: Session) -> tuple[NotPromised, ...]:
    contracts = {name for worker in session.workers.values() for name in worker.stack.contracts}
    return tuple(entry for (contract, _), entry in not_promised().items() if contract in contracts)


def _stack(session: Session, description: Mapping[str, Any]) -> StackDescription:
    stack = session.known[description["name"]]
    # of all rules, because a report may merge this record with others
    unsuited = tuple(rule.id for rule in catalog() if not rule.suits(stack))
    return replace(from_json(StackDescription, description), unsuited=unsuited)


def changed(before: Header, now: Header) -> str | None:
    """The first thing in which a run that goes on would differ from what it goes on with."""
    same = (field.name for field in fields(Header) if field.name != "started")
    return next((name for name in same if getattr(before, name) != getattr(now, name)), None)


def footer(results: int, code: Exit, seconds: float, note: str | None = None) -> Footer:
    """The last event of a record."""
    return Footer(
        complete=code != 3,
        finished=_now(),
        seconds=round(seconds, 3),
        results=results,
        exit=code,
        note=note,
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
