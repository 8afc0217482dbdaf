"""The main job on the real frameworks, at quick depth: what a reader of its record and its report finds."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from adapters.protocol import discover
from conformance import catalogue
from conformance.cases import Case, from_json, weights_of
from conformance.judge import judge_value
from conformance.rules import DEPTHS
from conformance.subjects import Outcome
from conformance.workers import ROOT
from reference.formats import FORMATS
from reports.events import Finding, Observation, Snippet, Stack
from reports.markdown import render
from reports.merge import merge
from reports.record import Record, read

Column = tuple[str, str]
COLUMNS = {(stack.name, mode) for stack in discover().values() for mode in stack.modes}
RULES = {rule.id: rule for rule in catalogue.catalogue()}
VALUES = {rule.id for rule in RULES.values() if rule.chapter.endswith("values")}


@dataclass(frozen=True)
class Probe:
    """Unspecified input: what each stack made of it, in each of its modes."""

    name: str
    case: Case
    seen: dict[Column, Observation]

    def behaviours(self, stacks: str = "") -> set[str]:
        """What was made of it by the stacks whose names begin so."""
        return {one["character"] for (stack, _), one in self.seen.items() if stack.startswith(stacks)}

    def who(self, behaviour: str) -> set[str]:
        """The columns that did it, as the report names them."""
        return {label(column) for column, one in self.seen.items() if one["character"] == behaviour}


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
    def stacks(self) -> dict[str, Stack]:
        """The stacks as the header describes them."""
        return {stack["name"]: stack for stack in self.record.header["stacks"]}

    def findings(self, level: str = "") -> Iterator[tuple[str, str, Finding]]:
        """The findings of a level, or all, with the rule and the stack."""
        for result in self.record.results:
            for finding in result["findings"]:
                if level in ("", finding["level"]):
                    yield result["rule"], result["stack"], finding

    @cached_property
    def probes(self) -> list[Probe]:
        """All unspecified input that was tried."""
        found: dict[tuple[str, str], Probe] = {}
        for result in self.record.results:
            for one in result["observations"]:
                probe = Probe(one["probe"], from_json(one["case"]), {})
                seen = found.setdefault((one["probe"], one["case"]["id"]), probe).seen
                seen[result["stack"], result["mode"]] = one
        return list(found.values())

    def snippets(self) -> Iterator[tuple[str, str, Snippet]]:
        """Every snippet, with its stack and what it is to show."""
        for _, stack, finding in self.findings():
            if finding["snippet"] is not None:
                yield stack, finding["sentence"], finding["snippet"]
        for probe in self.probes:
            for (stack, _), one in probe.seen.items():
                if one["snippet"] is not None:
                    yield stack, one["character"], one["snippet"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run, in a process of its own, over all stacks."""
    out = tmp_path_factory.mktemp("quick")
    command = [sys.executable, "-m", "conformance", "run", "--depth", "quick", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert (out / "report.md").exists(), done.stdout + done.stderr
    return Run(done.returncode, out)


def label(column: Column) -> str:
    """The column's name in the report: the stack, and its mode where it has several."""
    return " ".join(column) if len(discover()[column[0]].modes) > 1 else column[0]


def section(report: str, title: str) -> str:
    """The text under a heading of the report."""
    return report.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_record_is_complete(run: Run) -> None:
    """There is a footer that says so, and nothing went wrong in the suite itself."""
    footer = run.record.footer
    assert run.record.complete and footer is not None and footer["note"] is None


def test_every_stack_is_available(run: Run) -> None:
    """All stacks of the project ran, in all their modes."""
    assert {name for name, stack in run.stacks.items() if stack["available"]} == set(discover())
    assert {(name, mode) for name, stack in run.stacks.items() for mode in stack["modes"]} == COLUMNS


def test_every_rule_has_a_result_on_every_stack(run: Run) -> None:
    """There is exactly one result for each rule, stack and mode."""
    found = Counter((result["rule"], result["stack"], result["mode"]) for result in run.record.results)
    assert found == Counter((rule, *column) for rule in RULES for column in COLUMNS)


def test_every_rule_stands_in_the_header_and_in_the_report(run: Run) -> None:
    """Each has its sentence, its source and its level in the record, and a row in the matrix of rules and stacks."""
    assert {rule["id"]: rule for rule in run.record.header["rules"]} == {id: vars(r) for id, r in RULES.items()}
    matrix = section(run.report, "Rules and stacks")
    assert not [rule for rule in RULES if rule not in matrix]


def test_no_stack_fails(run: Run) -> None:
    """No process died or hung, and nothing was raised where a value is specified."""
    graded = {grade for result in run.record.results for grade in (result["grade"], *result["grades"])}
    graded |= {finding["grade"] for _, _, finding in run.findings()}
    assert not graded & {"CRASH", "TIMEOUT", "ERROR"}


def test_nothing_holds_that_was_not_compared(run: Run) -> None:
    """A rule that is said to hold on a stack was held to some group of weights there."""
    judged = [r for r in run.record.results if r["level"] != "RECORD" and r["grade"] != "UNSUPPORTED"]
    assert not [(r["rule"], r["stack"]) for r in judged if not r["groups"]]


def test_every_snippet_reproduces_what_it_shows(run: Run) -> None:
    """Each printed in a fresh process what was observed, but where the stack does not support the weights."""
    failed = [(stack, said) for stack, said, snippet in run.snippets() if not snippet["reproduces"]]
    refused = {(name, f"unsupported: {why}") for name, s in run.stacks.items() for why in s["formats"].values() if why}
    assert set(failed) <= refused


def test_every_finding_and_observation_has_a_snippet(run: Run) -> None:
    """Nothing is shown that nobody could run."""
    shown = sum(1 for _ in run.findings()) + sum(len(probe.seen) for probe in run.probes)
    assert len(list(run.snippets())) == shown > 0


def test_only_keras_on_torch_breaks_a_must_rule(run: Run) -> None:
    """Bounds that float32 does not hold, on float64 weights, are the one divergence."""
    assert {(stack, finding["format"]) for _, stack, finding in run.findings("MUST")} == {("keras-torch", "float64")}
    cases = [from_json(finding["case"]) for _, _, finding in run.findings("MUST")]
    assert all(with_bounds_in_float32(case) != case for case in cases)


def test_a_broken_must_rule_is_exit_code_1(run: Run) -> None:
    """The process says what its footer says."""
    assert run.record.footer is not None
    assert run.code == run.record.footer["exit"] == 1


def with_bounds_in_float32(case: Case) -> Case:
    """The case as it would be if its bounds had been given in float32."""
    bounds = {name: float(np.float32(v)) for name, v in case.parameters.items() if name.endswith("_value")}
    return replace(case, parameters={**case.parameters, **bounds})


def test_keras_on_torch_rounds_bounds_to_float32(run: Run) -> None:
    """The values for float64 weights are right for the bounds rounded to float32, and wrong for those given."""
    cases = [from_json(finding["case"]) for rule, _, finding in run.findings("MUST") if rule in VALUES]
    snippets = [finding["snippet"] for rule, _, finding in run.findings("MUST") if rule in VALUES]
    judged = [
        (case, outcome(case, snippet["printed"])) for case, snippet in zip(cases, snippets, strict=True) if snippet
    ]
    assert judged and all(judge_value(case, seen).problems for case, seen in judged)
    assert not any(judge_value(with_bounds_in_float32(case), seen).problems for case, seen in judged)


def outcome(case: Case, printed: str) -> Outcome:
    """What a snippet of one float64 call printed, as the outcome of that call."""
    numbers = [float(number) for number in re.findall(r"[^\[\], \n]+", printed)]
    return Outcome("value", (replace(weights_of(numbers, FORMATS["float64"]), shape=case.weights.shape),))


def test_a_printed_snippet_reproduces_without_this_project(run: Run, tmp_path: Path) -> None:
    """Each snippet of a MUST divergence, cut out of the report and run by hand, prints what stands below it."""
    text = section(run.report, "Divergences from MUST rules")
    blocks = re.findall(r"```python\n(.*?)```\n\n.*?\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == sum(1 for _ in run.findings("MUST"))
    for program, printed in blocks:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == printed


@dataclass(frozen=True)
class Fact:
    """Something that a reader must find: on which unspecified input, and what the stacks make of it."""

    where: Callable[[Case], bool]
    holds: Callable[[Probe], bool]


def bound(case: Case, name: str) -> float:
    """A parameter, or NaN, which is neither larger nor smaller than anything."""
    return case.parameters.get(f"{name}_value", float("nan"))


def size(case: Case) -> float:
    """The largest weight, without its sign."""
    return float(np.max(np.abs(case.weights.values), initial=0.0))


def overflows(case: Case, format: str) -> bool:
    """Whether finite weights have a sum of squares that the format cannot hold."""
    fmt = FORMATS[format]
    square = float(np.sum(case.weights.values**2))
    return case.weights.format == format and fmt.largest < square < float("inf")


def tiny_or_zero(case: Case, zero: bool) -> bool:
    """Whether float16 weights are zero, or else so small that their squares are."""
    lost = size(case) == 0 if zero else 0 < size(case) ** 2 < FORMATS["float16"].smallest_subnormal / 2
    return case.contract == "min_max_norm" and case.weights.format == "float16" and lost


def subnormal(case: Case) -> bool:
    """Whether float32 weights are subnormal."""
    return case.weights.format == "float32" and 0 < size(case) < FORMATS["float32"].smallest_normal


def in_float64(case: Case) -> bool:
    """Whether plain weights are in float64."""
    return case.weights.format == "float64" and case.weights.size > 0


FACTS = {
    "min > max differs between Keras backends": Fact(
        lambda case: bound(case, "min") > bound(case, "max"),
        lambda probe: len(probe.behaviours("keras-")) > 1,
    ),
    "negative max_value differs between Keras backends": Fact(
        lambda case: bound(case, "max") < 0 and case.contract == "max_norm",
        lambda probe: len(probe.behaviours("keras-")) > 1,
    ),
    "float16 zero gives NaN": Fact(
        lambda case: tiny_or_zero(case, zero=True),
        lambda probe: "NaN" in probe.behaviours(),
    ),
    "tiny float16 gives infinity": Fact(
        lambda case: tiny_or_zero(case, zero=False),
        lambda probe: "infinite" in probe.behaviours(),
    ),
    "float16 overflow turns weights to zero": Fact(
        lambda case: overflows(case, "float16"),
        lambda probe: "zero" in probe.behaviours(),
    ),
    "float32 overflow turns weights to zero": Fact(
        lambda case: overflows(case, "float32"),
        lambda probe: "zero" in probe.behaviours(),
    ),
    "subnormals are flushed on some stacks and not on others": Fact(
        subnormal,
        lambda probe: "zero" in probe.behaviours() and len(probe.behaviours()) > 1,
    ),
    "float64 becomes float32 on some stacks and not on others": Fact(
        in_float64,
        lambda probe: 0 < sum("becomes float32" in said for said in probe.behaviours()) < len(probe.behaviours()),
    ),
}
FLUSHED = FACTS["subnormals are flushed on some stacks and not on others"]
each_fact = pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)


def told(report: str) -> dict[tuple[str, str], dict[str, set[str]]]:
    """What the report's tables of unspecified input say: by probe and contract, who did what."""
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    key = ("", "")
    for line in section(report, "Where stacks disagree on unspecified input").splitlines():
        if line.startswith("| ") and line.count(" | ") == 3 and not line.startswith(("| ---", "| unspecified")):
            name, contract, said, where = line.strip("| ").split(" | ") if line[2] != " " else ["", "", *parts(line)]
            key = (name.strip("`"), contract) if name else key
            found.setdefault(key, {})[said] = set(where.split(", "))
    return found


def parts(line: str) -> list[str]:
    """The two last cells of a table's row."""
    return line.removesuffix(" |").split(" | ")[-2:]


@each_fact
def test_a_fact_stands_in_the_record(fact: Fact, run: Run) -> None:
    """The run itself has measured it."""
    assert [probe.name for probe in run.probes if fact.where(probe.case) and fact.holds(probe)]


@each_fact
def test_a_fact_stands_in_the_report(fact: Fact, run: Run) -> None:
    """The report says which stacks do what, as the record has it, and shows a case of each that can be pasted."""
    tables = told(run.report)
    for probe in run.probes:
        if fact.where(probe.case) and fact.holds(probe):
            assert tables[probe.name, probe.case.contract] == {what: probe.who(what) for what in probe.behaviours()}
            assert all(examples(probe, what, run.report) for what in probe.behaviours())


def examples(probe: Probe, what: str, report: str) -> list[str]:
    """The snippets of a behaviour that stand in the report with what they printed."""
    shown = [one["snippet"] for one in probe.seen.values() if one["character"] == what]
    return [s["source"] for s in shown if s and s["source"] in report and s["printed"] in report]


def test_all_unspecified_input_stands_in_the_report(run: Run) -> None:
    """No probe is left out of the tables, whether the stacks agree on it or not."""
    tables = told(run.report)
    missing = [probe.name for probe in run.probes if (probe.name, probe.case.contract) not in tables]
    assert not [name for name in missing if "`" not in name and "&" not in name]
    assert len(tables) == len({(probe.name, probe.case.contract) for probe in run.probes})


def test_stacks_that_flush_subnormals_are_the_same_throughout(run: Run) -> None:
    """Where a value is explained by flushing, the stack also flushes the subnormal float32 weights it is given."""
    wide = ("float32", "float64")
    found = [(stack, finding) for _, stack, finding in run.findings() if finding["format"] in wide]
    explained = {stack for stack, finding in found if "flushed" in (finding["model"] or "")}
    probes = [probe for probe in run.probes if subnormal(probe.case) and FLUSHED.holds(probe)]
    assert explained <= {c[0] for probe in probes for c, one in probe.seen.items() if one["character"] == "zero"}


def test_formats_that_do_not_survive_are_told(run: Run) -> None:
    """Some stacks hold float64 and others give a reason why not, in the header and in the report alike."""
    reasons = {name: stack["formats"]["float64"] for name, stack in run.stacks.items()}
    assert None in reasons.values() and any(reasons.values())
    assert not [why for why in reasons.values() if why and why not in run.report]


def inside(case: Case) -> bool:
    """Whether the norm of the one group of weights is below max_value."""
    return case.contract == "max_norm" and float(np.sqrt(np.sum(case.weights.values**2))) < bound(case, "max")


def test_weights_inside_the_bound_are_changed(run: Run) -> None:
    """A SHOULD divergence shows weights of a norm below max_value that do not come back as they were."""
    changed = [finding for _, _, finding in run.findings("SHOULD") if inside(from_json(finding["case"]))]
    assert changed and all(finding["observed"] != finding["weights"] for finding in changed)
    told = section(run.report, "Divergences from SHOULD rules")
    assert all(finding["id"] in told and finding["observed"] in told for finding in changed)


def test_the_same_number_of_cases_was_drawn_on_every_stack(run: Run) -> None:
    """It is that of the depth, times the rule's share."""
    drawn = {rule: {r["cases"] for r in run.record.results if r["rule"] == rule} for rule in RULES}
    tests = [test for test in catalogue.tests() if hasattr(test, "share")]
    expected = {test.rule.id: {max(1, round(DEPTHS["quick"] * test.share))} for test in tests}
    assert {rule: drawn[rule] for rule in expected} == expected
    assert all(len(counts) == 1 for counts in drawn.values())


def test_the_same_unspecified_input_was_tried_on_every_stack(run: Run) -> None:
    """Each probe asked the same case, in every mode of every stack."""
    assert all(set(probe.seen) == COLUMNS for probe in run.probes)
    assert len({probe.case.id for probe in run.probes}) == len(run.probes)


def test_modes_are_not_one_and_the_same(run: Run) -> None:
    """Compiling changes something: on some unspecified input the modes of jax part, and those of tensorflow too."""
    for stack in ("jax", "tensorflow"):
        assert any(len(probe.behaviours(stack)) > 1 for probe in run.probes)


def test_the_report_is_made_from_the_record(run: Run) -> None:
    """Nothing stands in it that the record does not hold."""
    assert run.report == render(merge([run.record]))
