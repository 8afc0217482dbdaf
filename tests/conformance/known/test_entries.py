"""Known divergences: what the file may say, what it matches, whether its cases still diverge, and how it grows."""

from __future__ import annotations

import io
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from adapters.core.stack import Mode, Stack
from conformance.cases.case import Case, weights_of
from conformance.cases.codec import from_json, to_json
from conformance.cli.commands.known import tell
from conformance.cli.main import main
from conformance.errors import EntryError
from conformance.judging.verdict import MUST, RECORD, Verdict, Violation
from conformance.known import entries as known
from conformance.known import recheck
from conformance.known.entries import Divergence, load, matching
from conformance.known.propose import Proposal, append, proposals
from conformance.known.recheck import asked_again, not_asked_again
from conformance.known.recognize import recognizer
from conformance.rules.registry import check_of
from conformance.rules.rule import BEYOND_THE_FIRST, EVERY_DEVICE, USUAL_MODES, RuleDefinition
from conformance.stacks.outcome import Outcome, Returned
from conformance.stacks.target import Trace
from reference.formats import FORMATS
from reports.record import codec
from reports.record.failure import Failure, FailureCode
from reports.record.file import Record, RecordError, complaint
from reports.record.model import Finding, Recheck, Result
from tests.support import builder
from tests.support.fakes import Fake

TINY = Stack(
    "tiny", "tests.mutants.adapter", (), {}, (Mode("eager"), Mode("graph")), "A tiny stack.", ("max_norm", "unit_norm")
)
STACKS = {"tiny": TINY}


def rule(
    id: str, chapter: str, level: str, statement: str, *contracts: str, modes: str = USUAL_MODES
) -> RuleDefinition:
    """A rule that suits every stack."""
    return RuleDefinition(
        id, chapter, level, statement, "here", contracts, modes, EVERY_DEVICE, suits=lambda stack: True
    )


RULES = [
    rule("doubles", "values", MUST, "It doubles.", "max_norm", "unit_norm"),
    rule("is_calm", "conduct", MUST, "It is calm.", "max_norm"),
    rule("of_modes", "modes", MUST, "Modes agree.", "max_norm", modes=BEYOND_THE_FIRST),
    rule("noted", "unspecified", RECORD, "It is noted.", "max_norm"),
]
CASE = Case("max_norm", {"max_value": 1.0, "epsilon": 1e-7}, 0, weights_of([3.0, 4.0], FORMATS["float32"]))
SMALLER = Case("max_norm", {"max_value": 1.0, "epsilon": 1e-7}, 0, weights_of([3.0], FORMATS["float32"]))
WRONG, NAN = Failure(FailureCode.WRONG_VALUES), Failure(FailureCode.NAN)
FAILURE = str(WRONG)
ENTRY: dict[str, Any] = {
    "rule": "doubles",
    "stack": "tiny",
    "contract": "max_norm",
    "format": "float32",
    "mode": "eager",
    "device": "cpu",
    "failure": FAILURE,
    "reason": "It computes in float16.",
    "links": ["https://example.org/1"],
    "versions": {"tiny": "1.0"},
    "case": json.dumps(to_json(CASE)),
}
# what a terminal, TOML or a careless writer would trip over
HOSTILE = 'it\'s "bad" \'\'\'x\'\'\' """y""" \\ \n[[divergence]]\r\t\x00\x1b[31m\x7f\x85\u2028\u202e é 😀 # {x}'


@pytest.fixture(autouse=True)
def _four_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "catalog", lambda: RULES)


def file_of(folder: Path, *entries: dict[str, Any]) -> Path:
    """The entries as a file: JSON of these values is TOML too, but for tables."""
    path = folder / "known.toml"
    path.write_text("# kept\n" + "".join(map(_table, entries)), "utf-8")
    return path


