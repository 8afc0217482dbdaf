"""Keeping the known divergences up to date: what a record newly found is proposed, what is stale is named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.cases.codec import from_record
from conformance.errors import CaseError, EntryError
from conformance.judging.verdict import MUST
from conformance.known.entries import Divergence, Key, matching
from reports.record.codec import to_json
from reports.record.failure import same_failure
from reports.record.file import Record, RecordError
from reports.record.model import Finding, Recheck, Result
from reports.text import escape_control, truncate

LONGEST = 400
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Proposal:
    """An entry that lacks its reason and links: one case that diverges in one way under every rule, mode and device."""

    rules: tuple[str, ...]
    modes: tuple[str, ...]
    devices: tuple[str, ...]
    stack: str
    finding: Finding
    sentences: tuple[str, ...]
    versions: Mapping[str, str]

    @property
    def title(self) -> str:
        """What diverges where."""
        rules, modes, devices = (", ".join(names) for names in (self.rules, self.modes, self.devices))
        seen = self.finding
        return _title((rules, self.stack, modes, devices, *seen.kind))


def proposals(record: Record, divergences: Sequence[Divergence]) -> list[Proposal]:
    """What broke a MUST rule and no entry matches; a case that rules, modes and devices share is proposed once."""
    news: dict[Key, Finding] = {}
    for result in record.results:
        for finding in result.findings:
            key = _key(result, finding)
            if finding.level == MUST and matching(divergences, *key) is None:
                news.setdefault(key, finding)
    alike: dict[tuple[str, ...], dict[Key, Finding]] = {}
    for key, finding in news.items():
        alike.setdefault((key[1], *key[4:], finding.case.id), {})[key] = finding
    return [proposal for findings in alike.values() for proposal in _joined(record, findings)]


def append(path: Path, proposed: Sequence[Proposal]) -> None:
    """Write the proposals at the end of the file, which is not accepted again until a person has given reasons."""
    try:
        text = "".join(map(_text, proposed)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise EntryError(f"{path} cannot hold {error.object[error.start]!a}, which is half a character") from error
    try:
        with path.open("ab") as file:
            file.write(text)
    except OSError as error:
        raise EntryError(f"{path} cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class Sighting:
    """What became of an entry in a record: `state` is known, or what its recheck says; `observed` is what was seen."""

    title: str
    state: str
    reason: str
    observed: str


def sightings(record: Record, divergences: Sequence[Divergence]) -> list[Sighting]:
    """What became of the entries that the file still has, in the order in which the record meets them."""
    seen: dict[Key, tuple[Divergence, str, str]] = {}
    for result in record.results:
        for finding in result.findings:
            if divergence := matching(divergences, *(key := _key(result, finding))):
                seen[key] = divergence, "known", finding.observed
    for recheck in record.rechecks:
        divergence = matching(divergences, *(key := _key(recheck, recheck)))
        if divergence and divergence.case.id == recheck.case.id:  # else it was given another case since
            seen[key] = divergence, recheck.state, recheck.observed
    return [
        Sighting(_title(key), state, divergence.reason, observed) for key, (divergence, state, observed) in seen.items()
    ]


def _key(asked: Result | Recheck, failed: Finding | Recheck) -> Key:
    target = (asked.rule, asked.stack, asked.mode, asked.device)
    return (*target, failed.contract, failed.format, same_failure(failed.failure))


def _title(key: Key) -> str:
    rule, stack, mode, device, contract, form, failure = key
    return f"{rule} on {stack} {mode} {device} ({contract}, {form}): {failure}"


def _joined(record: Record, findings: Mapping[Key, Finding]) -> Iterator[Proposal]:
    """As few proposals as name these keys and no others: each stands for all its rules in all its modes."""
    modes: dict[tuple[str, str], tuple[str, ...]] = {}  # by rule and device
    for rule, _, mode, device, *_ in findings:
        modes[rule, device] = (*modes.get((rule, device), ()), mode)
    rules: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}  # by device and modes
    for (rule, device), same in modes.items():
        rules[device, same] = (*rules.get((device, same), ()), rule)
    devices: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}  # by rules and modes
    for (device, same), names in rules.items():
        devices[names, same] = (*devices.get((names, same), ()), device)
    _, stack, _, _, contract, form, failure = next(iter(findings))
    versions = next((described.versions for described in record.header.stacks if described.name == stack), {})
    for (names, same), places in devices.items():
        finding = findings[names[0], stack, same[0], places[0], contract, form, failure]
        _check(record, finding)
        sentences = tuple(rule.sentence for rule in record.header.rules if rule.id in names)
        yield Proposal(names, same, places, stack, finding, sentences, versions)


def _check(record: Record, finding: Finding) -> None:
    try:
        from_record(finding.case)
    except CaseError as error:
        raise RecordError(f"{record.path}: {error}.") from error


def _text(proposal: Proposal) -> str:
    """The entry in TOML, below what was seen as comments."""
    finding = proposal.finding
    seen = [
        *(f"rule:      {sentence}" for sentence in proposal.sentences),
        f"seen:      {finding.sentence}",
        f"weights:   {finding.weights}",
        f"observed:  {finding.observed}",
        f"accepted:  {finding.accepted}",
        "A person must write the reason and a link before this file is accepted.",
    ]
    # ASCII JSON has no control characters, and an apostrophe only inside its strings: so a literal string holds it
    case = json.dumps(to_json(finding.case)).replace("'", "\\u0027")
    names = {name: name if _BARE.fullmatch(name) else _string(name) for name in proposal.versions}
    versions = ", ".join(f"{names[name]} = {_string(version)}" for name, version in proposal.versions.items())
    fields = {
        "rule": _several(proposal.rules),
        "stack": _string(proposal.stack),
        "contract": _string(finding.contract),
        "format": _string(finding.format),
        "mode": _several(proposal.modes),
        "device": _several(proposal.devices),
        "failure": _string(same_failure(finding.failure)),
        "reason": '""',
        "links": "[]",
        "versions": f"{{ {versions} }}" if versions else "{}",
        "case": f"'{case}'",
    }
    lines = [f"# {truncate(escape_control(line), LONGEST)}" for line in seen]
    # the empty line in front also ends a last line that nobody had ended
    return "\n".join(["", *lines, "[[divergence]]", *(f"{name} = {value}" for name, value in fields.items()), ""])


def _string(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but TOML also wants DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _several(names: Iterable[str]) -> str:
    first, *others = map(_string, names)
    return f"[{', '.join([first, *others])}]" if others else first
