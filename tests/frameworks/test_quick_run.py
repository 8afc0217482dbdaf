"""The main job on the real frameworks, at quick depth: what a reader of its record and its report finds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.core.stack import discover
from conformance.cases.case import Case, weights_of
from conformance.cases.codec import from_record
from conformance.judging.values import judge_value
from conformance.known.entries import load
from conformance.rules import registry
from conformance.rules.execute import DEPTHS, LOOPED_SHARE
from conformance.rules.rule import CaseRule
from conformance.stacks.outcome import Outcome, Returned
from reference.formats import FORMATS
from reference.registry import CONTRACTS, bounds
from reports.analysis.merge import merge
from reports.markdown.page import render
from reports.record.codec import to_json
from reports.record.grades import Grade
from reports.record.model import Program
from tests.support.quick_run import COLUMNS, Probe, Run, quick_run, rows

# those that a run on the CPU asks: a SHOULD rule that every contract breaks itself is put to nobody
STACKS = discover()
# put to classes that people bring for Keras, and to none of its own
OF_CLASSES = (
    "an_identifier_gives_the_constraint",
    "a_cloned_model_keeps_the_constraint",
    "a_saved_model_keeps_the_constraint",
)
ON_CPU = (rule for rule in registry.catalog() if "cpu" in rule.devices and rule.promised_by)
# those of contracts that people gate only are put to no stack
ASKED = (rule for rule in ON_CPU if any(rule.applies(STACKS[name], mode) for name, mode in COLUMNS))
RULES = {rule.id: rule for rule in ASKED if rule.id not in OF_CLASSES}
EXPECTED = {(rule.id, *c) for rule in RULES.values() for c in COLUMNS if rule.applies(STACKS[c[0]], c[1])}
BEYOND_THE_FIRST = {(name, mode) for name, mode in COLUMNS if mode != STACKS[name].plainest_mode}
COMPILED = {(name, mode) for name, mode in COLUMNS if STACKS[name].mode(mode).compiles}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The one run of this session: no other test sees the whole product."""
    return quick_run(tmp_path_factory.mktemp("quick"))


def test_the_record_is_complete(run: Run) -> None:
    """There is a footer that says so, and nothing went wrong in the suite itself."""
    footer = run.record.footer
    assert run.record.complete and footer is not None and footer.note is None


def test_every_stack_is_available(run: Run) -> None:
    """All stacks of the project ran, in all their modes."""
    assert {name for name, stack in run.stacks.items() if stack.available} == set(STACKS)
    assert {(name, mode) for name, stack in run.stacks.items() for mode in stack.modes} == COLUMNS


def test_a_rule_has_results_where_it_applies(run: Run) -> None:
    """There is exactly one for each stack and mode to which it is put, and none for another."""
    found = Counter((result.rule, result.stack, result.mode) for result in run.record.results)
    assert found == Counter(EXPECTED)
    assert {rule for rule, _, _ in EXPECTED} == set(RULES) and {(*rest,) for _, *rest in EXPECTED} == COLUMNS


def test_every_rule_stands_in_the_header_and_in_the_report(run: Run) -> None:
    """Each has its sentence, its source and its level in the record, and a row in the matrix of rules and stacks."""
    assert {rule.id: to_json(rule) for rule in run.record.header.rules} == {id: r.stated() for id, r in RULES.items()}
    matrix = run.section("Rules and stacks")
    assert not [rule for rule in RULES if rule not in matrix]


def test_no_stack_is_lost(run: Run) -> None:
    """No process died or hung."""
    graded = {grade for result in run.record.results for grade in (result.grade, *result.grades)}
    assert not graded & {"CRASH", "TIMEOUT"}


def test_only_non_neg_of_tf_keras_raises(run: Run) -> None:
    """It multiplies weights by a mask in float32; nothing else is raised where a value is specified."""
    raised = {(c[0], f.contract, f.format) for _, c, f in run.findings() if f.grade == "ERROR"}
    # which of these formats are drawn at quick depth is the seed's choice
    assert raised and raised <= {("tf-keras", "non_neg", name) for name in ("float16", "bfloat16", "float64")}
    graded = {result.stack for result in run.record.results if "ERROR" in result.grades}
    assert graded == {"tf-keras"}


