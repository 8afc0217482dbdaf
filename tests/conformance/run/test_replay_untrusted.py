"""A record names what to ask, and nothing that it names is imported: its reader names that, or it is not asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cases.case import Case, weights_of
from conformance.cli.main import main
from conformance.processes.process import Process
from conformance.stacks.recorded import is_subject
from reference.formats import FORMATS
from tests.support.builder import finding, footer, header, result, stack, write

CASE = Case("max_norm", {"max_value": "touch ran"}, 0, weights_of([0.5], FORMATS["float32"]))
# os.system, so declared that a call of it would run the command in the case
DECLARED: dict[str, Any] = {
    "where": "os",
    "name": "system",
    "file": "",
    "line": 1,
    "contract": "max_norm",
    "framework": "numpy",
    "names": {"max_value": "command"},
    "fixed": {},
    "takes": ["max_value"],
    "factory": True,
    "axes": None,
    "ranks": None,
    "formats": None,
    "devices": None,
    "in_place": False,
}
MINE = """
from pathlib import Path
from normconf import subject

@subject("max_norm", framework="numpy", formats=["float32"])
def kept(w, max_value, axis):
    Path("asked").write_text(repr(max_value))
    return w
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in which a command of a record would leave a file."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recorded(name: str, case: Case = CASE, **declared: Any) -> str:
    """A record of one finding on a subject of this name, which is declared as the record likes."""
    told = stack(name, contracts=["max_norm"], declared={**DECLARED, **declared})
    shown = result("max_norm_value", name, findings=[finding(id="f1d0", case=case.recorded)])
    rule = replace(shown, rule="shape_is_kept")
    rules = [replace(header([]).rules[0], id="shape_is_kept")]
    write(Path("run.jsonl"), [header([told], rules=rules), rule, footer(1)])
    return "run.jsonl"


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts a process fails."""
    monkeypatch.setattr(Process, "start", lambda *_: pytest.fail("a process was started"))


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize("name", ["os:system", "mine.py:kept", "torch.py:system"])
def test_what_only_a_record_names_is_not_imported(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No process is started for it; one sentence says what to name, and how."""
    assert main(["replay", recorded(name), "f1d0"]) == 2
    said = capsys.readouterr().err
    assert f"as in replay run.jsonl f1d0 {name}" in said and said.count("\n") == 1
    assert sorted(here.iterdir()) == [here / "run.jsonl"]


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize("command", ["known", "diff run.jsonl", "report --out a.html --out a.md --out a.json"])
def test_other_commands_import_nothing_either(command: str, here: Path) -> None:
    """They end as for any record, and the command in the case is not run."""
    assert main([*command.split(), recorded("os:system")]) in (0, 1) and not (here / "ran").exists()


@pytest.mark.process
@pytest.mark.slow
def test_a_subject_is_asked_as_its_own_file_declares_it(here: Path) -> None:
    """Whatever the record declares of it."""
    (here / "mine.py").write_text(MINE)
    case = replace(CASE, parameters={"max_value": 2.0, "epsilon": 1e-7})
    assert main(["replay", recorded("mine.py:kept", case), "f1d0", "mine.py"]) == 0
    assert (here / "asked").read_text() == "2.0" and not (here / "ran").exists()


@pytest.mark.usefixtures("no_process")
def test_a_record_gives_no_stack_another_meaning(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stack of ours is what its adapter says, and a subject of its name is not asked for it."""
    assert main(["replay", recorded("torch"), "f1d0", "--stack", "jax*"]) == 2
    assert "for torch only" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recorded", "given", "same"),
    [
        ("mine.py:f", "mine.py:f", True),
        ("mine.py:f", "./mine.py:f", True),
        ("sub/mine.py:f", "mine.py:f", True),
        ("mine.py:f", "/somewhere/else/mine.py:f", True),
        ("/build/mine.py:f", "mine.py:f", True),
        ("mine.py:f", "mine.py:g", False),
        ("a/mine.py:f", "b/mine.py:f", False),
        ("mine.py:f", "not_mine.py:f", False),
        ("package.mine:f", "mine:f", False),
        ("package.mine:f", "package.mine:f", True),
    ],
)
def test_a_subject_is_named_by_its_file_and_its_name(recorded: str, given: str, same: bool) -> None:
    """A path may be longer or shorter than that of the record, which may come from another folder."""
    assert is_subject(recorded, given) is same
