"""The events of a record as they stand in run.jsonl; `record.schema.json` says the same and is enforced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Grade: TypeAlias = Literal[
    "EXACT", "BOUNDED", "RANGE", "DIVERGENT", "ERROR", "ACCEPTED", "CRASH", "TIMEOUT", "UNSUPPORTED"
]
Level: TypeAlias = Literal["MUST", "SHOULD", "RECORD"]
# JSON has no non-finite numbers, so they travel as words.
Ulps: TypeAlias = int | float | Literal["inf", "nan"]
Role: TypeAlias = Literal["says", "leaves out", "read as"]
Relation: TypeAlias = Literal[
    "exactly",
    "within the interval",
    "only where N > max_value",
    "only where N <= max_value",
    "not at all",
    "no such groups",
]


class TupleAxis(TypedDict):
    """An axis given as a tuple, which JSON alone would confuse with a list."""

    tuple: list[int]


class FloatAxis(TypedDict):
    """An axis given as a float, which no contract allows."""

    float: int | float | str


class BoolAxis(TypedDict):
    """An axis given as a bool, which Python would take for 0 or 1."""

    bool: bool


class NumpyAxis(TypedDict):
    """An axis given as an integer of NumPy's own type."""

    numpy: int


Axis: TypeAlias = int | list[int] | TupleAxis | FloatAxis | BoolAxis | NumpyAxis | None


class Text(TypedDict):
    """A parameter given as a string, which no contract allows."""

    text: str


Parameter: TypeAlias = str | Text | None


class Weights(TypedDict):
    """The exact weights of a case: `bits` is base64 of the elements in C order."""

    format: str
    shape: list[int]
    layout: str
    bits: str


class Case(TypedDict):
    """A question that replays anywhere; parameters are hex floats, None or texts, and no way means "call"."""

    id: str
    contract: str
    parameters: dict[str, Parameter]
    axis: Axis
    weights: Weights
    calls: int
    way: NotRequired[str]


class Snippet(TypedDict):
    """Code in the framework's own words, what a fresh process printed, and whether that was the finding."""

    source: str
    printed: str
    reproduces: bool


class Finding(TypedDict):
    """One way in which a stack departed from a rule, with its smallest case; `known` is None where it is news."""

    id: str
    grade: Grade
    level: Level
    contract: str
    format: str
    sentence: str
    model: str | None
    tier: str | None
    case: Case
    weights: str
    observed: str
    accepted: str
    ulps: Ulps | None
    count: int
    snippet: Snippet | None
    failure: str
    known: str | None


class Observation(TypedDict):
    """What a stack does with input that no contract specifies."""

    probe: str
    character: str
    contract: str
    format: str
    case: Case
    weights: str
    observed: str
    snippet: Snippet | None


class Unsupported(TypedDict):
    """What could not be asked of a stack, and why."""

    what: str
    reason: str
    cases: int


class Calls(TypedDict):
    """Wall time inside the stack's calls; `compiling` is that of first calls in compiled modes."""

    seconds: int | float
    compiling: int | float


class Difference(TypedDict):
    """Elements compared with the stack's first mode, how many differ in their bits, and by how much at most."""

    elements: int
    differ: int
    ulps: Ulps


class Agreement(TypedDict):
    """Weight groups on one side of the bound, how many agree, and the largest relative difference."""

    groups: int
    exact: int
    within: int
    difference: Ulps | None


class Equivalence(TypedDict):
    """Whether a call can stand in for a Keras constraint, and what changes."""

    target: str
    rank: int
    axis: Axis
    format: str
    call: str | None
    relation: Relation
    inside: Agreement
    outside: Agreement
    sentence: str


Number: TypeAlias = int | float | Literal["inf", "-inf", "nan"]


class Curve(TypedDict):
    """Norms y at x: x is the norm that goes in ("norms"), or how many calls there were ("drift", "rate").

    `errors` are y - expected in ulps, and `low` and `high` the band that is accepted; empty where x counts calls.
    """

    shows: Literal["norms", "drift", "rate"]
    contract: str
    format: str
    parameters: dict[str, Parameter]
    x: list[Number]
    y: list[Number]
    expected: list[Number]
    errors: list[Number]
    low: list[Number]
    high: list[Number]


class Cell(TypedDict):
    """What came of one contract in one format; `errors` counts groups by the ulps that they are off by at most."""

    contract: str
    format: str
    grades: dict[Grade, int]
    worst_ulps: Ulps | None
    errors: list[tuple[Ulps, int]]


