"""Keeping the known divergences up to date: what a record newly found is proposed, what is stale is named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from adapters.core.stack import Stack
from conformance.cases.codec import from_record
from conformance.errors import CaseError, EntryError
from conformance.judging.verdict import MUST
from conformance.known.entries import FILE, Divergence, Key, load, matching
from reports.record.codec import to_json
from reports.record.failure import same_failure
from reports.record.file import Record, RecordError, read
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


def command(
    record_path: Path, update: bool, console: Console, path: Path = FILE, stacks: Mapping[str, Stack] | None = None
) -> int:
    """Say what of a record is known, new and stale; exit code 1 if anything is to do, else 0."""
    divergences = load(path, stacks)
    record = read(record_path)
    proposed = proposals(record, divergences)
    stale = _say_known(record, divergences, console)
    for proposal in proposed:
        _say(console, "new", proposal.title, f"{proposal.finding.sentence}: {proposal.finding.observed}")
    if not record.complete:
        _say(console, "so far", f"{record.path} is incomplete: there may be more")
    if stale:
        _say(console, "to do", f"{path}: delete what is stale ({stale}), or write anew what is seen now")
    if proposed and update:
        append(path, proposed)
        _say(console, "to do", f"{path}: write a reason and a link for each entry that was appended ({len(proposed)})")
    elif proposed:
        _say(console, "to do", f"give --update to append what is new ({len(proposed)}) to {path}")
    elif not stale:
        _say(console, "to do", "nothing")
    return 1 if proposed or stale else 0


def _say_known(record: Record, divergences: Sequence[Divergence], console: Console) -> int:
    """Say what became of the entries that the file still has; the number of stale ones."""
    said: dict[Key, tuple[str, str]] = {}
    for result in record.results:
        for finding in result.findings:
            said[_key(result, finding)] = "known", finding.observed
    entries = {key: divergence for key in said if (divergence := matching(divergences, *key))}
    for event in record.rechecks:
        key = _key(event, event)
        divergence = matching(divergences, *key)
        if divergence and divergence.case.id == event.case.id:  # else it was given another case since
            entries[key], said[key] = divergence, (event.state, event.observed)
    for key, divergence in entries.items():
        state, seen = said[key]
        _say(console, state, f"{_title(key)}: {divergence.reason}", f"{'now: ' if state == 'stale' else ''}{seen}")
    return sum(said[key][0] == "stale" for key in entries)


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
    except (CaseError, OverflowError) as error:
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


def _say(console: Console, word: str, *lines: str) -> None:
    for line in lines:
        console.print(Text(f"{word:8}  {escape_control(line)}"), soft_wrap=True)
        word = ""
