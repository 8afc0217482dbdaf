"""The catalogue of claims: what documents say, in our words, with what we expect to find, checked as it is read."""

from __future__ import annotations

import fnmatch
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from adapters.core.discovery import discover
from adapters.core.stack import Stack
from conformance.claims import experiment
from conformance.claims.prelude import has_prelude
from conformance.claims.properties import on_cases
from conformance.errors import ClaimError, UsageError
from reference.formats import FORMATS
from reports.text import cut, plain

FOLDER = Path(__file__).parent
VERDICTS = ("TRUE", "FALSE", "INCOMPLETE", "AMBIGUOUS")


@dataclass(frozen=True)
class Part:
    """A property that a claim stands for: what it `says`, what it `leaves out`, or how it can be `read`."""

    role: str
    property: str
    words: str = ""


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
    expected: Mapping[str, str]
    since: str
    truth: str
    links: tuple[str, ...] = ()
    docstring: str = ""
    anchor: str = ""
    contract: str = ""
    formats: tuple[str, ...] = ("float32",)
    answers: str = ""

    def stated(self) -> dict[str, Any]:
        """The claim as a record's header has it."""
        names = ("id", "source", "document", "url", "version", "sentence", "since", "truth", "docstring", "anchor")
        stated = {name: getattr(self, name) for name in names}
        return {**stated, "answers": self.answers, "links": list(self.links), "parts": [vars(p) for p in self.parts]}


_Place: TypeAlias = tuple[Path, str, int]


def load(folder: Path = FOLDER, stacks: Mapping[str, Stack] | None = None) -> tuple[Claim, ...]:
    """Every claim of every file in a folder, by file and place; raises ClaimError."""
    known = discover() if stacks is None else stacks
    found: list[Claim] = []
    places: dict[str, str] = {}
    # by stem, or keras-training would come before keras
    for path in sorted(folder.glob("*.toml"), key=lambda path: path.stem):
        for (where, text, line), entry in _entries(path):
            claim = _claim(path, text, line, entry, known)
            if claim.id in places:
                raise ClaimError(f"{_at(where, text, line, 'id')}: id: {claim.id!r} stands at {places[claim.id]} too")
            places[claim.id] = _at(where, text, line, "id")
            found.append(claim)
    if not found:
        raise ClaimError(f"{folder} holds no claims")
    return tuple(found)


def chosen(claims: Sequence[Claim], wanted: Sequence[str]) -> tuple[Claim, ...]:
    """The claims of the wanted sources, by name or pattern; all if none is named; raises UsageError."""
    sources = sorted({claim.source for claim in claims})
    for pattern in wanted:
        if not fnmatch.filter(sources, pattern):
            raise UsageError(f"there is no source named {pattern!r}; there are {', '.join(sources)}")
    return tuple(
        claim for claim in claims if not wanted or any(fnmatch.fnmatch(claim.source, pattern) for pattern in wanted)
    )


def _entries(path: Path) -> Iterator[tuple[_Place, Any]]:
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise ClaimError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path}:{line[1] if line else len(text.splitlines())}"
        raise ClaimError(f"{where}: no TOML: {cut(plain(str(error)), 200)}") from error
    claims = data.pop("claim", [])
    if data or not isinstance(claims, list):
        what = next(iter(data), "claim")
        raise ClaimError(f"{path}:{_line_of(text, 0, what)}: {plain(what)}: only [[claim]] tables belong here")
    heads = [n for n, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*claim\s*\]\]", line)]
    for number, entry in enumerate(claims):
        yield (path, text, heads[number] if number < len(heads) else 1), entry


def _at(path: Path, text: str, head: int, field: str) -> str:
    return f"{path}:{_line_of(text, head, field)}"


def _line_of(text: str, head: int, field: str) -> int:
    """The line of an entry's field, or of its beginning where the field is not there."""
    for number, line in enumerate(text.splitlines()[head:] if field else [], head + 1):
        if head and re.match(r"\s*\[\[", line):
            break
        if re.match(rf"\s*\[*(claim\.)?{re.escape(field)}\b", line):
            return number
    return max(head, 1)


