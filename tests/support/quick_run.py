"""The main job on the real frameworks, at quick depth, and its record as a test wants to read it."""

from __future__ import annotations

import html
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from adapters.core.stack import discover
from conformance.cases.case import Case
from conformance.cases.codec import from_record
from conformance.stacks.workers import ROOT
from reports.record.file import Record, read
from reports.record.header import StackDescription
from reports.record.measurements import Equivalence
from reports.record.model import Finding, Observation, Program, Result

Column = tuple[str, str]
COLUMNS = {(stack.name, mode) for stack in discover().values() for mode in stack.mode_names}


@dataclass(frozen=True)
class Probe:
    """Unspecified input for one contract: what each stack made of it, in each of its modes."""

    rule: str
    name: str
    contract: str
    seen: dict[Column, Observation]

    @cached_property
    def case(self) -> Case:
        """One of the cases; the others have the same weights in another shape."""
        return from_record(next(iter(self.seen.values())).case)

    def behaviours(self, stacks: str = "") -> set[str]:
        """What was made of it by the stacks whose names begin so."""
        return {one.character for (stack, _), one in self.seen.items() if stack.startswith(stacks)}

    def who(self, behaviour: str) -> set[str]:
        """The columns that did it, as the report names them: a stack once where all its modes did."""
        did = {column for column, one in self.seen.items() if one.character == behaviour}
        whole = {stack for stack, _ in did if all((stack, mode) in did for mode in discover()[stack].mode_names)}
        return {stack if stack in whole else f"{stack} {mode}" for stack, mode in did}

    def examples(self, behaviour: str) -> list[Program]:
        """The programs that show it."""
        shown = (one.program for one in self.seen.values() if one.character == behaviour)
        return [snippet for snippet in shown if snippet]


@dataclass(frozen=True)
class Run:
    """One run of the main job."""

    code: int
    out: Path

    @cached_property
    def record(self) -> Record:
        """Its record."""
        return read(self.out / "run.jsonl")

    @cached_property
    def report(self) -> str:
        """Its report."""
        return (self.out / "report.md").read_text("utf-8")

    @property
    def stacks(self) -> dict[str, StackDescription]:
        """The stacks as the header describes them."""
        return {stack.name: stack for stack in self.record.header.stacks}

    def section(self, title: str) -> str:
        """The text under a heading of the report."""
        return self.report.partition(f"\n## {title}\n")[2].partition("\n## ")[0]

    def of_rule(self, rule: str) -> dict[Column, Result]:
        """The results of a rule."""
        return {(result.stack, result.mode): result for result in self.record.results if result.rule == rule}

    def findings(self, level: str = "") -> Iterator[tuple[str, Column, Finding]]:
        """The findings of a level, or all, with the rule, the stack and its mode."""
        for result in self.record.results:
            for finding in result.findings:
                if level in ("", finding.level):
                    yield result.rule, (result.stack, result.mode), finding

    @cached_property
    def probes(self) -> list[Probe]:
        """All unspecified input that was tried."""
        found: dict[tuple[str, str], Probe] = {}
        for result in self.record.results:
            for one in result.observations:
                probe = Probe(result.rule, one.probe, one.contract, {})
                seen = found.setdefault((one.probe, one.contract), probe).seen
                seen[result.stack, result.mode] = one
        return list(found.values())

    def snippets(self) -> Iterator[tuple[Program | None, Case]]:
        """What stands beside every finding and observation, and the case that it is to show."""
        for result in self.record.results:
            for finding in result.findings:
                yield finding.program, from_record(finding.case)
            for one in result.observations:
                yield one.program, from_record(one.case)

    def equivalences(self, stack: str) -> list[Equivalence]:
        """What became of Keras's max_norm where the stack stood in for it."""
        return [one for result in self.record.results if result.stack == stack for one in result.equivalences]

    def told(self) -> dict[tuple[str, str], dict[str, set[str]]]:
        """What the report's tables of unspecified input say: by probe and contract, who did what."""
        found: dict[tuple[str, str], dict[str, set[str]]] = {}
        key = ("", "")
        for row in rows(self.section("Where stacks disagree on unspecified input")):
            if len(row) == 4 and row[0] != "unspecified input":
                key = (row[0].strip("`"), row[1]) if row[0] else key
                found.setdefault(key, {})[row[2]] = set(row[3].split(", "))
        return found


def rows(text: str) -> Iterator[list[str]]:
    """The rows of the tables in a text, cell by cell, without the lines below their heads."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            yield [html.unescape(cell.strip()) for cell in line.removeprefix("|").removesuffix("|").split("|")]


def quick_run(out: Path) -> Run:
    """The run, in a process of its own, over all stacks."""
    command = [sys.executable, "-m", "conformance", "run", "--depth", "quick", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3000, check=False)
    assert (out / "report.md").exists(), done.stdout + done.stderr
    return Run(done.returncode, out)
