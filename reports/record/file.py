"""Writing and reading run.jsonl: what is on disk is valid line by line, and what is read is checked again."""

from __future__ import annotations

import contextlib
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar, get_args

from reports.reading import MOST_VALUES, read_limited
from reports.record.claims import ClaimResult
from reports.record.codec import from_json, to_json
from reports.record.events import EVENTS, Event, contradictions
from reports.record.header import Footer, Header
from reports.record.model import Column, Depth, Hint, Recheck, Result
from reports.schema import Complaint, Schema

E = TypeVar("E", bound=Event)
SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("record.schema.json").read_text("utf-8"))


class ReportError(Exception):
    """A file that cannot be read or written; its text is one sentence that says why."""


class RecordError(ReportError):
    """A record that cannot be written, read or merged; its text is one sentence that says why."""


@dataclass(frozen=True)
class Record:
    """One run as it stands on disk; without a footer it is readable, and incomplete."""

    path: Path
    header: Header
    results: tuple[Result, ...]
    rechecks: tuple[Recheck, ...]
    footer: Footer | None
    hints: tuple[Hint, ...] = ()
    claims: tuple[ClaimResult, ...] = ()

    @property
    def carried(self) -> Mapping[str, int]:
        """How many results were found by runs before, by when those began."""
        began = [*(result.carried for result in self.results), *(claim.carried for claim in self.claims)]
        return Counter(each for each in began if each)

    @property
    def shallow(self) -> Mapping[str, int]:
        """How many results are less deep than the run was to go, by their depth."""
        return Counter(result.depth for result in self.results if result.depth)

    @property
    def complete(self) -> bool:
        """True only where the run itself said at its end that it did everything."""
        return self.footer is not None and self.footer.complete