def test_nothing_holds_that_was_not_compared(run: Run) -> None:
    """A rule that is said to hold on a stack was held to some group of weights there."""
    judged = [r for r in run.record.results if r.level != "RECORD" and r.grade != "UNSUPPORTED"]
    assert not [(r.rule, r.stack) for r in judged if not r.groups]


def not_shown(snippet: Program, case: Case) -> bool:
    """Whether there is a reason why a program does not show what was observed."""
    # a function of a whole array, of which nobody could paste one call for several groups
    looped = snippet.source.startswith("# ") and "one call per group" in snippet.source
    # the suite holds complex numbers as pairs of real ones, which no framework prints
    return looped or case.weights.format.startswith("complex")


def test_every_finding_and_observation_has_a_snippet_that_reproduces_it(run: Run) -> None:
    """Each printed in a fresh process what was observed, but where one program cannot show it."""
    found = list(run.snippets())
    assert found and not [case for snippet, case in found if snippet is None]
    failed = [(snippet, case) for snippet, case in found if snippet and not snippet.reproduces]
    assert not [(case, snippet.printed) for snippet, case in failed if not not_shown(snippet, case)]
    assert len(failed) < len(found) / 20


def test_no_divergence_is_news(run: Run) -> None:
    """Every MUST rule that is broken is broken in a way for which the project has a reason on file."""
    reasons = {one.reason for one in load()}
    found = list(run.findings("MUST"))
    assert not [(rule, stack, f.failure) for rule, stack, f in found if f.known not in reasons]
    assert found


def test_known_divergences_are_seen_again(run: Run) -> None:
    """Each entry on file was asked again under each of its rules and modes, and none is stale."""
    entries = [one for one in load() if "cpu" in one.devices]
    here = Counter((rule, one.stack, mode) for one in entries for rule in one.rules for mode in one.modes)
    asked = [one for one in run.record.rechecks if one.device == "cpu"]
    assert Counter((one.rule, one.stack, one.mode) for one in asked) == here
    assert here and {one.state for one in asked} == {"known"}


def test_a_run_without_news_is_exit_code_0(run: Run) -> None:
    """The process says what its footer says."""
    assert run.record.footer is not None
    assert run.code == run.record.footer.exit == 0


def with_bounds_in_float32(case: Case) -> Case:
    """The case as it would be if its bounds had been given in float32."""
    bounds = {name: float(np.float32(v)) for name, v in case.parameters.items() if name.endswith("_value")}
    return replace(case, parameters={**case.parameters, **bounds})


def values_of_keras_on_torch(run: Run) -> list[tuple[Case, Outcome]]:
    """Each case whose value is wrong in Keras's eager mode on torch, and what its snippet printed."""
    found = [
        (from_record(finding.case), finding.program)
        for rule, column, finding in run.findings("MUST")
        if column == ("keras-torch", "eager") and rule == f"{finding.contract}_value"
    ]
    return [(case, outcome(case, snippet.printed)) for case, snippet in found if snippet and case.parameters]


def outcome(case: Case, printed: str) -> Returned:
    """What a snippet of one float64 call printed, as the outcome of that call."""
    numbers = [float(number) for number in re.findall(r"[^\[\], \n]+", printed)]
    return Returned((replace(weights_of(numbers, FORMATS["float64"]), shape=case.weights.shape),))


def test_keras_on_torch_diverges_on_float64_alone(run: Run) -> None:
    """It is the one port of Keras's norm constraints that breaks a MUST rule, for bounds that float32 does not hold."""
    ports = {name for name, stack in STACKS.items() if "min_max_norm" in stack.contracts}
    broken = [(c[0], f) for _, c, f in run.findings("MUST") if c[0] in ports and f.contract != "non_neg"]
    assert {(stack, finding.format) for stack, finding in broken} == {("keras-torch", "float64")}
    cases = [from_record(finding.case) for _, finding in broken]
    assert all(with_bounds_in_float32(case) != case for case in cases)


def test_keras_on_torch_rounds_bounds_to_float32(run: Run) -> None:
    """The values for float64 weights are right for the bounds rounded to float32, and wrong for those given."""
    judged = values_of_keras_on_torch(run)
    assert judged and all(judge_value(case, seen).violations for case, seen in judged)
    assert not any(judge_value(with_bounds_in_float32(case), seen).violations for case, seen in judged)


