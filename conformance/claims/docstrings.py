"""Anchors: a few words of each docstring that a claim is taken from, looked up in the version that is installed."""

from __future__ import annotations

from conformance.claims.catalog import Claim
from conformance.claims.prelude import prelude
from conformance.stacks.programs import execute
from conformance.stacks.workers import Worker
from reports.record.claims import Lookup

FOUND: Lookup = "found"
CHANGED: Lookup = "changed"
NO_DOCSTRING: Lookup = "no docstring"
TIMEOUT = 60.0

LOOK_UP = """
import importlib, inspect
name, *path = {path!r}.split(".")
name = {renamed!r}.get(name, name)
thing = importlib.import_module(name)
for part in path:
    name = name + "." + part
    thing = getattr(thing, part) if hasattr(thing, part) else importlib.import_module(name)
words = " ".join((inspect.getdoc(thing) or "").split())
print(" ".join({anchor!r}.split()) in words)
"""


def look_up(claim: Claim, worker: Worker) -> Lookup:
    """Whether the words still stand in the docstring of the stack's version; gone with it if that is not there."""
    if not claim.docstring:
        return NO_DOCSTRING
    renamed = {"keras": "tf_keras"} if "tf_keras" in worker.stack.requires else {}
    text = prelude(worker) + LOOK_UP.format(path=claim.docstring, anchor=claim.anchor, renamed=renamed)
    ran = execute(text, worker, TIMEOUT)
    return FOUND if not ran.error and ran.stdout.split()[-1:] == ["True"] else CHANGED
