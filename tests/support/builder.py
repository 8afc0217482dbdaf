"""Synthetic records as a run would leave them: four stacks, four rules, something of every kind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from reports.analysis.merge import merge
from reports.analysis.report import Report
from reports.record.case import Case, Weights, id_of
from reports.record.claims import ClaimResult, ClaimStatement, PropertyResult, Trial
from reports.record.codec import from_json, to_json
from reports.record.events import Event
from reports.record.file import Writer, read
from reports.record.grades import Level
from reports.record.header import Footer, Header, RuleStatement, StackDescription
from reports.record.measurements import Agreement, Cell, Curve, Equivalence
from reports.record.model import Finding, Observation, Recheck, Result

T = TypeVar("T")
KERAS = ("max_norm", "min_max_norm", "unit_norm")
RULES: list[RuleStatement] = [
    RuleStatement(
        id="max_norm_value",
        chapter="values",
        level=Level.MUST,
        sentence="max_norm(m) returns w * min(N, m) / (epsilon + N).",
        source="Keras MaxNorm, https://keras.io/api/layers/constraints/",
        contracts=KERAS,
        modes="every",
    ),
    RuleStatement(
        id="groups_are_independent",
        chapter="groups",
        level=Level.MUST,
        sentence="A group's result depends on no other group.",
        source="Keras MaxNorm, axis",
        contracts=KERAS,
        modes="every",
    ),
    RuleStatement(
        id="unchanged_inside_the_bound",
        chapter="beliefs",
        level=Level.SHOULD,
        sentence="Weights inside the bound stay as they are.",
        source="what users expect",
        contracts=KERAS,
        modes="every",
    ),
    RuleStatement(
        id="min_above_max",
        chapter="unspecified",
        level=Level.RECORD,
        sentence="What happens when min_value exceeds max_value.",
        source="no contract",
        contracts=KERAS,
        modes="every",
    ),
]
# rules that not every stack is asked
MORE: list[RuleStatement] = [
    RuleStatement(
        id="renorm_value",
        chapter="values",
        level=Level.MUST,
        sentence="renorm(m) divides by N + epsilon where N exceeds m.",
        source="",
        contracts=("renorm",),
        modes="every",
    ),
    RuleStatement(
        id="modes_agree",
        chapter="modes",
        level=Level.RECORD,
        sentence="A further mode gives the bits of the first.",
        source="",
        contracts=(*KERAS, "renorm"),
        modes="beyond the first",
    ),
    RuleStatement(
        id="stands_in",
        chapter="stand-ins",
        level=Level.RECORD,
        sentence="Whether a call can be used in place of Keras's max_norm.",
        source="",
        contracts=("renorm",),
        modes="every",
    ),
]
REASON = "Keras on torch rounds the bound to float32."
WEIGHTS = Weights("float32", (4,), "C", b"\0\0\x80\x40" + bytes(12))


def case(**changes: Any) -> Case:
    """A call of max_norm on 4, 0, 0 and 0, with the id of its content."""
    plain = Case("", "max_norm", {"max_value": 3.0}, 0, WEIGHTS, calls=1)
    changed = replace(plain, **changes)
    return replace(changed, id=id_of(changed))


CASE = case()


def build(kind: type[T], fields: Mapping[str, object]) -> T:
    """The value of the fields, which are typed or JSON data."""
    return from_json(kind, _data(fields))


def _data(value: Any) -> Any:
    if is_dataclass(value):
        return to_json(value)
    if isinstance(value, Mapping):
        return {name: _data(held) for name, held in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return list(map(_data, value)) if isinstance(value, list | tuple) else value


def stack(name: str, **changes: Any) -> StackDescription:
    """An available stack on the CPU."""
    base: Any = {
        "name": name,
        "available": True,
        "reason": None,
        "sentence": f"{name} as users call it.",
        "versions": {name.partition("-")[0]: "3.15.1"},
        "python": "3.11.7",
        "backend": None,
        "device": {"kind": "cpu", "name": "AMD EPYC"},
        "formats": {"float16": None, "float32": None, "float64": "float64 is off by default"},
        "modes": ["eager"],
        "contracts": KERAS,
        "compiled": [],
    }
    return build(StackDescription, {**base, **changes})


def absent(name: str, reason: str = "No module named 'tf_keras'.") -> StackDescription:
    """A stack that is not installed."""
    nothing: dict[str, Any] = {"versions": {}, "python": None, "device": None, "formats": {}, "modes": []}
    return stack(name, available=False, reason=reason, **nothing)


def header(stacks: Iterable[StackDescription], **changes: Any) -> Header:
    """A header with all rules."""
    base: Any = {
        "suite": "normconf 0.1.0",
        "started": "2026-11-21T07:00:00Z",
        "seed": 0,
        "depth": "default",
        "options": {"device": "cpu"},
        "host": {
            "python": "3.11.7",
            "platform": "Linux",
            "processor": "x86_64",
            "numpy": "2.4.1",
            "hypothesis": "6.1",
        },
        "rules": RULES,
        "stacks": list(stacks),
    }
    return build(Header, {**base, **changes})


def result(rule: str, stack: str, **changes: Any) -> Result:
    """A result in which all is well."""
    stated = next(one for one in [*RULES, *MORE] if one.id == rule)
    base: Any = {
        "rule": rule,
        "chapter": stated.chapter,
        "level": stated.level,
        "stack": stack,
        "mode": "eager",
        "device": "cpu",
        "grade": "BOUNDED",
        "cases": 300,
        "groups": 500000,
        "elements": 4000000,
        "grades": {"EXACT": 300000, "BOUNDED": 200000},
        "worst_ulps": {"float16": 1.2, "float32": 2.04},
        "tiers": {"float16": {"1-16": {"wide": 123}, "2049-8192": {"pairwise": 3, "any order": 1}}},
        "unsupported": [{"what": "float64", "reason": "float64 is off by default", "cases": 3}],
        "findings": [],
        "observations": [],
        "calls": {"seconds": 0.5, "compiling": 0},
        "differences": {},
        "equivalences": [],
        "seconds": 1.23,
    }
    return build(Result, {**base, **changes})


def finding(**changes: Any) -> Finding:
    """A divergence from a MUST rule that reproduces."""
    base: Any = {
        "id": "f1d0",
        "grade": "DIVERGENT",
        "level": "MUST",
        "contract": "max_norm",
        "format": "float32",
        "sentence": "The norm came out as 4 where at most 3 is accepted.",
        "model": None,
        "tier": None,
        "case": CASE,
        "weights": "[4.0, 0.0, 0.0, 0.0]",
        "observed": "[4.0, 0.0, 0.0, 0.0]",
        "accepted": "[2.9999995, 3.0000002]",
        "ulps": 4194304.0,
        "count": 1234,
        "snippet": {
            "source": "import keras\nprint(keras.constraints.MaxNorm(3)([4.0]))",
            "printed": "[4.]\n",
            "reproduces": True,
        },
        "failure": "another value",
        "known": None,
    }
    return build(Finding, {**base, **changes})


def observation(character: str, **changes: Any) -> Observation:
    """What was done with min_value > max_value."""
    base: Any = {
        "probe": "min_value > max_value",
        "character": character,
        "contract": "min_max_norm",
        "format": "float32",
        "case": case(contract="min_max_norm", parameters={"min_value": 2.0, "max_value": 1.0}),
        "weights": "[4.0]",
        "observed": "[1.0]",
        "snippet": None,
    }
    return build(Observation, {**base, **changes})


def known(state: str = "known", **changes: Any) -> Recheck:
    """A known divergence of torch."""
    base: Any = {
        "rule": "max_norm_value",
        "stack": "torch",
        "mode": "eager",
        "device": "cpu",
        "contract": "max_norm",
        "format": "float32",
        "failure": "another value",
        "reason": REASON,
        "links": ["https://github.com/keras-team/keras/issues/1", "javascript:alert(1)"],
        "versions": {"keras": "3.15.1"},
        "case": CASE,
        "state": state,
        "said": "the bound came out as 3.0000002",
    }
    return build(Recheck, {**base, **changes})


def agreement(groups: int = 1000, **changes: Any) -> Agreement:
    """Groups that are all in the interval."""
    return build(Agreement, {"groups": groups, "exact": 900, "within": groups, "difference": 6e-8, **changes})


def equivalence(axis: int | None, relation: str = "within the interval", **changes: Any) -> Equivalence:
    """What torch.renorm is in place of max_norm with an axis on a matrix."""
    base: Any = {
        "target": f"max_norm(max_value=3.0, axis={axis}) on a matrix",
        "rank": 2,
        "axis": axis,
        "format": "float32",
        "call": None if axis is None else f"torch.renorm(w, 2, {1 - axis}, 3.0)",
        "relation": relation,
        "inside": agreement(),
        "outside": agreement(0, exact=0, difference=None),
        "sentence": "weights inside the bound keep their bits, where Keras shrinks them by about epsilon / N",
    }
    return build(Equivalence, {**base, **changes})


def statement(name: str = "norm-at-most", **changes: Any) -> ClaimStatement:
    """A sentence of a document that says one thing."""
    base: Any = {
        "id": name,
        "source": "keras",
        "document": "Keras 3 API",
        "url": "https://keras.io/api/layers/constraints/",
        "version": "3.15.1",
        "docstring": "keras.constraints.MaxNorm",
        "anchor": "at most",
        "sentence": "Norms are at most max_value.",
        "checked_with": "Keras 3.15.1",
        "truth": "Norms are at most max_value up to rounding.",
        "answers": "",
        "links": [],
        "parts": [{"role": "says", "property": "norm_is_at_most", "words": ""}],
    }
    return build(ClaimStatement, {**base, **changes})


def trial(**changes: Any) -> Trial:
    """A call that gives more than it should."""
    base: Any = {"call": "constrain([3.0])", "observed": "[1.0000001]", "source": "print([1.0000001])\n"}
    return build(Trial, {**base, "printed": "[1.0000001]", "reproduces": True, **changes})


def tried(**changes: Any) -> PropertyResult:
    """A property that 7 of 1,000 groups broke."""
    base: Any = {
        "role": "says",
        "words": "",
        "property": "norm_is_at_most",
        "sentence": "The norm is at most max_value.",
    }
    counts = {"tried": 1000, "broken": 7, "counterexample": trial(), "example": None, "series": None, "unit": "group"}
    return build(PropertyResult, {**base, **counts, **changes})


def claim(stack: str, name: str = "norm-at-most", **changes: Any) -> ClaimResult:
    """What became of a claim on a stack: false, as expected."""
    base: Any = {
        "claim": name,
        "stack": stack,
        "device": "cpu",
        "verdict": "FALSE",
        "expected": "FALSE",
    }
    rest = {"document": "found", "reason": None, "parts": [tried()], "seconds": 0.5}
    return build(ClaimResult, {**base, **rest, **changes})


def claimed(
    stacks: Iterable[StackDescription], claims: Iterable[ClaimResult], statements: Iterable[ClaimStatement] = ()
) -> list[Event]:
    """The record of a run that tried claims and nothing else."""
    every = list(claims)
    head = header(stacks, rules=[], claims=list(statements) or [statement()])
    return [head, *every, footer(0, claims=len(every))]


def footer(results: int, **changes: Any) -> Footer:
    """The end of a run that did everything."""
    base: Any = {"complete": True, "finished": "2026-11-21T07:03:20Z", "seconds": 200.4}
    return build(Footer, {**base, "results": results, "exit": 0, "note": None, **changes})


def whole(
    stacks: Iterable[StackDescription], results: Iterable[Result] = (), also: Iterable[Recheck] = ()
) -> list[Event]:
    """The events of a complete run: a result for every rule and stack, those given in place of good ones."""
    listed = list(stacks)
    given = {(one.rule, one.stack): one for one in results}
    wanted = [(rule.id, one.name) for rule in RULES for one in listed if one.available]
    body = [given.get(key) or result(*key) for key in wanted]
    return [header(listed), *body, *also, footer(len(body))]


def write(path: Path, events: Iterable[Event]) -> Path:
    """The events on disk."""
    with Writer(path) as writer:
        for event in events:
            writer.write(event)
    return path


def report(folder: Path, *runs: Iterable[Event]) -> Report:
    """One report of several runs."""
    return merge([read(write(folder / f"run{place}.jsonl", events)) for place, events in enumerate(runs)])


def realistic() -> list[Event]:
    """A run with something of everything."""
    names = ("keras-tensorflow", "keras-torch", "keras-jax")
    ranged = finding(
        grade="RANGE",
        format="float16",
        ulps="nan",
        sentence="The square of 300 overflows, and the weights become zero.",
        model="every operation in float16",
        weights="[300.0]",
        observed="[0.0]",
        snippet={"source": "print(1)", "printed": "[0.]", "reproduces": True},
    )
    shrunk = finding(level="SHOULD", sentence="Weights inside the bound shrank.", ulps=1.7, snippet=None)
    broken = {"grade": "DIVERGENT", "grades": {"DIVERGENT": 1234, "RANGE": 8}}
    out = {"grade": "RANGE", "grades": {"RANGE": 8, "EXACT": 499992}}
    small = {"grade": "DIVERGENT", "grades": {"DIVERGENT": 7}}
    said = ("norm becomes max_value", "norm becomes min_value", "norm becomes max_value")
    other = observation("raises ValueError", probe="max_value < 0", contract="max_norm")
    results = [result("max_norm_value", names[1], **broken, findings=[finding(), replace(ranged, id="aa01")])]
    for place, name in enumerate(names):
        if place != 1:
            results.append(result("max_norm_value", name, **out, findings=[replace(ranged, id=f"aa0{place}")]))
        mild = replace(shrunk, id=f"bb0{place}")
        results.append(result("unchanged_inside_the_bound", name, **small, findings=[mild]))
        seen = [observation(said[place]), other]
        results.append(result("min_above_max", name, grade="EXACT", worst_ulps={}, tiers={}, observations=seen))
    return whole([*map(stack, names), absent("tf-keras")], results)


def varied() -> list[Event]:
    """A run of stacks that are held to different contracts, one in two modes, with known and stale divergences."""
    jax = stack("jax", modes=["eager", "jit"], compiled=["jit"])
    renorm = stack("torch.renorm", contracts=["renorm"])
    bits: Any = {"float32": {"elements": 4000, "differ": 12, "ulps": 1.0}}
    compiled: Any = {"calls": {"seconds": 1.1, "compiling": 0.9}}
    same = [equivalence(0), equivalence(1), equivalence(None, "no such groups")]
    body = [
        result("max_norm_value", "torch", grade="DIVERGENT", findings=[finding(known=REASON)]),
        *(result(rule.id, "torch") for rule in RULES[1:]),
        *(result(rule.id, "jax") for rule in RULES),
        *(result(rule.id, "jax", mode="jit", **compiled) for rule in RULES),
        result("modes_agree", "jax", mode="jit", differences=bits),
        result("renorm_value", "torch.renorm"),
        result("stands_in", "torch.renorm", equivalences=same),
    ]
    entries = [known(), known("stale", format="float64"), known("not run", stack="keras-torch")]
    head = header([stack("torch"), jax, renorm], rules=[*RULES, *MORE])
    return [head, *body[:3], entries[0], *body[3:], *entries[1:], footer(len(body))]


def cell(**changes: Any) -> Cell:
    """All of max_norm in float32 is in its interval."""
    base: Any = {"contract": "max_norm", "format": "float32", "grades": {"EXACT": 60, "BOUNDED": 40}, "worst_ulps": 2.5}
    return build(Cell, {**base, "errors": [[0.5, 60], [1.0, 30], [4.0, 10]], **changes})


def curve(**changes: Any) -> Curve:
    """A stack that loses the smallest of four norms in float16."""
    base: Any = {
        "shows": "norms",
        "contract": "max_norm",
        "format": "float16",
        "parameters": {"max_value": "0x1p+1", "epsilon": "0x1.ad7f29abcaf48p-24"},
        "x": [1e-4, 0.1, 1.0, 100.0],
        "y": [0.0, 0.1, 1.0, 2.0],
        "expected": [9.99e-5, 0.1, 1.0, 2.0],
        "errors": [-1024.0, 0.25, 0.0, -0.5],
        "low": [-4.0, -4.0, -4.0, -4.0],
        "high": [4.0, 4.0, 4.0, 4.0],
    }
    return build(Curve, {**base, **changes})


def over_calls(shows: str, start: float, **changes: Any) -> Curve:
    """A norm that loses a tenth with every call, as exact arithmetic says."""
    norms = [start, 0.9 * start, 0.81 * start]
    return curve(shows=shows, x=[0, 1, 2], y=norms, expected=norms, errors=[], low=[], high=[], **changes)
