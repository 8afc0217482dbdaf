"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.core.spaces import Space
from conformance.stacks.workers import ROOT

MAX_FINDINGS: Mapping[str, int] = {"MUST": 8, "SHOULD": 8, "RECORD": 3}


@dataclass(frozen=True)
class Sweeps:
    """What is swept, where it is not what the depth of a run says.

    `of_subjects`: somebody's own constraints are swept, too. `contracts`, `parameters` in place of their defaults, and
    `spaces`: what was asked for; where there are no spaces the depth decides.
    """

    of_subjects: bool = True
    contracts: tuple[str, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    spaces: tuple[Space, ...] = ()

    def __str__(self) -> str:
        """As a record's header has it; empty where the depth decides."""
        spaces = [f"{space.kind} of {space.format} in groups of {space.length}" for space in self.spaces]
        parameters = [f"{name}={value!r}" for name, value in sorted(self.parameters.items())]
        return "; ".join(", ".join(part) for part in (self.contracts, parameters, spaces) if part)


@dataclass(frozen=True)
class Options:
    """What a run is asked to do; an empty `stacks` means every stack that can be found.

    `levels`: those of the rules that are asked, and `also` others by their ids; `fails`: those that must not be broken;
    `optional`: the device need not be there; it is then recorded as unavailable, with the reason.
    `hints`: what breaks a MUST rule is compared with variants of its contract; `max_findings`: how many are
    reduced and shown for a rule and a target, by level; the others are counted. `shard`: which of how many parts of
    the run this is, from 1; None where it is the whole. `sweeps`: what rules that sweep are put to.
    """

    stacks: tuple[str, ...] = ()
    pythons: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"
    depth: str = "default"
    seed: int = 0
    timeout: float = 60.0
    root: Path = ROOT
    levels: tuple[str, ...] = ("MUST", "SHOULD", "RECORD")
    also: tuple[str, ...] = ()
    fails: tuple[str, ...] = ("MUST",)
    max_findings: Mapping[str, int] = field(default_factory=lambda: MAX_FINDINGS)
    hints: bool = False
    optional: bool = False
    shard: tuple[int, int] | None = None
    sweeps: Sweeps = field(default_factory=Sweeps)