def test_keras_on_torch_makes_float32_of_non_negative_weights(run: Run) -> None:
    """float64 weights come back from non_neg in another format, which breaks the contract of values."""
    found = [finding for _, column, finding in run.findings("MUST") if column == ("keras-torch", "eager")]
    assert {"float32 array" in finding.observed for finding in found if finding.contract == "non_neg"} == {True}


def test_a_printed_snippet_reproduces_without_this_project(run: Run, tmp_path: Path) -> None:
    """The first known divergence of each stack, cut out of the report and run by hand, prints what stands below it."""
    text = run.section("Known divergences")
    blocks = dict(re.findall(r"```python\n(.*?)```\n\n.*?\n\n```text\n(.*?)```", text, re.DOTALL))
    known_ones = [(c, f) for _, c, f in run.findings("MUST") if f.known and f.grade != "ERROR"]
    first = {column[0]: finding.program for column, finding in reversed(known_ones)}
    shown = {stack: one.source for stack, one in first.items() if one and one.source in blocks}
    assert "keras-torch" in shown
    for program in shown.values():
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == blocks[program]


@dataclass(frozen=True)
class Fact:
    """Something that a reader must find: on which unspecified input, and what the stacks make of it."""

    where: Callable[[Case], bool]
    holds: Callable[[Probe], bool]


def bound(case: Case, name: str) -> float:
    """A parameter, or NaN, which is neither larger nor smaller than anything."""
    value = case.parameters.get(f"{name}_value")
    return value if isinstance(value, float) else float("nan")


def size(case: Case) -> float:
    """The largest weight, without its sign."""
    return float(np.max(np.abs(case.weights.values), initial=0.0))


def overflows(case: Case, format: str) -> bool:
    """Whether finite weights have a sum of squares that the format cannot hold."""
    fmt = FORMATS[format]
    with np.errstate(invalid="ignore"):  # of a NaN that signals
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
    "where something is raised, the argument is named on some stacks and not on others": Fact(
        lambda case: case.axis == 2,
        lambda probe: (
            {said.split(", ")[-1] for said in probe.behaviours()} == {"naming the argument", "not naming the argument"}
        ),
    ),
}
FLUSHED = FACTS["subnormals are flushed on some stacks and not on others"]
each_fact = pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)


@each_fact
def test_a_fact_stands_in_the_record(fact: Fact, run: Run) -> None:
    """The run itself has measured it."""
    assert [probe.name for probe in run.probes if fact.where(probe.case) and fact.holds(probe)]


@each_fact
def test_a_fact_stands_in_the_report(fact: Fact, run: Run) -> None:
    """The report says which stacks do what, as the record has it, and shows a case of each that can be pasted."""
    tables = run.told()
    for probe in run.probes:
        if fact.where(probe.case) and fact.holds(probe):
            assert tables[probe.name, probe.contract] == {what: probe.who(what) for what in probe.behaviours()}
            for what in probe.behaviours():
                shown = probe.examples(what)
                assert any(one.source in run.report and one.printed in run.report for one in shown)


def test_all_unspecified_input_stands_in_the_report(run: Run) -> None:
    """No probe is left out of the tables, whether the stacks agree on it or not."""
    assert set(run.told()) == {(probe.name, probe.contract) for probe in run.probes}


def test_the_same_unspecified_input_was_tried_on_every_stack(run: Run) -> None:
    """Whoever is held to the contract was asked each probe with the same weights, or said why it cannot be."""
    for probe in run.probes:
        asked = {c: r for c, r in run.of_rule(probe.rule).items() if probe.contract in STACKS[c[0]].contracts}
        refused = {c for c, r in asked.items() if any(one.what == probe.name for one in r.unsupported)}
        assert set(probe.seen) <= set(asked) <= set(probe.seen) | refused
        cases = [one.case for one in probe.seen.values()]
        assert len({(str(case.parameters), case.weights.bits) for case in cases}) == 1


def test_modes_are_not_one_and_the_same(run: Run) -> None:
    """Compiling changes something: on some unspecified input the modes of jax part, and those of tensorflow too."""
    for stack in ("jax", "tensorflow"):
        assert any(len(probe.behaviours(stack)) > 1 for probe in run.probes)