class Writer:
    """An open record: each event is checked before it is written, and is on disk when `write` returns.

    `also` is given what is written. `goes_on`: it is written behind what a run before has left, its footer apart.
    """

    def __init__(self, path: Path, also: Callable[[bytes], object] | None = None, goes_on: bool = False) -> None:
        self.path, self._also, self._goes_on = path, also, goes_on
        self._file: FileIO | None = None
        self._previous: str | None = None

    def __enter__(self) -> Self:
        try:
            # without a buffer, which would hold what the disk did not take and try again
            self._file = self.path.open("r+b" if self._goes_on else "wb", buffering=0)
            if self._goes_on:
                self._go_on(self._file)
        except OSError as error:
            raise RecordError(f"{self.path} cannot be written: {error.strerror}.") from error
        return self

    def _go_on(self, file: FileIO) -> None:
        """Keep what `read` takes for events, but for a footer: the last line may be whole without its newline."""
        kept: list[bytes] = []
        for line in file.readall().split(b"\n"):
            try:
                kind = parsed(line)["kind"]
            except ValueError:  # torn, or the nothing behind the last newline
                break
            if kind != Footer.kind:
                kept.append(line + b"\n")
                self._previous = kind
        whole = b"".join(kept)
        file.seek(len(whole) - 1)
        file.truncate()
        file.write(b"\n")
        if self._also is not None:
            self._also(whole)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # No footer is made up here: only the run knows whether it is complete.
        if self._file is not None:
            self._file.close()

    def write(self, event: Event) -> None:
        """The event is on disk as one line, or nothing is and `RecordError` says why."""
        if self._file is None or self._file.closed:
            raise RecordError(f"{self.path} is not open for writing.")
        data = to_json(event)
        if wrong := complaint(data) or _out_of_order(self._previous, event.kind):
            raise RecordError(f"{self.path} was given an event that is no part of a record: {wrong}.")
        try:
            line = json.dumps(data, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
        except ValueError as error:
            raise RecordError(f"{self.path} was given an event that JSON cannot hold: {error}.") from error
        try:
            _append(self._file, line)
            if self._also is not None:
                self._also(line)
        except OSError as error:
            raise RecordError(f"{self.path} cannot be written: {error.strerror}.") from error
        self._previous = event.kind


def _append(file: FileIO, line: bytes) -> None:
    """The whole line is in the file, or nothing of it is and OSError says why."""
    start = file.tell()
    try:
        while line:
            line = line[file.write(line) :]
    except OSError:
        with contextlib.suppress(OSError):
            file.truncate(start)
        raise


def read(path: Path) -> Record:
    """The record at `path`, or `RecordError` with the line and what is wrong with it."""
    lines = content(path).split(b"\n")
    events: list[tuple[str, Event]] = []
    # A line is whole when a newline ends it, so only the text after the last newline can be torn.
    *whole, rest = lines
    if not whole and not rest:
        raise RecordError(f"{path} is empty.")
    for number, line in enumerate(lines if rest else whole, 1):
        previous = events[-1][1].kind if events else None
        if previous == "footer":
            raise RecordError(f"{path}, line {number}: a line after the footer.")
        event = _event(path, number, line, last=number > len(whole))
        if event is None:
            break
        if wrong := _out_of_order(previous, event.kind):
            raise RecordError(f"{path}, line {number}: {wrong}.")
        events.append((f"{path}, line {number}", event))
    if not events:
        raise RecordError(f"{path}, line 1: the header is not whole.")
    return assembled(path, events, str(path))


def content(path: Path) -> bytes:
    """What the file holds, or `RecordError` with the reason why it cannot be read."""
    try:
        text = read_limited(path)
    except FileNotFoundError as error:
        raise RecordError(f"{path} does not exist.") from error
    except (OSError, ValueError) as error:
        raise RecordError(f"{path} cannot be read: {getattr(error, 'strerror', error)}.") from error
    # each value of JSON but the first of a line stands behind one of these
    if sum(map(text.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise RecordError(f"{path} cannot be read: it has more than {MOST_VALUES:,} values, the most that are read.")
    return text


def parsed(text: bytes) -> Any:
    """The JSON value, with no number that float64 lacks; ValueError, on one line, where there is none."""
    try:
        return json.loads(text.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ValueError(short(str(error))) from error


def complaint(event: object) -> str | None:
    """What is wrong with an event by the schema, with the property's name; None where nothing is."""
    if not isinstance(event, Mapping):
        return "an event is a JSON object"
    kind = event.get("kind")
    if not isinstance(kind, str) or kind not in EVENTS:
        return f"kind: {short(repr(kind))} is none of {', '.join(EVENTS)}"
    wrong = _schema(kind).complaint(event)
    return None if wrong is None else sentence(wrong)


@cache
def _schema(kind: str) -> Schema:
    # Checked against its own kind alone: a failed oneOf could not say which property is wrong.
    return Schema({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]})


def sentence(wrong: Complaint) -> str:
    """What is wrong and where, on one line."""
    return f"{short(wrong.place)}: {short(wrong.message)}" if wrong.path else short(wrong.message)


def short(text: str) -> str:
    """The text on one line of ASCII, without its middle where it is long."""
    text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= 200 else f"{text[:120]} ... {text[-60:]}"


def _out_of_order(previous: str | None, kind: str) -> str | None:
    if previous is None and kind != "header":
        return f"the record does not begin with a header but with a {kind}"
    if previous is not None and kind == "header":
        return "a second header"
    return "a line after the footer" if previous == "footer" else None


def _event(path: Path, number: int, line: bytes, last: bool) -> Event | None:
    try:
        data = parsed(line)
    except ValueError as error:
        if last:
            return None
        raise RecordError(f"{path}, line {number}: not JSON: {error}.") from error
    return event_from_json(data, f"{path}, line {number}")


def event_from_json(data: object, where: str = "an event") -> Event:
    """The event that the data are, or `RecordError` with what is wrong with them; `where` names what holds them."""
    wrong = complaint(data)
    if wrong is None:
        assert isinstance(data, dict)
        try:
            return from_json(EVENTS[data["kind"]], data)
        except ValueError as error:
            wrong = short(str(error))
    raise RecordError(f"{where}: {wrong}.")


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{short(text)} is beyond float64")
    return number


def assembled(path: Path, events: Sequence[tuple[str, Event]], whole: str) -> Record:
    """The record of a header and what follows it, each with its place; `RecordError` where they contradict each other.

    `whole` names what holds all of them.
    """
    header = events[0][1]
    assert isinstance(header, Header)
    for place, wrong in contradictions(events):
        raise RecordError(f"{place}: {short(wrong)}.")
    record = Record(
        path,
        header,
        results=_deepest(_of(Result, events)),
        rechecks=_of(Recheck, events),
        footer=next(iter(_of(Footer, events)), None),
        hints=_of(Hint, events),
        claims=_of(ClaimResult, events),
    )
    _check_counts(record, whole)
    return record


def _of(kind: type[E], events: Sequence[tuple[str, Event]]) -> tuple[E, ...]:
    return tuple(event for _, event in events if isinstance(event, kind))


def _deepest(results: Sequence[Result]) -> tuple[Result, ...]:
    """Of each question the result with most cases, which has those of the others: rounds go deeper and deeper."""
    found: dict[tuple[str, Column], Result] = {}
    for result in results:
        key = result.rule, result.column
        if key not in found or _deep(result) > _deep(found[key]):
            found[key] = result
    return tuple(found.values())


def _deep(result: Result) -> int:
    """The place of its depth; what names none is as deep as the run was to go."""
    depths = get_args(Depth)
    return len(depths) if result.depth is None else depths.index(result.depth)


def _check_counts(record: Record, whole: str) -> None:
    """Raises `RecordError` where the footer counts otherwise than the record."""
    if record.footer is None:
        return
    for what, counted, held in (
        ("results", record.footer.results, len(record.results)),
        ("claims", record.footer.claims or 0, len(record.claims)),
    ):
        if counted != held:
            raise RecordError(f"{whole}: the footer counts {counted} {what}, the record holds {held}.")
