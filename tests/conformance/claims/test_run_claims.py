"""Conducting claims on a real framework: what is recorded, what is news, and the exit codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.claims import catalog
from conformance.claims.catalog import Claim, Part, load
from conformance.claims.run_claims import apart
from conformance.cli.main import main
from reports.record.file import Record, read
from tests.support.markers import requires

pytestmark = [pytest.mark.framework, pytest.mark.process, requires("torch")]


@pytest.fixture
def claim() -> Claim:
    """What torch.renorm's docstring says of rows inside the bound."""
    return next(claim for claim in load() if claim.id == "torch-renorm-row-unchanged")


def conducted(claim: Claim, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[int, Record]:
    """The exit code, and the record, of a catalogue of one claim."""
    monkeypatch.setattr(catalog, "load", lambda: (claim,))
    code = main(["claims", "--stack", "torch.renorm", "--out", str(folder), *options])
    return code, read(folder / "run.jsonl")


def test_claims_are_divided_so_that_evidence_is_found_once() -> None:
    """Those that share a property are tried together, each once, and the parts are of about the same size."""
    claims = [claim for claim in load() if "keras-jax" in claim.expected]
    parts = apart(claims)
    properties = [{part.property for claim in part_ for part in claim.parts} for part_ in parts]
    assert sum(map(len, properties)) == len(set.union(*properties))
    assert sorted(claim.id for part in parts for claim in part) == sorted(claim.id for claim in claims)
    assert max(map(len, parts)) <= 2 * min(map(len, parts))


def test_what_is_expected_is_no_news(claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 0, a record that is complete, and a page beside it."""
    code, record = conducted(claim, tmp_path, monkeypatch)
    (found,) = record.claims
    assert (code, found.verdict, found.document, record.complete) == (0, "TRUE", "found", True)
    assert found.parts[0].tried > 1000
    assert "✔ **TRUE** on torch.renorm" in (tmp_path / "DIVERGENCES.md").read_text("utf-8")


def test_another_verdict_is_news(
    claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and a word that says so."""
    code, record = conducted(replace(claim, expected={"torch.renorm": "FALSE"}), tmp_path, monkeypatch)
    assert (code, record.claims[0].verdict) == (1, "TRUE") and "NEWS" in capsys.readouterr().out


def test_a_correction_that_its_evidence_contradicts_is_news(
    claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, though the verdict is the expected one."""
    wrong = replace(claim, parts=(*claim.parts[:1], Part("would be true", "norm_is_strictly_below_the_maximum")))
    code, record = conducted(wrong, tmp_path, monkeypatch)
    assert (code, record.claims[0].verdict) == (1, "TRUE")
    assert "NEWS: our correction does not hold (norm_is_strictly_below_the_maximum: " in capsys.readouterr().out


@pytest.mark.parametrize("gone", [{"anchor": "rows are painted blue"}, {"docstring": "torch.renormalise"}])
def test_words_that_are_gone_are_news(
    claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: dict[str, str]
) -> None:
    """The claim is tried all the same."""
    changed = replace(claim, **gone)  # type: ignore[arg-type]  # texts
    code, record = conducted(changed, tmp_path, monkeypatch)
    assert (code, record.claims[0].document, record.claims[0].verdict) == (1, "changed", "TRUE")


def test_what_could_not_be_tried_says_why(claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is news: nothing is passed over."""
    impossible = replace(claim, parts=(Part("says", "any_kernel_follows_axis_0"),))
    code, record = conducted(impossible, tmp_path, monkeypatch)
    found = record.claims[0]
    assert (code, found.verdict) == (1, "NOT TRIED")
    assert found.reason == "train_dense raised NameError: name 'keras' is not defined"


def test_a_false_claim_carries_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That was run, and shows the smallest counterexample."""
    lower = next(claim for claim in load() if claim.id == "torch-renorm-lower-than-maxnorm")
    code, record = conducted(lower, tmp_path, monkeypatch)
    trials = [part.counterexample for part in record.claims[0].parts if part.role != "would be true"]
    assert code == 0 and all(trial and trial.reproduces and "import torch" in trial.source for trial in trials)


@pytest.mark.parametrize(
    ("since", "alteration", "carried"),
    [(0, {}, True), (1, {}, False), (0, {"truth": "It depends."}, False)],
    ids=["the same", "another seed", "another text"],
)
def test_what_cannot_have_changed_is_carried_over(
    since: int, alteration: dict[str, str], carried: bool, claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not tried, and marked with the run that found it."""
    _, old = conducted(claim, tmp_path / "old", monkeypatch, "--seed", str(since))
    changed = replace(claim, **alteration)  # type: ignore[arg-type]  # texts
    code, new = conducted(changed, tmp_path / "new", monkeypatch, "--since", str(tmp_path / "old"))
    assert (code, new.complete, len(new.claims)) == (0, True, 1)
    assert new.carried == ({old.header.started: 1} if carried else {})
    assert (new.claims == (replace(old.claims[0], carried=old.header.started),)) is carried


def test_what_is_no_record_of_claims_is_refused(
    claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And so is one of claims, where rules are asked."""
    rules, claims = str(tmp_path / "rules"), str(tmp_path / "claims")
    asked = ["run", "--stack", "keras-1-formula", "-k", "shape_is_kept", "--depth", "quick", "--out"]
    assert main([*asked, rules]) == 0 and conducted(claim, tmp_path / "claims", monkeypatch)[0] == 0
    assert main(["claims", "--since", rules]) == main([*asked, rules, "--since", claims]) == 2
    assert [line.rpartition(" is ")[2] for line in capsys.readouterr().err.splitlines()] == [
        "a record of rules, from which a run of claims can carry nothing over",
        "a record of claims, from which a run of rules can carry nothing over",
    ]


def test_only_what_comes_out_so_is_shown(
    claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record has all of it."""
    code, record = conducted(claim, tmp_path, monkeypatch, "--verdict", "false")
    assert code == 0 and len(record.claims) == 1 and "rows" not in capsys.readouterr().out.partition("\n")[2]