def test_stacks_that_flush_subnormals_are_the_same_throughout(run: Run) -> None:
    """Where a value is explained by flushing, the stack also flushes the subnormal float32 weights it is given."""
    wide = ("float32", "float64")
    found = [(column, finding) for _, column, finding in run.findings() if finding.format in wide]
    explained = {column[0] for column, finding in found if "flushed" in (finding.model or "")}
    probes = [probe for probe in run.probes if subnormal(probe.case) and FLUSHED.holds(probe)]
    asked = {column[0] for probe in probes for column in probe.seen}
    flushes = {c[0] for probe in probes for c, one in probe.seen.items() if one.character == "zero"}
    assert explained & asked <= flushes


def test_formats_that_do_not_survive_are_told(run: Run) -> None:
    """Some stacks hold a format and others give a reason why not, in the header and in the report alike."""
    reasons = {reason for stack in run.stacks.values() for reason in stack.formats.values()}
    assert None in reasons and len(reasons) > 1
    assert not [why for why in reasons if why and why not in run.report]


def inside(case: Case) -> bool:
    """Whether the norm of the one group of weights is below the bound."""
    return float(np.sqrt(np.sum(case.weights.values**2))) < bounds(CONTRACTS[case.contract], case.parameters)[1]


def test_weights_inside_the_bound_are_changed(run: Run) -> None:
    """A SHOULD divergence shows a norm below the bound of a contract that keeps it: TensorFlow multiplies first."""
    found = [(c[0], f) for rule, c, f in run.findings("SHOULD") if rule == "weights_inside_the_bound_are_unchanged"]
    assert "tf.clip_by_norm" in {stack for stack, _ in found}
    assert all(inside(from_record(one.case)) and one.observed != one.weights for _, one in found)
    told = run.section("New divergences from SHOULD rules")
    assert all(one.id in told and one.observed in told for _, one in found)


def test_what_a_contract_breaks_itself_is_said_once_and_of_no_stack(run: Run) -> None:
    """max_norm changes weights inside its bound: there is no result on it, and the report has the reason."""
    broken = {(entry.contract, entry.rule) for entry in run.record.header.not_promised or ()}
    assert ("max_norm", "weights_inside_the_bound_are_unchanged") in broken
    shown = {(f.contract, rule) for rule, _, f in run.findings("SHOULD")}
    assert not shown & broken and "0.9999999" in run.section("What the contracts do not promise")


def test_every_stack_is_asked_as_many_cases(run: Run) -> None:
    """In its first mode as many as the depth says, times the rule's share; in others no more, and one at least."""
    shares = {rule.id: rule.share for rule in registry.catalog() if type(rule) is CaseRule}
    for result in (one for one in run.record.results if one.rule in shares):
        share = shares[result.rule] * (LOOPED_SHARE if STACKS[result.stack].one_group_per_call else 1.0)
        most = max(1, round(DEPTHS["quick"] * share))
        first = result.mode == STACKS[result.stack].plainest_mode
        assert result.cases == most if first else 1 <= result.cases <= most


def test_compiling_is_part_of_the_time_of_calls(run: Run) -> None:
    """It takes no longer than the calls, they take no longer than the rule, and only what compiles has it."""
    for result in run.record.results:
        assert 0 <= result.calls.compiling <= result.calls.seconds <= result.seconds + 0.001
    took = {(r.stack, r.mode) for r in run.record.results if r.calls.compiling > 0}
    assert took == COMPILED


def test_every_further_mode_is_compared_with_the_first(run: Run) -> None:
    """Bits were compared in each of them, or none of its cases had a value, and then it says why."""
    found = run.of_rule("modes_give_the_same_bits")
    assert set(found) == BEYOND_THE_FIRST
    refused = {c for c, result in found.items() if result.unsupported or result.grades.get(Grade.ERROR)}
    compared = {column for column, result in found.items() if result.differences}
    assert compared | refused == BEYOND_THE_FIRST and {stack for stack, _ in compared} > {"torch", "tensorflow", "jax"}
    counts = [one for result in found.values() for one in result.differences.values()]
    assert all(0 <= one.differ <= one.elements > 0 for one in counts)
    named = {row[0] for row in rows(run.section("Do compiled modes give the same bits?"))}
    assert named >= {f"{stack} {mode}" for stack, mode in compared}


