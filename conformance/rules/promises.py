"""What the contracts do not promise: of the SHOULD rules, those that their own correctly rounded results break.

max_norm divides by N + epsilon, so it changes weights inside its bound, however it is evaluated. That is said once, of
the contract, and nobody who keeps the contract is told that it breaks a rule. `python -m tests.promises` writes the
file anew; a test holds it to the reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from reports.record.codec import from_json
from reports.record.header import NotPromised

FILE = Path(__file__).with_name("not_promised.json")


@cache
def not_promised() -> Mapping[tuple[str, str], NotPromised]:
    """By contract and rule, a case in which the correctly rounded result breaks the rule."""
    entries = [from_json(NotPromised, data) for data in json.loads(FILE.read_text("utf-8"))]
    return {(entry.contract, entry.rule): entry for entry in entries}
