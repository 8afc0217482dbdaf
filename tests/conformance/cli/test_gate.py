"""The gate as a command: its exit codes, what it shows, and what it writes for machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from conformance.stacks.workers import ROOT
from reports.analysis.load import read_report
from reports.console.gate import show
from reports.gating.subject import subjects
from reports.record.file import read
from tests.support import SUBJECTS
from tests.support.gate import Gate, gate

pytestmark = [pytest.mark.process, pytest.mark.slow]

FAULTY, PLAIN = (str(SUBJECTS / name) for name in ("faulty.py", "plain.py"))
SUBJECT = f"{FAULTY}:rows_of_a_matrix"
SOME = ["--depth", "quick", "-k", "max_norm_value or shape_is_kept or zero_group_stays"]


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """A subject that takes the norm over the wrong axis, with everything that can be written."""
    outputs = ["--junit", "out/junit.xml", "--sarif", "out/gate.sarif", "--json", "out/gate.json", "--github"]
    folder = tmp_path_factory.mktemp("wrong")
    return gate(folder, SUBJECT, *SOME, *outputs, environment={"GITHUB_STEP_SUMMARY": str(folder / "summary.md")})


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """A subject that conforms."""
    outputs = ["--markdown", "gate.md", "--json", "gate.json"]
    return gate(tmp_path_factory.mktemp("right"), f"{PLAIN}:MaxNorm", *SOME, *outputs)


def test_what_conforms_passes(right: Gate) -> None:
    """Exit code 0, the verdict in the first line, nothing on stderr."""
    assert (right.code, right.errors) == (0, "")
    assert "plain.py:MaxNorm conforms to max_norm: 2 MUST rules hold" in right.said.splitlines()[0]


def test_what_diverges_does_not_pass(wrong: Gate) -> None:
    """Exit code 1, and the verdict says how many rules are broken."""
    assert (wrong.code, wrong.errors) == (1, "")
    assert "does NOT conform to max_norm: 1 of 2 MUST rules broken" in wrong.said


def test_the_hint_is_said(wrong: Gate) -> None:
    """In the words that an author can act on."""
    assert "Hint: It behaves as max_norm over axis 1, not axis 0." in wrong.said


@pytest.mark.parametrize(
    "word", ["case ", "weights ", "observed ", "accepted ", "ulps ", "this program was run and printed"]
)
def test_a_divergence_says_all_that_is_known(word: str, wrong: Gate) -> None:
    """The smallest case, what came back, what would have been right, how far off, and a program."""
    assert word in wrong.said


def test_a_program_that_fills_screens_stands_in_the_report_only(wrong: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of a case which could not be reduced does."""
    record, out = next(wrong.folder.rglob("run.jsonl")), StringIO()
    monkeypatch.setattr("reports.console.gate.MOST_CHARACTERS", 10)
    report = read_report([record])
    show(report, subjects(report, ("MUST",)), Console(file=out))
    assert "characters: it stands in the report)" in out.getvalue() and "    | import" not in out.getvalue()


def test_the_program_runs_where_the_gate_ran(wrong: Gate) -> None:
    """It imports the subject, and prints what was observed."""
    program = wrong.said.split("    this program was run")[0].splitlines()
    lines = [line[6:] for line in program if line.startswith("    | ")]
    path = {**os.environ, "PYTHONPATH": str(ROOT)}  # faulty.py imports the mark
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=wrong.folder, env=path, capture_output=True, text=True, check=True
    )
    printed = wrong.said.split("was run and printed: ")[1].splitlines()[0]
    assert ran.stdout.splitlines()[0] == printed


def test_junit_names_rule_subject_mode_and_device(wrong: Gate) -> None:
    """One test case for each rule, of which the broken ones failed; GitLab drops cases of the same name."""
    suite = ElementTree.fromstring(wrong.text("out/junit.xml"))[0]
    names = [case.attrib["name"] for case in suite]
    assert len(set(names)) == len(names) == int(suite.attrib["tests"]) == 3
    assert f"max_norm_value [{SUBJECT} eager cpu]" in names
    failed = [case for case in suite if case.find("failure") is not None]
    assert [case.attrib["name"].partition(" ")[0] for case in failed] == ["max_norm_value"]


def test_sarif_stands_at_the_subject(wrong: Gate) -> None:
    """With the rule that is broken, and the hint."""
    (run,) = json.loads(wrong.text("out/gate.sarif"))["runs"]
    errors = [one for one in run["results"] if one["level"] == "error"]
    place = errors[0]["locations"][0]["physicalLocation"]
    line = 1 + (SUBJECTS / "faulty.py").read_text().split("def rows_of_a_matrix")[0].rstrip().count("\n")
    assert place["artifactLocation"]["uri"].endswith("faulty.py") and place["region"]["startLine"] == line
    assert {one["ruleId"] for one in errors} == {"max_norm_value"} and "over axis 1" in errors[0]["message"]["text"]


