"""What two records are compared by, where a run is made in two ways."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

# what depends on the clock
TIMES = {"seconds", "started", "finished", "calls", "calling"}


def events(record: bytes, *, shallow: bool = True) -> Counter[str]:
    """Every event of a record without its times; those that a deeper one replaces may be left out."""
    found = (json.loads(line) for line in record.splitlines())
    kept = (event for event in found if shallow or event.get("depth") is None or event["kind"] == "header")
    return Counter(json.dumps(_without_times(event)) for event in kept)


def _without_times(value: Any) -> Any:
    """The same data, at whatever depth, but for what the clock says."""
    if isinstance(value, dict):
        return {key: _without_times(each) for key, each in value.items() if key not in TIMES}
    return [_without_times(each) for each in value] if isinstance(value, list) else value
