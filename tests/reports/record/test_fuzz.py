"""Damaged records: whatever stands in one, each command that reads it ends as documented, and says why in one line."""

from __future__ import annotations

import copy
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from conformance.cli.main import main
from conformance.errors import StackUnavailable
from conformance.processes.process import Process
from reports.record.codec import to_json
from reports.record.header import StackDescription
from reports.record.model import Hint
from tests.support.builder import (
    MORE,
    REASON,
    RULES,
    cell,
    claim,
    curve,
    equivalence,
    finding,
    footer,
    header,
    known,
    observation,
    over_calls,
    result,
    stack,
    statement,
    tried,
)

Damage: TypeAlias = Callable[[random.Random, bytes], bytes]
# of each damage and command, how many records are tried; each takes about a tenth of a second
TRIES = 8
SECONDS = 10.0
COMMANDS = {
    "markdown": "report run.jsonl --out out/report.md --badge out/badge.json --divergences out/claims.md",
    "html": "report run.jsonl --out out/report.html --pictures out",
    "json": "report run.jsonl --out out/report.json",
    "junit": "report run.jsonl --out out/report.xml",
    "diff": "diff good.jsonl run.jsonl --markdown out/diff.md --html out/diff.html",
    "known": "known run.jsonl",
    "replay": "replay run.jsonl f1d0 --stack torch",
}
DECLARED: dict[str, Any] = {
    "where": "mine.py",
    "name": "max_norm",
    "file": "mine.py",
    "line": 3,
    "contract": "max_norm",
    "framework": "numpy",
    "names": {"max_value": "m"},
    "fixed": {"epsilon": 1e-7},
    "takes": ["max_value"],
    "factory": False,
    "axes": [0, [0, 1]],
    "ranks": [2],
    "formats": ["float32"],
    "devices": ["cpu"],
    "in_place": False,
}
NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 7, 0.5, -0.5, 2**53, 2**53 + 1, -(2**63), 2**63, 2**64, 10**30, 10**400),
    *(1e-320, 1e16, 1e300, 1e308, -1e308, "nan", "inf", "-inf"),
)
TEXTS = (
    *("", " ", "nan\n", "\x00\x1b[31m\u202e", "\ud800", "<script>", "|`*_\n# x", "%s{0}{x}", "x" * 5000, "../../x"),
    *("0x1p+1023", "-0x1p+0", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+99:99", "AAAA", "AAA=", "f4,f8", "O"),
    *("jax", "torch", "eager", "gpu", "float16", "int32", "max_norm", "max_norm_value", "os:system"),
)
HOLDERS: tuple[Any, ...] = (
    *([], [None], [[]], [0], [1, 2, 3], ["x"], [-1e308, 1e308], {}, {"": None}, {"x": 1}),
    *({"tuple": []}, {"text": "rm"}, {"float": "nan"}, {"float": 1e308}, {"bool": True}, {"numpy": 2**70}),
)
ODD = (None, True, *NUMBERS, *TEXTS, *HOLDERS)


@cache
def whole() -> bytes:
    """A record that holds something of everything that one can hold."""
    mine: StackDescription = stack("mine.py:max_norm", contracts=["max_norm"], declared=DECLARED)
    jax = stack("jax", modes=["eager", "jit"], compiled=["jit"], costly=["jit"])
    stacks = [stack("torch"), jax, stack("torch.renorm", contracts=["renorm"]), mine]
    shown = [finding(known=REASON), finding(id="aa01", grade="RANGE", ulps="nan", format="float16")]
    drawn = [curve(), curve(contract="unit_norm"), over_calls("drift", 4.0), over_calls("rate", 8.0)]
    bits: Any = {"float32": {"elements": 4000, "differ": 12, "ulps": 1.0}}
    same = [equivalence(0), equivalence(1), equivalence(None, "no such groups")]
    broken: Any = {"grade": "DIVERGENT", "grades": {"DIVERGENT": 1234, "RANGE": 8}}
    results = [
        result(
            "max_norm_value", "torch", **broken, findings=shown, cells=[cell(), cell(format="float16")], curves=drawn
        ),
        result("max_norm_value", "mine.py:max_norm", **broken, findings=[finding(id="aa02")]),
        result("min_above_max", "jax", observations=[observation("raises ValueError")]),
        result("min_above_max", "torch", observations=[observation("norm becomes max_value")]),
        result("modes_agree", "jax", mode="jit", differences=bits),
        result("stands_in", "torch.renorm", equivalences=same),
    ]
    lines: Any = {"loss": [3.0, 2.0, 1.0], "norm": [1.0, 1.5, 2.0]}
    series = tried(series={"title": "Training", "x": "step", "lines": lines})
    head = header(stacks, rules=[*RULES, *MORE], claims=[statement()])
    hint = Hint("mine.py:max_norm", "eager", "cpu", "It takes the norm over the other axis.", 3, 40)
    said = [known(), known("stale", format="float64"), hint, claim("torch", parts=[series])]
    return dumped([to_json(event) for event in [head, *results, *said, footer(len(results), claims=1)]])


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in JSON data: what holds it, and its key or index there."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from leaves(value[key])


def dumped(lines: list[Any]) -> bytes:
    """The lines of a record."""
    return "".join(json.dumps(line) + "\n" for line in lines).encode("ascii")


def odd_values(chance: random.Random, text: bytes) -> bytes:
    """One to three values of one line become others, or go."""
    lines = [json.loads(line) for line in text.splitlines()]
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        held, key = chance.choice(list(leaves(chance.choice(lines))))
        if chance.random() < 0.1:
            del held[key]
        else:
            held[key] = copy.deepcopy(chance.choice(ODD))
    return dumped(lines)


def odd_numbers(chance: random.Random, text: bytes) -> bytes:
    """Numbers become others, so that most of what results is still what the schema allows."""
    lines = [json.loads(line) for line in text.splitlines()]
    places = [(held, key) for line in lines for held, key in leaves(line) if type(held[key]) in (int, float)]
    for held, key in chance.sample(places, chance.randint(1, 4)):
        held[key] = chance.choice(NUMBERS)
    return dumped(lines)


def odd_lists(chance: random.Random, text: bytes) -> bytes:
    """A list or an object loses, repeats, or swaps what it holds."""
    lines = [json.loads(line) for line in text.splitlines()]
    held, key = chance.choice([(h, k) for line in lines for h, k in leaves(line) if isinstance(h[k], list | dict)])
    items = list(held[key].items()) if isinstance(held[key], dict) else list(held[key])
    chance.shuffle(items)
    items = chance.choice([[], items[1:], items, items[:1], items + items[:1]])
    held[key] = dict(items) if isinstance(held[key], dict) else items
    return dumped(lines)


def odd_lines(chance: random.Random, text: bytes) -> bytes:
    """Lines are lost, repeated, swapped or cut short."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(4):
            case 0 if len(lines) > 1:
                del lines[place]
            case 1:
                lines.insert(other, lines[place])
            case 2:
                lines[place], lines[other] = lines[other], lines[place]
            case _:
                lines[place] = lines[place][: chance.randrange(len(lines[place]))]
        if not lines:
            break
    return b"".join(lines)


def odd_bytes(chance: random.Random, text: bytes) -> bytes:
    """Some bytes become others, come in, or go; sometimes the rest is lost."""
    damaged = bytearray(text)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(damaged))
        damaged[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
    return bytes(damaged[: chance.randrange(len(damaged))] if chance.random() < 0.2 else damaged)


DAMAGES: tuple[Damage, ...] = (odd_values, odd_numbers, odd_lists, odd_lines, odd_bytes)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good record, where no stack can be started."""

    def start(*_: object) -> None:
        raise StackUnavailable("nothing is started here")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setattr(Process, "start", start)
    Path("good.jsonl").write_bytes(whole())
    return tmp_path


def drawn_wrongly(folder: Path) -> list[str]:
    """What stands in pictures where a number should."""
    texts = (path.read_text("utf-8") for path in folder.glob("out/*") if path.suffix in (".html", ".svg"))
    return [path for text in texts for path in re.findall(r' (?:d|x|y)="[^"]*(?:nan|inf)[^"]*"', text)]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: str(damage.__name__))
def test_a_damaged_record_ends_as_documented(
    damage: Damage, command: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an exit code of users, one line where it is 2, soon, and no file beside those that were asked for."""
    for seed in range(TRIES):
        chance = random.Random(f"{damage.__name__} {command} {seed}")
        Path("run.jsonl").write_bytes(damage(chance, whole()))
        started = time.monotonic()
        code = main(COMMANDS[command].split())
        said = capsys.readouterr().err
        assert code in (0, 1, 2) and said.count("\n") == (code == 2), (seed, code, said)
        assert time.monotonic() - started < SECONDS and not drawn_wrongly(here), seed
        assert {path.name for path in here.iterdir()} <= {"good.jsonl", "run.jsonl", "out"}, seed


@pytest.mark.parametrize("command", COMMANDS)
def test_the_record_that_is_damaged_is_good(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """So that damage is what a try meets; a replay gets as far as to start its stack."""
    Path("run.jsonl").write_bytes(whole())
    code, said = main(COMMANDS[command].split()), capsys.readouterr().err
    assert code == (2 if command == "replay" else command == "known"), said
    assert command != "replay" or "nothing is started here" in said
