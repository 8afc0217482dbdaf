"""The events of a record as they stand in run.jsonl; `record.schema.json` says the same and is enforced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from reports.record.claims import ClaimResult
from reports.record.header import Footer, Header
from reports.record.model import Hint, Recheck, Result

Event: TypeAlias = Header | Result | Recheck | Hint | ClaimResult | Footer
EVENTS: Mapping[str, type[Event]] = {kind.kind: kind for kind in (Header, Result, Recheck, Hint, ClaimResult, Footer)}
