"""Numbers of a format by their bits, by which the groups of a sweep are numbered, and how they are worded."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from reports.record.sweeps import Sweep


@dataclass(frozen=True)
class Layout:
    """A format: how many bits a number has, and which are those of infinity, above which only NaN lies."""

    bits: int
    infinity: int


LAYOUTS = {"float16": Layout(16, 0x7C00), "bfloat16": Layout(16, 0x7F80), "float32": Layout(32, 0x7F800000)}


def decode(bits: int, form: str) -> float:
    """The number of a format that has these bits."""
    if form == "float16":
        return float(struct.unpack("<e", bits.to_bytes(2, "little"))[0])
    # a bfloat16 is the upper half of a float32
    return float(struct.unpack("<f", (bits << 16 if form == "bfloat16" else bits).to_bytes(4, "little"))[0])


def worded(value: float) -> str:
    """A number as it can be read: whole ones below a million as they are, others to four digits."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0.0 else "-∞"
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.4g}"


def layout(sweep: Sweep) -> Layout | None:
    """The format of a sweep whose groups are one number each, or one number several times; None of any other."""
    found = LAYOUTS.get(sweep.format)
    on_a_line = found is not None and sweep.space != "pairs" and sweep.size == 1 << found.bits
    return found if on_a_line else None


def weights(sweep: Sweep, group: int) -> str:
    """The weights of a group: its number, or both of a pair; of a format that is not known the group's own number."""
    found = LAYOUTS.get(sweep.format)
    if found is None or group >= 1 << (found.bits * (2 if sweep.space == "pairs" else 1)):
        return f"group {group:,}"
    if sweep.space != "pairs":
        return f"w = {worded(decode(group, sweep.format))}"
    first, second = divmod(group, 1 << found.bits)
    return f"w = ({worded(decode(first, sweep.format))}, {worded(decode(second, sweep.format))})"


def bound(sweep: Sweep) -> float | None:
    """The largest number that is inside the bound; None where the sweep does not show it.

    Both signs of each number up to it are inside, so it is found by how many there are.
    """
    found = layout(sweep)
    if found is None or sweep.changed is None or not sweep.is_whole:
        return None
    last = sweep.changed.inside // 2 - 1
    return decode(last, sweep.format) if 0 <= last < found.infinity else None