def _table(entry: dict[str, Any]) -> str:
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in entry.items() if name != "versions")
    versions = "".join(f"{name} = {json.dumps(value)}\n" for name, value in entry.get("versions", {}).items())
    return f"[[divergence]]\n{''.join(lines)}[divergence.versions]\n{versions}"


def entries(folder: Path, **changes: Any) -> tuple[Divergence, ...]:
    """One entry, loaded."""
    return load(file_of(folder, {**ENTRY, **changes}), STACKS)


def with_failure(**changes: Any) -> Finding:
    """A finding of a MUST rule."""
    base = {
        "id": CASE.id,
        "grade": "DIVERGENT",
        "level": MUST,
        "contract": "max_norm",
        "format": "float32",
        "sentence": "the result is too large",
        "case": to_json(CASE),
        "weights": "[3, 4]",
        "observed": "[6, 8]",
        "accepted": "from [0.6, 0.8] to [0.6, 0.8]",
        "failure": FAILURE,
        "known": None,
    }
    return builder.finding(**{**base, **changes})


def result(*findings: Finding, rule: str = "doubles", mode: str = "eager", device: str = "cpu") -> Result:
    """A result with these findings."""
    good = builder.result("max_norm_value", "tiny", mode=mode, device=device, findings=findings)
    return replace(good, rule=rule)


def record(*results: Result, said: tuple[Recheck, ...] = (), complete: bool = True, hostile: str = "") -> Record:
    """A record of the tiny stack; `hostile` are its versions and what its rules say."""
    rules = [replace(builder.RULES[0], id=rule.id, sentence=hostile or rule.statement) for rule in RULES]
    versions = {hostile: hostile} if hostile else {"tiny": "1.0", "back end": "2.0"}
    header = builder.header([builder.stack("tiny", versions=versions)], rules=rules)
    return Record(Path("run.jsonl"), header, results, said, builder.footer(len(results)) if complete else None)


class Tiny(Fake):
    """A target that multiplies all weights by one factor, and of which every rule says what it is told to say."""

    def __init__(self, *failures: Failure, unsupported: str | None = None, factor: float = 1.0) -> None:
        super().__init__(self.multiplied, TINY)
        self.failures, self.unsupported, self.factor = failures, unsupported, factor

    def multiplied(self, case: Case) -> Outcome:
        """The weights times the factor."""
        return Returned((weights_of(self.factor * case.weights.values, FORMATS[case.weights.format]),))

    def check(self, trace: Trace, case: Case) -> Verdict:
        """What a rule says of it."""
        trace.call(case)
        verdict = Verdict("float32", unsupported=self.unsupported)
        verdict.grades.update({"EXACT": self.unsupported is None})
        for failure in self.failures:
            violation = Violation("DIVERGENT", MUST, failure, "it is wrong", 1, observed=lambda: "[6, 8]")
            verdict.violations.append(violation)
        return verdict


def again(
    monkeypatch: pytest.MonkeyPatch, divergences: tuple[Divergence, ...], target: Tiny, **run: Any
) -> list[Recheck]:
    """What a replay yields in a run of the tiny stack in eager mode, on a CPU, under every rule."""
    monkeypatch.setattr(recheck, "check_of", {rule.id: target.check for rule in RULES}.__getitem__)
    usual: dict[str, Any] = {
        "targets": [("tiny", "eager")],
        "stacks": {"tiny": None},
        "rules": {rule.id for rule in RULES},
        "device": "cpu",
    }
    told = {**usual, **run}
    events = list(not_asked_again(divergences, **told))
    for _, target.mode in told["targets"] if told["device"] == "cpu" and told["stacks"].get("tiny", "") is None else ():
        events += asked_again(divergences, target, told["rules"])
    return events


def said_of(seen: Record, path: Path, update: bool = False) -> tuple[int, str]:
    """Exit code and text of `known RECORD`."""
    text = io.StringIO()
    return tell(seen, path, update, Console(file=text, width=1000), STACKS), text.getvalue()