MAX_VALUE, EPSILON = 3.0, 1e-7
# what each call makes of weights w of norm n, by its documentation
FORMULAS: dict[str, Callable[[Any, float], Any]] = {
    "torch.renorm": lambda w, n: w * MAX_VALUE / (n + EPSILON) if n > MAX_VALUE else w,
    "tf.clip_by_norm": lambda w, n: w * MAX_VALUE / max(n, MAX_VALUE),
    "optax.projection_l2_ball": lambda w, n: w * MAX_VALUE / max(n, MAX_VALUE),
    "torch.parametrize": lambda w, n: w * min(n, MAX_VALUE) / (n + EPSILON),
    "tf.clip_by_value": lambda w, n: np.clip(w, -MAX_VALUE, MAX_VALUE),
}
# over which dimensions of how many each call can take norms
OVER: dict[str, Callable[[int, int], bool]] = {
    "torch.renorm": lambda rank, over: over == rank - 1,
    "optax.projection_l2_ball": lambda rank, over: over == rank,
}
each_stand_in = pytest.mark.parametrize("stack", FORMULAS)


def farthest(stack: str, inside: bool) -> float:
    """By how much of its norm a call's result differs from Keras's on one side of the bound, at most."""
    below, above = np.geomspace(MAX_VALUE / 2048, MAX_VALUE, 200), np.geomspace(MAX_VALUE, 64 * MAX_VALUE, 200)[1:]
    apart = []
    for norm in below if inside else above:
        w = np.full(64, norm / 8)  # of as many weights as the longest group that was asked for
        keras = w * min(norm, MAX_VALUE) / (norm + EPSILON)
        apart.append(np.linalg.norm(FORMULAS[stack](w, norm) - keras) / np.linalg.norm(keras))
    return float(max(apart))


def relations(same_inside: bool, same_outside: bool) -> set[str]:
    """How the report may call it."""
    if same_inside and same_outside:
        return {"exactly", "within the interval"}
    if same_outside:
        return {"only where N > max_value"}
    return {"only where N <= max_value"} if same_inside else {"not at all"}


@each_stand_in
def test_a_stand_in_is_what_its_formula_says(stack: str, run: Run) -> None:
    """A difference far above rounding in a format is one of the relation, and none below it is."""
    found = [one for one in run.equivalences(stack) if one.relation != "no such groups"]
    assert {one.format for one in found} == {"float32", "float64"}
    for one in found:
        rounding = 8 * FORMATS[one.format].unit_roundoff
        sides = (farthest(stack, inside=True), farthest(stack, inside=False))
        assert one.relation in relations(*(apart <= rounding for apart in sides))
        for side, apart in zip((one.inside, one.outside), sides, strict=True):
            assert side.groups > 0 and float(side.difference or 0.0) <= 1.1 * apart + rounding


@each_stand_in
def test_a_stand_in_is_compared_where_it_has_such_groups(stack: str, run: Run) -> None:
    """Each form of Keras's axis is either asked for, or said to be beyond the call."""
    for one in run.equivalences(stack):
        axis = one.axis
        over = one.rank if axis is None else len(axis) if isinstance(axis, list) else 1
        possible = stack not in OVER or OVER[stack](one.rank, over)
        assert possible == (one.relation != "no such groups")
    assert len({one.target for one in run.equivalences(stack)}) == 6


RENORM = "torch.renorm(w, p=2, dim=1, maxnorm=3.0)"


def test_the_report_answers_what_to_write_for_max_norm(run: Run) -> None:
    """In place of `max_norm(3, axis=0)` on a matrix it is a call of torch.renorm, with what changes."""
    answers = run.section("Can I use this call in place of Keras's max_norm?")
    (paragraph,) = re.findall(r"\*\*torch\.renorm\*\*: .*?(?=\n\n\*\*)", answers, re.DOTALL)
    (line,) = [line for line in paragraph.splitlines() if line.startswith("- ") and "`max_norm(3, axis=0)`" in line]
    assert line.startswith(f"- `{RENORM}` in place of")
    assert "leaves the weights exactly as they are" in paragraph


def test_what_the_report_says_to_write_bounds_columns(tmp_path: Path) -> None:
    """The call, run by hand, does to the columns of a matrix what max_norm does, up to rounding."""
    program = f"import torch\nw = torch.tensor([[3.0, 0.3], [4.0, 0.4]])\nprint({RENORM}.tolist())"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert np.asarray(ast.literal_eval(done.stdout)) == pytest.approx(np.array([[1.8, 0.3], [2.4, 0.4]]), rel=1e-6)


def test_the_report_is_made_from_the_record(run: Run) -> None:
    """Nothing stands in it that the record does not hold."""
    assert run.report == render(merge([run.record]))
