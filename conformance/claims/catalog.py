"""The catalogue of claims: what documents say, in our words, with what we expect to find, checked as it is read."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from adapters.core.stack import Stack, discover
from conformance.claims.experiment import find_experiment
from conformance.claims.prelude import has_prelude
from conformance.claims.properties import properties_on_cases
from conformance.errors import EntryError, UsageError, instead
from conformance.toml_entries import Entry, load_entries
from reference.formats import FORMATS
from reports.record.claims import ClaimPart, ClaimStatement, ExpectedVerdict, Role
from reports.schema import Schema

FOLDER = Path(__file__).parent
VERDICTS: tuple[ExpectedVerdict, ...] = ("TRUE", "FALSE", "INCOMPLETE", "AMBIGUOUS")
# fields of an entry that a claim has too, and what makes them its own
TEXTS = (
    "id",
    "document",
    "url",
    "version",
    "sentence",
    "checked_with",
    "since",
    "truth",
    "docstring",
    "anchor",
    "contract",
    "answers",
)
FIELDS: Mapping[str, Callable[[Any], Any]] = {**dict.fromkeys(TEXTS, str), "links": tuple, "formats": tuple}
# the field that names the property of a part
PROPERTY_FIELDS = {"says": "says", "leaves out": "leaves_out", "read as": "readings", "would be true": "truth_says"}


@dataclass(frozen=True)
class Part:
    """A property that a claim stands for: what it `says`, what it `leaves out`, how it can be `read`.

    What `would be true` is a property too: the correction that we print has to hold wherever it is tried, which is on
    all stacks if it names none.
    """

    role: Role
    property: str
    words: str = ""
    stacks: tuple[str, ...] = ()

    def speaks_of(self, stack: str) -> bool:
        """Whether it is tried on a stack of its claim."""
        return not self.stacks or stack in self.stacks


@dataclass(frozen=True)
class Claim:
    """One sentence of a document, what it means as properties, and which verdict we expect on which stack.

    It is TRUE where what it says holds and FALSE where not; INCOMPLETE where that holds, but not what a reader would
    add; AMBIGUOUS where it can be read in several ways, of which some hold.
    """

    id: str
    source: str
    document: str
    url: str
    version: str
    sentence: str
    parts: tuple[Part, ...]
    expected: Mapping[str, ExpectedVerdict]
    checked_with: str
    truth: str
    since: str = ""
    links: tuple[str, ...] = ()
    docstring: str = ""
    anchor: str = ""
    contract: str = ""
    formats: tuple[str, ...] = ("float32",)
    answers: str = ""

    def stated(self) -> ClaimStatement:
        """The claim as a record's header has it."""
        return ClaimStatement(
            id=self.id,
            source=self.source,
            document=self.document,
            url=self.url,
            version=self.version,
            sentence=self.sentence,
            checked_with=self.checked_with,
            since=self.since,
            truth=self.truth,
            docstring=self.docstring,
            anchor=self.anchor,
            answers=self.answers,
            links=self.links,
            parts=tuple(ClaimPart(part.role, part.property, part.words) for part in self.parts),
        )


def load(folder: Path = FOLDER, stacks: Mapping[str, Stack] | None = None) -> tuple[Claim, ...]:
    """Every claim of every file in a folder, by file and place; raises EntryError."""
    known = discover() if stacks is None else stacks
    claims: dict[str, Claim] = {}
    entries: dict[str, Entry] = {}
    # by stem, or keras-training would come before keras
    for path in sorted(folder.glob("*.toml"), key=lambda path: path.stem):
        for entry in load_entries(path, "claim"):
            claim = _claim(entry, known)
            if claim.id in claims:
                first = entries[claim.id]
                raise entry.error(f"{claim.id!r} stands at {first.file.path}:{first.line('id')} too", "id")
            claims[claim.id], entries[claim.id] = claim, entry
    if not claims:
        raise EntryError(f"{folder} holds no claims")
    return tuple(claims.values())


def select_claims(claims: Sequence[Claim], wanted: Sequence[str]) -> tuple[Claim, ...]:
    """The claims of the wanted sources, by name or pattern; all if none is named; raises UsageError."""
    sources = sorted({claim.source for claim in claims})
    for pattern in wanted:
        if not fnmatch.filter(sources, pattern):
            raise UsageError(f"there is no source named {pattern!r}{instead(pattern, sources)}")
    return tuple(
        claim for claim in claims if not wanted or any(fnmatch.fnmatch(claim.source, pattern) for pattern in wanted)
    )