def test_the_shipped_file_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every entry of the project names rules, stacks and modes that there are."""
    monkeypatch.undo()
    entries = tomllib.loads(known.FILE.read_text("utf-8")).get("divergence", [])
    assert len(load()) == len(entries)


def test_an_entry_is_what_it_says(tmp_path: Path) -> None:
    """A single name is a list of one."""
    (one,) = entries(tmp_path)
    assert (one.rules, one.modes, one.devices) == (("doubles",), ("eager",), ("cpu",))
    assert one.case == CASE
    assert one.versions == {"tiny": "1.0"} and one.links == ("https://example.org/1",)


def test_lists_match_each_of_their_members(tmp_path: Path) -> None:
    """Every rule in every mode on every device, and nothing else."""
    found = entries(tmp_path, rule=["doubles", "is_calm"], mode=["eager", "graph"], device=["cpu", "gpu"])
    rest = ("max_norm", "float32", FAILURE)
    assert matching(found, "is_calm", "tiny", "graph", "gpu", *rest) is found[0]
    assert matching(found, "of_modes", "tiny", "graph", "gpu", *rest) is None


def test_an_entry_from_before_there_were_codes_matches(tmp_path: Path) -> None:
    """It names its failure by a sentence, and is known by the code."""
    found = entries(tmp_path, failure="DIVERGENT other values")
    assert found[0].failures == (WRONG,) and matching(found, *entries(tmp_path)[0].keys[0]) is found[0]


@pytest.mark.parametrize("place", range(7))
def test_a_match_needs_every_part_of_the_key(place: int, tmp_path: Path) -> None:
    """Another rule, stack, mode, device, contract, format or failure is news."""
    found = entries(tmp_path)
    key = list(found[0].keys[0])
    key[place] += " "
    assert matching(found, *found[0].keys[0]) is found[0]
    assert matching(found, *key) is None


def test_findings_are_told_the_entry(tmp_path: Path) -> None:
    """By rule, target, contract, format and failure."""
    case = Case("max_norm", {}, 0, weights_of([1.0], FORMATS["float32"]))
    found = entries(tmp_path)
    told = recognizer(found)
    assert told(RULES[0], Tiny(), case, WRONG) is found[0]
    assert told(RULES[1], Tiny(), case, WRONG) is None
    assert told(RULES[0], Tiny(), case, NAN) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rule": "no_rule"}, "rule: there is no rule 'no_rule'"),
        ({"rule": "noted"}, "rule: noted only records"),
        ({"rule": []}, "rule: "),
        ({"rule": ["doubles", "doubles"]}, "rule: "),
        ({"rule": "of_modes"}, "rule: of_modes is not put to tiny eager, so the entry matches nothing"),
        ({"rule": "is_calm", "contract": "unit_norm"}, "rule: is_calm says nothing of unit_norm"),
        ({"stack": "huge"}, "stack: no adapter defines 'huge', so the entry matches nothing"),
        ({"mode": "jit"}, "mode: tiny has no mode 'jit', so the entry matches nothing"),
        ({"mode": ["eager", "jit"]}, "mode: tiny has no mode 'jit'"),
        ({"device": "tpu"}, "device: "),
        ({"contract": "no_norm"}, "contract: tiny is held to max_norm, unit_norm, not 'no_norm'"),
        ({"contract": "unit_norm"}, "case: its contract is 'max_norm'"),
        ({"format": "float8"}, "format: 'float8' is none of"),
        ({"format": "float16"}, "case: its format is 'float32'"),
        ({"failure": ""}, "failure: "),
        ({"failure": "it is odd"}, "failure: 'it is odd' is no way in which a rule says that something failed"),
        ({"reason": " \n"}, "has no reason"),
        ({"reason": 5}, "reason: "),
        ({"links": []}, "links: "),
        ({"links": ["ask me"]}, "links[0]: "),
        ({"versions": {"tiny": 1}}, "versions.tiny: "),
        ({"notes": "x"}, "'notes' was unexpected"),
        ({"case": "nonsense"}, "case: not JSON"),
        ({"case": "[" * 100_000}, "case: not JSON"),
        ({"case": "{}"}, 'case: "id" is a required property'),
        ({"case": json.dumps({**to_json(CASE), "calls": 2})}, "case: the case says that its id is"),
        ({"case": json.dumps({**to_json(CASE), "parameters": {"max_value": "0x1p+9999"}})}, "case: "),
        ({"case": json.dumps({**to_json(CASE), "axis": {"numpy": 10**30}})}, "case: "),
    ],
)
def test_a_wrong_entry_is_named(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    """The file, the line, the number of the entry and the field, in one line."""
    path = file_of(tmp_path, {**ENTRY, "mode": "graph"}, {**ENTRY, **changes})
    with pytest.raises(EntryError) as error:
        load(path, STACKS)
    text = str(error.value)
    assert re.match(rf"{path}:(1[5-9]|2\d): entry 2: ", text) and said in text and "\n" not in text and len(text) < 700


@pytest.mark.parametrize("field", ENTRY)
def test_every_field_is_required(field: str, tmp_path: Path) -> None:
    """An entry without one of them is named with it."""
    path = tmp_path / "known.toml"
    fields = {**ENTRY, "versions": {}}
    path.write_text("[[divergence]]\n" + "".join(f"{n} = {json.dumps(v)}\n" for n, v in fields.items() if n != field))
    with pytest.raises(EntryError, match=f"entry 1.*{field}"):
        load(path, STACKS)


def test_two_entries_with_one_key_are_refused(tmp_path: Path) -> None:
    """Though one of them is a list that holds more."""
    path = file_of(tmp_path, ENTRY, {**ENTRY, "mode": ["graph", "eager"], "reason": "Another one."})
    with pytest.raises(EntryError, match=r"entry 2: rule, mode, device: entry 1 has doubles tiny eager cpu"):
        load(path, STACKS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[[divergence]\n", "is no TOML file"),
        (b"\xff", "is no TOML file"),
        (b"x = " + b"[" * 100_000, "is no TOML file"),
        (b"divergence = 5\n", "divergence: only"),
        (b"[divergence]\n", "divergence: only"),
        (b"[[divergences]]\n", "divergences: only"),
        (b"divergence = [1]\n", 'entry 1: 1 is not of type "object"'),
    ],
)
def test_a_file_of_another_kind_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    """In one sentence with its name."""
    path = tmp_path / "known.toml"
    path.write_bytes(content)
    with pytest.raises(EntryError) as error:
        load(path, STACKS)
    assert str(path) in str(error.value) and said in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A run never goes on without what is known."""
    with pytest.raises(EntryError, match=r"nothing\.toml cannot be read"):
        load(tmp_path / "nothing.toml", STACKS)