def test_json_has_the_verdict_and_every_divergence(wrong: Gate) -> None:
    """What is needed to act on it without reading the record."""
    document = json.loads(wrong.text("out/gate.json"))
    (subject,) = document["subjects"]
    assert document["exit"] == 1 and not subject["conforms"] and "over axis 1" in subject["hint"]
    assert {one["rule"] for one in subject["divergences"] if one["counts"]} == {"max_norm_value"}
    assert all(one["snippet"]["reproduces"] for one in subject["divergences"])


def test_markdown_goes_to_the_step_summary(wrong: Gate) -> None:
    """Where GitHub says that there is one."""
    text = wrong.text("summary.md")
    assert "does NOT conform" in text and "over axis 1, not axis 0" in text and "```python" in text


def test_markdown_goes_where_it_is_told(right: Gate) -> None:
    """A table with a row for each rule."""
    assert "| `max_norm_value` | MUST | " in right.text("gate.md")


def test_annotations_stand_at_the_subject(wrong: Gate) -> None:
    """On the line on which its decorators begin."""
    line = 1 + (SUBJECTS / "faulty.py").read_text().split("def rows_of_a_matrix")[0].rstrip().count("\n")
    annotations = [one for one in wrong.said.splitlines() if one.startswith("::error ")]
    assert annotations and all(f"faulty.py,line={line},title=" in one for one in annotations)


def test_a_report_lies_beside_the_record(wrong: Gate) -> None:
    """The same report as that of a run."""
    assert "rows_of_a_matrix" in wrong.text("normconf-out/gate/report.md")


def test_nothing_else_is_left_behind(right: Gate) -> None:
    """In the folder in which somebody works."""
    assert sorted(path.name for path in right.folder.iterdir()) == ["gate.json", "gate.md", "normconf-out"]


PRODUCT_FIRST = """
import numpy as np
from normconf import subject

@subject("clip_by_norm", framework="numpy", formats=["float32"])
def clip(w, clip_norm, axes):
    n = np.sqrt(np.sum(np.square(w), axis=axes, keepdims=True))
    return w * clip_norm / np.maximum(n, clip_norm)
"""


def test_should_rules_count_where_they_are_asked_for(tmp_path: Path) -> None:
    """What is multiplied and divided by its bound loses bits, which rounding allows and users do not expect."""
    (tmp_path / "mine.py").write_text(PRODUCT_FIRST)
    rules = ["--depth", "quick", "-k", "clip_by_norm_value or weights_inside"]
    assert gate(tmp_path, "mine.py", *rules).code == 0
    strict = gate(tmp_path, "mine.py", *rules, "--level", "should", "--json", "gate.json")
    (subject,) = json.loads(strict.text("gate.json"))["subjects"]
    assert strict.code == 1 and [r["rule"] for r in subject["rules"] if r["grade"] == "DIVERGENT"] == [
        "weights_inside_the_bound_are_unchanged"
    ]


def test_a_right_implementation_is_told_that_it_is_right(tmp_path: Path) -> None:
    """By all rules: what max_norm itself breaks is said of max_norm."""
    ran = gate(tmp_path, f"{PLAIN}:MaxNorm", "--depth", "quick", "--level", "should")
    assert ran.code == 0 and "not promised by max_norm" in ran.said and "weights_inside_the_bound" in ran.said


@pytest.mark.slow
def test_how_the_sum_of_the_framework_loses_is_not_charged(tmp_path: Path) -> None:
    """In float16 NumPy adds weight by weight along an axis that is not the last, and its plain operations show it."""
    ran = gate(tmp_path, f"{PLAIN}:MaxNorm", "-k", "max_norm_value", "--level", "should", "--depth", "thorough")
    assert ran.code == 0 and "numpy itself: the norm of such weights in its plain operations is as far off" in ran.said


