"""What two records are compared by, where a run is made in two ways."""

from __future__ import annotations

import json
from collections import Counter

# what depends on the clock
TIMES = {"seconds", "started", "finished", "calls"}


def events(record: bytes, *, shallow: bool = True) -> Counter[str]:
    """Every event of a record without its times; those that a deeper one replaces may be left out."""
    found = (json.loads(line) for line in record.splitlines())
    kept = (event for event in found if shallow or event.get("depth") is None or event["kind"] == "header")
    return Counter(json.dumps({k: v for k, v in event.items() if k not in TIMES}) for event in kept)