class Result(TypedDict):
    """What one rule found on one stack in one mode."""

    kind: Literal["result"]
    rule: str
    chapter: str
    level: Level
    stack: str
    mode: str
    device: str
    grade: Grade
    cases: int
    groups: int
    elements: int
    grades: dict[Grade, int]
    worst_ulps: dict[str, Ulps]
    tiers: dict[str, dict[str, dict[str, int]]]
    unsupported: list[Unsupported]
    findings: list[Finding]
    observations: list[Observation]
    calls: Calls
    differences: dict[str, Difference]
    equivalences: list[Equivalence]
    curves: NotRequired[list[Curve]]
    cells: NotRequired[list[Cell]]
    seconds: int | float


class Known(TypedDict):
    """A divergence that the project knows of, and what became of it in this run."""

    kind: Literal["known"]
    rule: str
    stack: str
    mode: str
    device: str
    contract: str
    format: str
    failure: str
    reason: str
    links: list[str]
    versions: dict[str, str]
    case: Case
    state: Literal["known", "stale", "not run"]
    said: str


class Hint(TypedDict):
    """What a subject does instead of what it promises, and how many groups of how many cases bear it out."""

    kind: Literal["hint"]
    stack: str
    mode: str
    device: str
    sentence: str
    cases: int
    groups: int


class ClaimPart(TypedDict):
    """A property that a claim stands for: what it says, what it leaves out, or how it can be read."""

    role: Role
    property: str
    words: str


class Statement(TypedDict):
    """A sentence of a document as the header states it: in our words, and the properties that it stands for."""

    id: str
    source: str
    document: str
    url: str
    version: str
    docstring: str
    anchor: str
    sentence: str
    since: str
    truth: str
    answers: str
    links: list[str]
    parts: list[ClaimPart]


class Trial(TypedDict):
    """A call, what came of it, and the program that shows it, with what that printed in a fresh process."""

    call: str
    observed: str
    source: str
    printed: str
    reproduces: bool


class Series(TypedDict):
    """Lines over x, which counts from 0, for a picture."""

    title: str
    x: str
    lines: dict[str, list[float]]


class Tried(TypedDict):
    """A property of a claim: on how many groups it was tried, how many broke it, and the smallest that did."""

    role: Role
    words: str
    property: str
    sentence: str
    tried: int
    broken: int
    counterexample: Trial | None
    example: Trial | None
    series: Series | None


class Claim(TypedDict):
    """What became of a claim on one stack."""

    kind: Literal["claim"]
    claim: str
    stack: str
    device: str
    verdict: Literal["TRUE", "FALSE", "INCOMPLETE", "AMBIGUOUS", "NOT TRIED"]
    expected: Literal["TRUE", "FALSE", "INCOMPLETE", "AMBIGUOUS"]
    document: Literal["found", "changed", "no docstring"]
    reason: str | None
    parts: list[Tried]
    seconds: int | float


class Rule(TypedDict):
    """A rule as the header states it."""

    id: str
    chapter: str
    level: Level
    sentence: str
    source: str
    contracts: list[str]
    modes: Literal["every", "not costly", "beyond the first", "the first"]
    devices: NotRequired[list[str]]


class Device(TypedDict):
    """Where a stack computes; `details` are versions of its driver and libraries."""

    kind: str
    name: str
    details: NotRequired[dict[str, str]]


class Stack(TypedDict):
    """Who is asked; a stack that could not start is here too, with the reason."""

    name: str
    available: bool
    reason: str | None
    sentence: str
    versions: dict[str, str]
    python: str | None
    backend: str | None
    device: Device | None
    formats: dict[str, str | None]
    modes: list[str]
    contracts: list[str]
    compiled: list[str]
    costly: NotRequired[list[str]]
    unsuited: NotRequired[list[str]]
    declared: NotRequired[dict[str, Any]]


class Host(TypedDict):
    """The suite's own process."""

    python: str
    platform: str
    processor: str
    numpy: str
    hypothesis: str


class Header(TypedDict):
    """What is under test, and how it was asked."""

    kind: Literal["header"]
    schema: Literal[1]
    suite: str
    started: str
    seed: int
    depth: Literal["quick", "default", "thorough"]
    options: dict[str, str]
    host: Host
    rules: list[Rule]
    stacks: list[Stack]
    claims: NotRequired[list[Statement]]


class Footer(TypedDict):
    """How the run ended; a killed run has none."""

    kind: Literal["footer"]
    complete: bool
    finished: str
    seconds: int | float
    results: int
    exit: Literal[0, 1, 3]
    note: str | None
    claims: NotRequired[int]


Event: TypeAlias = Header | Result | Known | Hint | Claim | Footer


BROKEN: tuple[Grade, ...] = ("DIVERGENT", "ERROR", "ACCEPTED", "CRASH", "TIMEOUT")


# those at which a rule can be broken
LEVELS: tuple[Level, ...] = ("MUST", "SHOULD")


@dataclass(frozen=True)
class Column:
    """A stack in one mode on one device."""

    stack: str
    mode: str
    device: str
