"""CPU and GPU: what is asked where, what is compared, and what is said of a GPU that is not there."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from adapters.core.messages import Describe
from conformance.cli.main import main
from conformance.processes.process import VISIBLE
from conformance.stacks.options import Options
from conformance.stacks.session import Session
from reference.formats import FORMATS
from reports.analysis.load import read_report
from reports.analysis.report import Report
from reports.markdown.devices import NOT_MEASURED, devices
from reports.record.file import read
from reports.record.model import Finding
from tests.mutants.adapter import KNOWN as MUTANTS
from tests.support import builder
from tests.support.planted_gpu import KNOWN

pytestmark = pytest.mark.process


@pytest.fixture
def only_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line knows the mutants and no other stack, and no divergence."""
    for module in ("stacks.session", "cli.stacks"):
        monkeypatch.setattr(f"conformance.{module}.discover", lambda: dict(MUTANTS))
    monkeypatch.setattr("conformance.known.entries.load", lambda *_, **__: ())


SUBJECT = """from normconf import subject

@subject("non_neg", framework="numpy")
def f(w):
    return w.clip(0)
"""
RULES = "devices_give or tf32 or same_input or arrays_that_are or shape_is_kept"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, slow: None) -> tuple[int, Path]:
    """The exit code and the folder of a run on the CPU and on the planted GPU."""
    out = tmp_path_factory.mktemp("both")
    with pytest.MonkeyPatch.context() as patch:
        for module in ("stacks.session", "cli.stacks"):
            patch.setattr(f"conformance.{module}.discover", lambda: dict(KNOWN))
        patch.setattr("conformance.known.entries.load", lambda *_, **__: ())
        command = ["run", "--stack", "planted", "--device", "all", "-k", RULES]
        return main([*command, "--out", str(out)]), out


@pytest.fixture(scope="module")
def report(both: tuple[int, Path]) -> Report:
    """What came of it."""
    return read_report([both[1]])


def chapter(report: Report) -> str:
    """The chapter on devices, as people see it."""
    return re.sub(r"&#(\d+);", lambda code: chr(int(code[1])), "\n\n".join(devices(report)))


def row(report: Report, mode: str) -> str:
    """The row of bits of a mode."""
    return next(line for line in chapter(report).splitlines() if line.startswith(f"| planted {mode} |"))


def test_each_device_has_a_record_of_its_own(both: tuple[int, Path]) -> None:
    """The first one's stacks name a CPU, the other's the GPU and its libraries."""
    kinds = {kind: read(both[1] / kind / "run.jsonl").header.stacks[0].device for kind in ("cpu", "gpu")}
    assert kinds["cpu"] and kinds["gpu"] and kinds["cpu"].kind == "cpu"
    assert (kinds["gpu"].name, (kinds["gpu"].details or {})["CUDA"]) == ("Planted GPU", "13.0")


def test_a_device_that_computes_alike_gives_the_same_bits(report: Report) -> None:
    """Of every format."""
    assert "≠" not in row(report, "alike") and row(report, "alike").count("✔ none of") == len(FORMATS)


def test_other_bits_are_counted_with_their_distance(report: Report) -> None:
    """An ulp each, that is, of weights other than zero at least."""
    assert re.search(r"≠ [\d.]+ % of [\d,]+, at most 1\.0 ulps", row(report, "other bits"))


def test_subnormal_numbers_that_are_lost_are_told(report: Report) -> None:
    """As other answers to input that nobody specifies."""
    assert "planted no subnormals" in chapter(report).partition("Other answers")[2] + chapter(report)
    assert "≠" in row(report, "no subnormals")


def test_tf32_that_matters_breaks_a_rule(both: tuple[int, Path], report: Report) -> None:
    """And is news."""
    assert both[0] == 1 and not report.passed
    assert re.search(r"Allowing TF32 changes no bit: not on planted tf32 matters \(✘ DIVERGENT\)", chapter(report))


def test_results_that_come_and_go_break_a_rule(report: Report) -> None:
    """The second call is compared with the first."""
    said = r"A second call on the GPU gives the same bits: not on planted never the same \(✘ DIVERGENT\)"
    assert re.search(said, chapter(report))