@pytest.fixture(scope="module")
def one_fault(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """A subject that diverges in few ways."""
    return gate(tmp_path_factory.mktemp("fault"), f"{FAULTY}:twice", *SOME, "--json", "gate.json")


def known_file(one_fault: Gate, path: Path, **changes: str) -> Path:
    """A file in which all MUST divergences of a gate are known."""
    document = json.loads(one_fault.text("gate.json"))
    entries = []
    for one in document["subjects"][0]["divergences"]:
        if one["counts"]:
            fields = {
                "rule": one["rule"],
                "stack": document["subjects"][0]["name"],
                "contract": one["contract"],
                "format": one["format"],
                "mode": "eager",
                "device": "cpu",
                "failure": one["failure"],
                "reason": "Its axis is another.",
                "case": json.dumps(one["case"]),
                **changes,
            }
            lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
            entries.append("\n".join(["[[divergence]]", *lines, 'links = ["https://example.org"]', "versions = {}"]))
    path.write_text("\n\n".join(entries))
    return path


def test_what_the_author_knows_does_not_fail(one_fault: Gate, tmp_path: Path) -> None:
    """An entry for each kind of failure, and the gate passes."""
    known = str(known_file(one_fault, tmp_path / "known.toml"))
    again = gate(tmp_path, f"{FAULTY}:twice", *SOME, "--known", known)
    assert (one_fault.code, again.code) == (1, 0) and "conforms to max_norm" in again.said


def test_what_is_known_and_mended_is_stale(one_fault: Gate, tmp_path: Path) -> None:
    """An entry that no longer shows fails the gate until it is deleted."""
    stack = f"{PLAIN}:max_norm"
    known = str(known_file(one_fault, tmp_path / "known.toml", stack=stack))
    again = gate(tmp_path, stack, *SOME, "--known", known)
    assert again.code == 1 and "STALE" in again.said and "no longer there" in again.said


def test_replaying_a_case_asks_the_subject_again(wrong: Gate) -> None:
    """It is named again, by its file at least: the record alone imports nothing."""
    subject = json.loads(wrong.text("out/gate.json"))["subjects"][0]
    finding, file = subject["divergences"][0]["id"], subject["name"].rpartition(":")[0]
    command = [sys.executable, str(ROOT / "normconf.py"), "replay", "normconf-out/gate/run.jsonl", finding, file]
    ran = subprocess.run(command, cwd=wrong.folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and "DIVERGENT (MUST)" in ran.stdout


def test_a_run_asks_subjects_beside_stacks(tmp_path: Path) -> None:
    """The same subjects, in the same report."""
    some = ["--stack", "keras-1-formula", "--depth", "quick", "-k", "shape_is_kept", "--out", "out"]
    command = [sys.executable, str(ROOT / "normconf.py"), "run", f"{PLAIN}:max_norm", *some]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    record = read(tmp_path / "out" / "run.jsonl")
    assert {result.stack for result in record.results} == {"keras-1-formula", f"{PLAIN}:max_norm"}


def test_known_divergences_of_ones_own_are_proposed(one_fault: Gate) -> None:
    """Into a file of one's own, which a person completes: an entry for each divergence that counts."""
    command = [sys.executable, str(ROOT / "normconf.py"), "known", "normconf-out/gate/run.jsonl", "--update"]
    command += ["--file", "mine.toml"]
    ran = subprocess.run(command, cwd=one_fault.folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    found = [one for one in json.loads(one_fault.text("gate.json"))["subjects"][0]["divergences"] if one["counts"]]
    assert one_fault.text("mine.toml").count("[[divergence]]") == len(found) >= 2


@pytest.mark.parametrize("name", ["sub[1].py", "a.b.py"])
def test_a_file_whose_name_cannot_be_imported_is_gated(name: str, tmp_path: Path) -> None:
    """And its program loads it by its path, and reproduces."""
    (tmp_path / name).write_text("def f(w, max_value, axis):\n    return w\n")
    said = gate(tmp_path, f"{name}:f", "--framework", "numpy", "--contract", "max_norm", *SOME)
    assert (said.code, said.errors) == (1, "") and "spec_from_file_location" in said.said
    assert "this program was run and printed: " in said.said


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("of_the_ball", ["--contract", "max_norm_projection"]),
        ("on_the_sphere", ["--contract", "l2_sphere", "--map", "scale=max_value"]),
        ("normalized", ["--contract", "normalize", "--fix", "epsilon=1e-12"]),
        ("of_sizes", ["--contract", "max_norm_l1"]),
    ],
)
def test_what_keeps_another_contract_passes_as_its_hint_says(name: str, told: list[str], tmp_path: Path) -> None:
    """Whatever its mark says of parameters that the other one does not have."""
    options = ["--depth", "quick", "-k", "_value"]
    wrong = gate(tmp_path, f"{FAULTY}:{name}", *options)
    assert wrong.code == 1 and f"gate it with {' '.join(told)}." in wrong.said
    assert gate(tmp_path, f"{FAULTY}:{name}", *told, *options).code == 0
