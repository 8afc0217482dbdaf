"""The events of a record as they stand in run.jsonl; `record.schema.json` says the same and is enforced."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Grade: TypeAlias = Literal[
    "EXACT", "BOUNDED", "RANGE", "DIVERGENT", "ERROR", "ACCEPTED", "CRASH", "TIMEOUT", "UNSUPPORTED"
]
Level: TypeAlias = Literal["MUST", "SHOULD", "RECORD"]
# JSON has no non-finite numbers, so they travel as words.
Ulps: TypeAlias = int | float | Literal["inf", "nan"]


class TupleAxis(TypedDict):
    """An axis given as a tuple, which JSON alone would confuse with a list."""

    tuple: list[int]


class FloatAxis(TypedDict):
    """An axis given as a float, which no contract allows."""

    float: int | float | str


class BoolAxis(TypedDict):
    """An axis given as a bool, which Python would take for 0 or 1."""

    bool: bool


Axis: TypeAlias = int | list[int] | TupleAxis | FloatAxis | BoolAxis | None


class Weights(TypedDict):
    """The exact weights of a case: `bits` is base64 of the elements in C order."""

    format: str
    shape: list[int]
    layout: str
    bits: str


class Case(TypedDict):
    """A question that replays anywhere; parameters are hex floats."""

    id: str
    contract: str
    parameters: dict[str, str]
    axis: Axis
    weights: Weights
    calls: int


class Snippet(TypedDict):
    """Code in the framework's own words, what a fresh process printed, and whether that was the finding."""

    source: str
    printed: str
    reproduces: bool


class Finding(TypedDict):
    """One way in which a stack departed from a rule, with its smallest case."""

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
    seconds: int | float


class Rule(TypedDict):
    """A rule as the header states it."""

    id: str
    chapter: str
    level: Level
    sentence: str
    source: str


class Device(TypedDict):
    """Where a stack computes."""

    kind: str
    name: str


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


class Footer(TypedDict):
    """How the run ended; a killed run has none."""

    kind: Literal["footer"]
    complete: bool
    finished: str
    seconds: int | float
    results: int
    exit: Literal[0, 1, 3]
    note: str | None


Event: TypeAlias = Header | Result | Footer