def test_other_grades_are_listed(report: Report) -> None:
    """With both."""
    assert re.search(
        r"\| planted never the same \| same_input_gives_the_same_bits \| ✔ EXACT.* \| ✘ DIVERGENT", chapter(report)
    )


def test_rules_on_devices_are_not_missed_on_the_cpu(both: tuple[int, Path]) -> None:
    """They are for GPUs alone, and a report of both is whole."""
    report = read_report([both[1]])
    rules = {key[0] for key in report.results if key[3] == "cpu"}
    assert report.complete and "devices_give_the_same_bits" not in rules and "shape_is_kept" in rules


def test_a_gpu_that_is_asked_for_by_name_has_to_be_there(
    tmp_path: Path, only_mutants: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and one sentence."""
    command = ["run", "--stack", "mutants", "--device", "gpu", "--depth", "quick", "-k", "shape_is_kept"]
    assert main([*command, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "normconf: mutants is not available: no gpu is found here, only a cpu\n"


@pytest.mark.slow
def test_all_devices_are_those_that_there_are(tmp_path: Path) -> None:
    """The one that is not is said to be missing, with the reason, and fails nothing."""
    command = ["run", "--stack", "keras-1-formula", "--device", "all", "--depth", "quick", "-k", "shape_is_kept"]
    code = main([*command, "--out", str(tmp_path)])
    report = read_report([tmp_path])
    assert code == main([*command[:3], *command[5:], "--out", str(tmp_path / "alone")])
    assert devices(report)[0].startswith(f"**{NOT_MEASURED}**: no gpu is found here, only a cpu")


@pytest.mark.slow
def test_a_gate_names_the_versions_of_the_device_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though another one, which has none, is in the report too."""
    (tmp_path / "mine.py").write_text(SUBJECT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command = ["gate", "mine.py", "--device", "all", "--depth", "quick", "-k", "shape_is_kept", "--out", "out"]
    assert main(command) == 0
    assert f"mine.py:f on cpu (numpy {version('numpy')})" in capsys.readouterr().out


def test_a_process_on_the_cpu_sees_no_gpu() -> None:
    """Nor do several on one GPU take all of its memory at once."""
    assert VISIBLE["cpu"]["CUDA_VISIBLE_DEVICES"] == "-1" and VISIBLE["cpu"]["JAX_PLATFORMS"] == "cpu"
    assert VISIBLE["gpu"]["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_the_environment_reaches_the_process(device: str) -> None:
    """As the planted GPU shows, which is only there where it may be seen."""
    session = Session(Options(device=device), KNOWN)
    session.open()
    said = session.workers["planted"].request(Describe(), 30.0).device.kind
    session.close()
    assert said == device


def test_where_no_gpu_was_asked_it_is_not_measured(both: tuple[int, Path]) -> None:
    """The chapter says so."""
    assert devices(read_report([both[1] / "cpu"])) == [f"**{NOT_MEASURED}**: these runs were on CPUs alone."]


@pytest.mark.parametrize(
    ("on_gpu", "said"),
    [
        ([builder.finding(known="why")], "0 divergences from MUST rules on the GPU are new."),
        ([builder.finding(format="float16")], "1 divergence from MUST rules on the GPU is new."),
        ([builder.finding()], "1 divergence from MUST rules on the GPU is new, 1 of which is there on the CPU too."),
    ],
    ids=["known", "elsewhere", "on both"],
)
def test_news_on_the_gpu_that_are_none_on_the_cpu_are_told_apart(
    on_gpu: list[Finding], said: str, tmp_path: Path
) -> None:
    """A divergence is known on the device on which it was seen."""
    here = builder.result("max_norm_value", "torch", grade="DIVERGENT", findings=[builder.finding(known="why")])
    there = [
        builder.result(rule.id, "torch", device="gpu", findings=on_gpu if rule.id == "max_norm_value" else [])
        for rule in builder.RULES
    ]
    gpu = builder.stack("torch", device={"kind": "gpu", "name": "One"})
    both = [builder.whole([builder.stack("torch")], [here]), builder.whole([gpu], there)]
    assert devices(builder.report(tmp_path, *both))[-1] == said
