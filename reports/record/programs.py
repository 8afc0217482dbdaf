"""Programs that are none: where a call cannot be written, the reason stands in the program's place as a comment."""

from __future__ import annotations


def no_program(source: str) -> str | None:
    """Why there is nothing to run in a source; None where there is something."""
    lines = [line.strip() for line in source.splitlines()]
    if any(line and not line.startswith("#") for line in lines):
        return None
    return " ".join(line.removeprefix("#").strip() for line in lines if line) or "there is none for this call"