def _claim(entry: Entry, stacks: Mapping[str, Stack]) -> Claim:
    """The entry, of which every property can be tried where something is expected of it; raises EntryError."""
    fields = entry.checked(_schema())
    claim = Claim(
        source=entry.file.path.stem,
        parts=tuple(_parts(entry, stacks)),
        expected=_expected(entry, stacks),
        **{name: convert(fields[name]) for name, convert in FIELDS.items() if name in fields},
    )
    for part in claim.parts:
        _check(entry, part, claim, [stacks[name] for name in claim.expected if part.speaks_of(name)])
    return claim


def _parts(entry: Entry, stacks: Mapping[str, Stack]) -> Iterator[Part]:
    fields = entry.fields
    if ("says" in fields) == ("readings" in fields):
        raise entry.error("a claim says one thing, or has several readings", "says")
    if "says" in fields:
        yield Part("says", fields["says"])
    for words, name in fields.get("readings", {}).items():
        yield Part("read as", name, words)
    for name in fields.get("leaves_out", ()):
        yield Part("leaves out", name)
    for name in fields.get("truth_says", ()):
        yield Part("would be true", name)
    for name, patterns in fields.get("truth_on", {}).items():
        named = tuple(
            dict.fromkeys(name for pattern in patterns for name in _matching(entry, pattern, stacks, "truth_on"))
        )
        yield Part("would be true", name, f"on {', '.join(named)}", named)


def _matching(entry: Entry, pattern: str, stacks: Mapping[str, Stack], field: str) -> list[str]:
    matching = fnmatch.filter(stacks, pattern)
    if not matching:
        raise entry.error(f"there is no stack named {pattern!r}", field)
    return matching


def _expected(entry: Entry, stacks: Mapping[str, Stack]) -> dict[str, ExpectedVerdict]:
    """The verdict that is expected on each stack."""
    verdicts: dict[str, ExpectedVerdict] = {}
    for verdict, patterns in entry.fields["expect"].items():
        for pattern in patterns:
            for name in _matching(entry, pattern, stacks, "expect"):
                if verdicts.setdefault(name, verdict) != verdict:
                    raise entry.error(f"{name} is expected to be {verdicts[name]} and {verdict}", "expect")
    return verdicts


def _check(entry: Entry, part: Part, claim: Claim, stacks: Sequence[Stack]) -> None:
    """Raise EntryError where a property is not there, or cannot be tried on some stack."""
    unknown = [name for name in part.stacks if name not in claim.expected]
    if unknown:
        raise entry.error(f"nothing is expected of {unknown[0]}", "truth_on")
    if find_experiment(part.property) is not None:
        for stack in stacks:
            if not has_prelude(stack):
                message = f"the adapter of {stack.name} has no prelude for the program of {part.property}"
                raise entry.error(message, "expect")
    elif part.property in properties_on_cases():
        _check_on_cases(entry, part, claim, stacks)
    else:
        field = "truth_on" if part.stacks else PROPERTY_FIELDS[part.role]
        raise entry.error(f"there is no property named {part.property!r}", field)


def _check_on_cases(entry: Entry, part: Part, claim: Claim, stacks: Sequence[Stack]) -> None:
    rule = properties_on_cases()[part.property]
    contracts = {claim.contract} if claim.contract else set(rule.contracts)
    if not contracts <= set(rule.contracts):
        spoken = ", ".join(rule.contracts)
        raise entry.error(f"{rule.id} says nothing of {claim.contract!r}, only of {spoken}", "contract")
    lacking = [stack.name for stack in stacks if not contracts & set(stack.contracts)]
    # a correction speaks of several calls, each with a property of its own
    if lacking and (part.role != "would be true" or len(lacking) == len(stacks)):
        raise entry.error(f"{lacking[0]} has no contract of which {rule.id} says anything", "expect")
    for name in claim.formats:
        if name not in FORMATS:
            raise entry.error(f"{name!r} is none of {', '.join(FORMATS)}", "formats")


@cache
def _schema() -> Schema:
    return Schema(json.loads((FOLDER / "claims.schema.json").read_text("utf-8")))


def verdict(parts: Sequence[tuple[str, bool]]) -> ExpectedVerdict:
    """What a claim is, of whose parts, by role, some hold; what we would say in its place decides nothing."""
    parts = [(role, holds) for role, holds in parts if role != "would be true"]
    readings = [holds for role, holds in parts if role == "read as"]
    if readings and any(readings) and not all(readings):
        return "AMBIGUOUS"
    if not all(holds for role, holds in parts if role != "leaves out"):
        return "FALSE"
    return "TRUE" if all(holds for _, holds in parts) else "INCOMPLETE"