def test_a_case_that_fails_in_the_same_way_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event says what was seen, and is what a record holds."""
    target = Tiny(NAN, WRONG)
    (event,) = again(monkeypatch, entries(tmp_path), target)
    assert (event.state, event.observed) == ("known", "it is wrong: [6, 8]")
    assert event.reason == ENTRY["reason"] and target.ever == [CASE]
    assert complaint(codec.to_json(event)) is None


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Tiny(), "it conforms"),
        (Tiny(NAN, Failure(FailureCode.RAISED, "ValueError")), "it fails in another way: nan; raised: ValueError"),
        (Tiny(unsupported="no float32"), "it is not supported any more: no float32"),
    ],
)
def test_a_case_that_does_not_is_stale(
    target: Tiny, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it does in place of the failure is said."""
    (event,) = again(monkeypatch, entries(tmp_path), target)
    assert (event.state, event.observed) == ("stale", said)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"stacks": {"tiny": "no module tiny"}, "targets": []}, "tiny is unavailable: no module tiny"),
        ({"device": "gpu"}, "this run is on gpu"),
        ({"targets": [("tiny", "graph")]}, "tiny offers no mode eager here"),
    ],
)
def test_what_the_run_cannot_ask_is_not_run(
    run: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is said, and nothing is asked."""
    target = Tiny(WRONG)
    (event,) = again(monkeypatch, entries(tmp_path), target, **run)
    assert (event.state, event.observed, target.ever) == ("not run", said, [])
    assert complaint(codec.to_json(event)) is None


@pytest.mark.parametrize("run", [{"rules": {"is_calm"}}, {"stacks": {}}])
def test_what_the_header_does_not_name_gives_no_event(
    run: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record can hold no event of a rule or a stack that its header does not name."""
    assert again(monkeypatch, entries(tmp_path), Tiny(WRONG), **run) == []


def test_every_member_of_a_list_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One event for each rule, mode and device."""
    found = entries(tmp_path, rule=["doubles", "is_calm"], mode=["eager", "graph"])
    events = again(monkeypatch, found, Tiny(WRONG), targets=[("tiny", "eager"), ("tiny", "graph")])
    places = [("doubles", "eager"), ("is_calm", "eager"), ("doubles", "graph"), ("is_calm", "graph")]
    assert [(event.rule, event.mode) for event in events] == places


@pytest.mark.parametrize(("factor", "state"), [(1.0, "known"), (0.2, "stale")])
def test_a_rule_of_the_catalog_is_asked(factor: float, state: str, tmp_path: Path) -> None:
    """Weights of norm 5 diverge from max_norm if they stay as they are, not if they get norm 1."""
    case = Case("max_norm", {"max_value": 1.0, "epsilon": 0.0}, 0, weights_of([3.0, 4.0], FORMATS["float32"]))
    failure = check_of("max_norm_value")(Trace(Tiny()), case).violations[0].failure
    (one,) = entries(tmp_path, failure=str(failure), case=json.dumps(to_json(case)))
    entry = replace(one, rules=("max_norm_value",))
    (event,) = asked_again([entry], Tiny(factor=factor), {"max_norm_value"})
    assert event.state == state


def test_news_is_proposed(tmp_path: Path) -> None:
    """With the rule, the place, the versions and the case, and no reason."""
    (one,) = proposals(record(result(with_failure())), ())
    assert (one.rules, one.modes, one.devices, one.stack) == (("doubles",), ("eager",), ("cpu",), "tiny")
    assert one.versions == {"tiny": "1.0", "back end": "2.0"} and one.sentences == ("It doubles.",)


@pytest.mark.parametrize("level", ["SHOULD", "RECORD"])
def test_only_what_breaks_a_must_rule_is_proposed(level: str) -> None:
    """Nothing else fails a run."""
    assert proposals(record(result(with_failure(level=level))), ()) == []


def test_what_an_entry_matches_is_not_proposed(tmp_path: Path) -> None:
    """Whether or not it was known when the record was made."""
    assert proposals(record(result(with_failure())), entries(tmp_path)) == []


def test_a_shared_case_is_proposed_once() -> None:
    """Rules, modes and devices under which it diverges alike become lists."""
    places = [(r, m, d) for r in ("doubles", "is_calm") for m in ("eager", "graph") for d in ("cpu", "gpu")]
    (one,) = proposals(record(*(result(with_failure(), rule=r, mode=m, device=d) for r, m, d in places)), ())
    assert (one.rules, one.modes, one.devices) == (
        ("doubles", "is_calm"),
        ("eager", "graph"),
        ("cpu", "gpu"),
    )


@pytest.mark.parametrize(
    "places",
    [
        [("doubles", "eager", "cpu"), ("is_calm", "graph", "cpu")],
        [("doubles", "eager", "cpu"), ("doubles", "graph", "cpu"), ("is_calm", "eager", "cpu")],
        [("doubles", "eager", "cpu"), ("doubles", "graph", "gpu"), ("doubles", "eager", "gpu")],
    ],
)
def test_no_place_is_proposed_that_was_not_seen(places: list[tuple[str, str, str]]) -> None:
    """A list of rules beside a list of modes would claim all their pairs, so there are two entries."""
    found = proposals(record(*(result(with_failure(), rule=r, mode=m, device=d) for r, m, d in places)), ())
    assert sorted((r, m, d) for one in found for r in one.rules for m in one.modes for d in one.devices) == sorted(
        places
    )


def test_one_key_is_proposed_once() -> None:
    """Two findings of one kind under one rule would be two entries that nobody could accept."""
    other = with_failure(id=SMALLER.id, case=to_json(SMALLER))
    (one,) = proposals(record(result(with_failure(), other)), ())
    assert one.finding.id == CASE.id


def test_another_case_or_failure_is_proposed_apart() -> None:
    """An entry has one case, which fails in one way."""
    other = with_failure(id=SMALLER.id, case=to_json(SMALLER))
    seen = record(result(with_failure(), with_failure(failure=str(NAN))), result(other, mode="graph"))
    assert len(proposals(seen, ())) == 3


def test_a_case_that_cannot_be_read_is_refused() -> None:
    """The record is wrong, not the file."""
    with pytest.raises(RecordError, match=r"run\.jsonl: "):
        proposals(record(result(with_failure(case={**to_json(CASE), "calls": 3}))), ())


def test_what_is_appended_waits_for_a_reason(tmp_path: Path) -> None:
    """The file is not accepted, and says which entry lacks it."""
    path = file_of(tmp_path, {**ENTRY, "mode": "graph"})
    append(path, proposals(record(result(with_failure())), load(path, STACKS)))
    with pytest.raises(EntryError, match=r"entry 2: it has no reason"):
        load(path, STACKS)


def test_what_a_person_completes_is_known(tmp_path: Path) -> None:
    """With a reason and a link the proposed entry is accepted, and proposes nothing more."""
    path = file_of(tmp_path)
    seen = record(result(with_failure()), result(with_failure(), mode="graph"))
    append(path, proposals(seen, ()))
    text = path.read_text("utf-8").replace('reason = ""', 'reason = "So."')
    path.write_text(text.replace("links = []", 'links = ["https://example.org"]'), "utf-8")
    assert proposals(seen, load(path, STACKS)) == []


def test_an_appended_entry_says_in_words_what_was_seen(tmp_path: Path) -> None:
    """The rule, what came out, what is accepted, and what a person must do."""
    path = file_of(tmp_path)
    append(path, proposals(record(result(with_failure())), ()))
    comments = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    for words in ("It doubles.", "the result is too large", "[6, 8]", "from [0.6, 0.8]", "must write the reason"):
        assert any(words in line for line in comments)


@pytest.mark.parametrize("before", ["", "# no newline at the end", "# one\n", "# two\r\n"])
def test_what_was_there_stays(before: str, tmp_path: Path) -> None:
    """To the byte."""
    path = tmp_path / "known.toml"
    path.write_bytes(before.encode())
    append(path, proposals(record(result(with_failure())), ()))
    assert path.read_bytes().startswith(before.encode())
    assert len(tomllib.loads(path.read_text("utf-8"))["divergence"]) == 1


def _hostile() -> list[Proposal]:
    case = Case("max_norm", {"max_value": cast(float, HOSTILE)}, 0, CASE.weights)
    words = dict.fromkeys(("failure", "sentence", "observed", "accepted", "weights"), HOSTILE)
    seen = with_failure(id=case.id, case=to_json(case), **words)
    return proposals(record(result(seen), hostile=HOSTILE), ())


def test_hostile_text_survives(tmp_path: Path) -> None:
    """Quotes, line ends and control characters come back as they were, in the one entry that was written."""
    path = file_of(tmp_path)
    append(path, _hostile())
    (entry,) = tomllib.loads(path.read_text("utf-8"))["divergence"]
    assert (entry["failure"], entry["versions"]) == (HOSTILE, {HOSTILE: HOSTILE})
    assert to_json(from_json(json.loads(entry["case"])))["parameters"] == {"max_value": {"text": HOSTILE}}


def test_a_comment_stays_one_line(tmp_path: Path) -> None:
    """No text of a record begins a line of its own, or is written out without end."""
    path = file_of(tmp_path)
    append(path, proposals(record(result(with_failure(observed=HOSTILE, sentence="x" * 10_000))), ()))
    comments = [line for line in path.read_text("utf-8").split("\n") if line.startswith("#")]
    assert all(line.isprintable() and len(line) < 500 for line in comments)


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    """TOML has no lone surrogates: nothing is written."""
    path = file_of(tmp_path)
    with pytest.raises(EntryError, match=r"cannot hold '\\ud800'"):
        append(path, proposals(record(result(with_failure(failure="x\ud800"))), ()))
    assert path.read_text("utf-8") == "# kept\n"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """In one sentence."""
    with pytest.raises(EntryError, match="cannot be written"):
        append(tmp_path, proposals(record(result(with_failure())), ()))


def test_nothing_to_do_is_exit_code_0(tmp_path: Path) -> None:
    """What is known is named with its reason."""
    code, text = said_of(record(result(with_failure())), file_of(tmp_path, ENTRY))
    assert code == 0 and "nothing" in text
    assert "known     doubles on tiny eager cpu (max_norm, float32): " + FAILURE in text and ENTRY["reason"] in text


@pytest.mark.parametrize("update", [False, True])
def test_news_is_exit_code_1(update: bool, tmp_path: Path) -> None:
    """It is named, and appended only if that was asked for."""
    path = file_of(tmp_path)
    code, text = said_of(record(result(with_failure())), path, update)
    assert code == 1 and "new       doubles on tiny eager cpu" in text
    assert ("[[divergence]]" in path.read_text("utf-8")) == update


@pytest.mark.parametrize("update", [False, True])
def test_a_stale_entry_is_named_and_stays(update: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a person deletes it."""
    path = file_of(tmp_path, ENTRY)
    before, events = path.read_bytes(), again(monkeypatch, load(path, STACKS), Tiny())
    code, text = said_of(record(result(), said=tuple(events)), path, update)
    assert code == 1 and "stale     doubles on tiny eager cpu" in text and "now: it conforms" in text
    assert path.read_bytes() == before


def test_a_stale_entry_that_was_deleted_is_done_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record still holds it, but the file does not."""
    events = again(monkeypatch, entries(tmp_path), Tiny())
    assert said_of(record(result(), said=tuple(events)), file_of(tmp_path))[0] == 0


def test_a_stale_entry_that_got_another_case_is_done_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether that one diverges, the next run will say."""
    events = again(monkeypatch, entries(tmp_path), Tiny())
    path = file_of(tmp_path, {**ENTRY, "case": json.dumps(to_json(SMALLER))})
    assert said_of(record(result(), said=tuple(events)), path)[0] == 0


def test_an_incomplete_record_is_named_so(tmp_path: Path) -> None:
    """There may be more to do than it says."""
    assert "is incomplete" in said_of(record(complete=False), file_of(tmp_path))[1]


def test_hostile_text_does_not_reach_the_terminal(tmp_path: Path) -> None:
    """Control characters are spelled out."""
    text = said_of(record(result(with_failure(observed=HOSTILE))), file_of(tmp_path))[1]
    assert "\x1b" not in text and "\\x1b[31m" in text


def test_a_record_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As by every command."""
    assert main(["known", str(tmp_path / "run.jsonl")]) == 2
    assert "run.jsonl does not exist" in capsys.readouterr().err
