"""Command lines of all options with odd values: each ends at once, with a documented code and one line of error."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest

from conformance.cli.main import build_parser, discover_commands, main
from tests.support.bounds import bounded

pytestmark = pytest.mark.slow
TRIES = 400
ODD = (
    *(
        "",
        " ",
        "-",
        "--",
        "-1",
        "0",
        "1",
        "1.5",
        "1e400",
        "nan",
        "inf",
        "9" * 5000,
        "١",
        "x",
        "a" * 5000,
        "/".join("a" * 3000),
    ),
    *(
        "\udcff",
        "a\nb",
        "a\0b",
        "a\tb",
        "=",
        "a=",
        "=b",
        "a=b",
        "axis=dim",
        "epsilon=nan",
        "epsilon=1e400",
        "a=b,c",
        ",",
    ),
    *(
        "(",
        "(" * 500,
        "not",
        "a and",
        "[",
        "[!",
        "*",
        "**",
        "%s",
        "{}",
        "{0}",
        "[bold]",
        "x//y",
        "::",
        ":f",
        "f:",
        "a:b:c",
    ),
    *(
        ".",
        "..",
        "nothing.py",
        "nothing.py:f",
        "folder.py",
        "empty.py",
        "empty",
        "folder",
        "garbage",
        "/dev/null",
        "quick",
        "cpu",
    ),
    *(
        "all",
        "gpu",
        "numpy",
        "max_norm",
        "keras-1-formula",
        "non-such",
        "'",
        '"',
        "😀",
        "\u202eabc",
        "--help-me",
        "-k",
        "@file",
    ),
)
# what makes a command fail before it does anything that takes long
STOPS = {
    "gate": ["nothing.py"],
    "run": ["nothing.py"],
    "claims": ["--stack", "non-such"],
    "bench": ["--stack", "non-such"],
}
COMMANDS = discover_commands()


@cache
def options() -> dict[str, list[argparse.Action]]:
    """The options of every command, as the parser has them."""
    (subparsers,) = (
        a for a in build_parser(COMMANDS, "normconf")._actions if isinstance(a, argparse._SubParsersAction)
    )
    return {name: [a for a in parser._actions if a.dest != "help"] for name, parser in subparsers.choices.items()}


def words(random: Random, action: argparse.Action) -> Iterator[str]:
    """An option, or a place, with a value that is mostly odd."""
    value = random.choice([*map(str, action.choices), *ODD[:3]] if action.choices else ODD)
    if not action.option_strings:
        yield value
    elif action.nargs == 0:
        yield action.option_strings[0]
    else:
        yield from random.choice(([action.option_strings[-1], value], [f"{action.option_strings[-1]}={value}"]))


def command_line(random: Random) -> list[str]:
    """A command with some of its options, in any order."""
    name = random.choice([*COMMANDS, "non-such"])
    actions = options().get(name, [])
    chosen = random.sample(actions, random.randint(0, min(4, len(actions))))
    places = [action for action in actions if not action.option_strings and name not in STOPS]
    parts = [list(words(random, action)) for action in dict.fromkeys([*places, *chosen])]
    parts.append(STOPS.get(name, []))
    random.shuffle(parts)
    return [name, *(word for part in parts for word in part)]


def code_of(arguments: list[str]) -> int:
    """The code with which a command ends, in this process."""
    try:
        return main(arguments)
    except SystemExit as ended:
        assert isinstance(ended.code, int)
        return ended.code


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which some of the values name something."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    for name in ("folder", "folder.py"):
        Path(name).mkdir()
    for name, content in (("empty", b""), ("empty.py", b""), ("garbage", b"\xff\x00{}\n")):
        Path(name).write_bytes(content)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_an_odd_command_line_is_refused_in_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and one line; only what merely lists something ends with 0."""
    refused = 0
    with bounded(seconds=100, mebibytes=200):
        for seed in range(TRIES):
            arguments = command_line(Random(seed))
            code, error = code_of(arguments), capfd.readouterr().err
            assert code in (0, 2), (seed, arguments, error)
            assert code == 0 or (error.count("\n") == 1 and error.startswith("normconf: ")), (seed, arguments, error)
            assert len(error) < 3000, (seed, arguments)
            refused += code == 2
    assert refused > TRIES // 2