def _claim(path: Path, text: str, head: int, entry: Any, stacks: Mapping[str, Stack]) -> Claim:
    if error := best_match(_validator().iter_errors(entry)):
        missing = re.match(r"'(\w+)' is a required property", error.message)
        field = str(error.absolute_path[0]) if error.absolute_path else ""
        said = f"it has no {missing[1]}" if missing and not field else error.message
        where = ".".join(map(str, error.absolute_path))
        sentence = f"{where}: {said}" if where else said
        raise ClaimError(f"{_at(path, text, head, field)}: {cut(plain(sentence), 300)}")
    try:
        parts = tuple(_parts(entry))
        expected = _expected(entry["expect"], stacks)
        for part in parts:
            _check(part, entry, [stacks[name] for name in expected])
    except _Wrong as wrong:
        raise ClaimError(f"{_at(path, text, head, wrong.field)}: {wrong.field}: {plain(str(wrong))}") from None
    plainly: dict[str, Any] = {
        name: entry[name] for name in ("id", "document", "url", "version", "sentence", "since", "truth")
    }
    plainly |= {name: entry[name] for name in ("docstring", "anchor", "contract", "answers") if name in entry}
    plainly |= {name: tuple(entry[name]) for name in ("links", "formats") if name in entry}
    return Claim(source=path.stem, parts=parts, expected=expected, **plainly)


class _Wrong(Exception):
    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def _parts(entry: Mapping[str, Any]) -> Iterator[Part]:
    if ("says" in entry) == ("readings" in entry):
        raise _Wrong("says", "a claim says one thing, or has several readings")
    if "says" in entry:
        yield Part("says", entry["says"])
    for words, name in entry.get("readings", {}).items():
        yield Part("read as", name, words)
    for name in entry.get("leaves_out", ()):
        yield Part("leaves out", name)


def _expected(expect: Mapping[str, Sequence[str]], stacks: Mapping[str, Stack]) -> dict[str, str]:
    found: dict[str, str] = {}
    for verdict, patterns in expect.items():
        for pattern in patterns:
            matching = fnmatch.filter(stacks, pattern)
            if not matching:
                raise _Wrong("expect", f"there is no stack named {pattern!r}")
            for name in matching:
                if found.setdefault(name, verdict) != verdict:
                    raise _Wrong("expect", f"{name} is expected to be {found[name]} and {verdict}")
    return found


def _check(part: Part, entry: Mapping[str, Any], stacks: Sequence[Stack]) -> None:
    field = {"says": "says", "leaves out": "leaves_out", "read as": "readings"}[part.role]
    if part.property in experiment.found():
        for stack in stacks:
            if not has_prelude(stack):
                raise _Wrong("expect", f"the adapter of {stack.name} has no prelude for the program of {part.property}")
        return
    on = on_cases().get(part.property)
    if on is None:
        raise _Wrong(field, f"there is no property named {part.property!r}")
    contract = entry.get("contract", "")
    if contract and contract not in on.contracts:
        raise _Wrong("contract", f"{part.property} says nothing of {contract!r}, only of {', '.join(on.contracts)}")
    for stack in stacks:
        if not set(stack.contracts) & ({contract} if contract else set(on.contracts)):
            raise _Wrong("expect", f"{stack.name} has no contract of which {part.property} says anything")
    for name in entry.get("formats", ()):
        if name not in FORMATS:
            raise _Wrong("formats", f"{name!r} is none of {', '.join(FORMATS)}")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / "claims.schema.json").read_text("utf-8")))


def verdict(parts: Sequence[tuple[str, bool]]) -> str:
    """What a claim is, of whose parts, by role, some hold."""
    readings = [holds for role, holds in parts if role == "read as"]
    if readings and any(readings) and not all(readings):
        return "AMBIGUOUS"
    if not all(holds for role, holds in parts if role != "leaves out"):
        return "FALSE"
    return "TRUE" if all(holds for _, holds in parts) else "INCOMPLETE"
