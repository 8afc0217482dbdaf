"""What people bring: how it is understood, and one clear line where it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.core.stack import Limits, Stack
from conformance.cases.shapes import axis_forms, group_shapes_of
from conformance.cli.main import build_parser, discover_commands, main
from conformance.cli.parser import options_of
from conformance.cli.stacks import subject_stacks
from conformance.stacks.user_stacks import SubjectOptions, declared_stacks
from tests import support

pytestmark = pytest.mark.process
PLAIN = str(support.SUBJECTS / "plain.py")

SUBJECTS = """
import numpy as np
from normconf import subject

def function(w, max_value, dim): ...
def factory(max_value=2.0, axis=0): ...
def of_anything(w, **parameters): ...
def needs_more(w, max_value, temperature): ...
number = 3

class Constraint:
    def __init__(self, max_value, axis): ...
    def __call__(self, w): ...

ready = Constraint(2.0, 0)

@subject("max_norm", framework="numpy", axes=[[0, 1], -1], ranks=[2], formats=["float32"], fixed={"epsilon": 1e-3})
def limited(w, max_value, axis): ...

@subject("max_pool", framework="numpy")
def unknown(w): ...

@subject("max_norm", framework="numpy", axes=[1], ranks=[1])
def impossible(w, max_value): ...

@subject("max_norm", framework="numpy", axes=[(0, 1), -1], ranks=[2])
def several(w, max_value): ...

@subject("max_norm", framework="numpy", axes="all but one")
def other_words(w, max_value): ...

@subject("max_norm", framework="numpy", axes="all but the first", ranks=[2, 4])
def per_output(w, max_value): ...

@subject("max_norm", framework="numpy", axes={2: 0, 3: (0, 1)})
def by_rank(w, max_value, axis): ...

@subject("max_norm", framework="numpy", axes=[1, (1, 2)], ranks=[2, 3])
def one_by_one(w, max_value): ...

@subject("max_norm", framework="numpy", axes=["columns"])
def strange_axis(w, max_value): ...

@subject("max_norm", framework="numpy", formats=["float8"])
def strange_format(w, max_value): ...

@subject("max_norm", framework="numpy", formats=["bfloat16"])
def of_no_format(w, max_value): ...

@subject("l2_ball", framework="numpy", ranks=[3], formats=["float32"])
def of_volumes(w, scale):
    assert w.ndim == 3
    n = np.sqrt(np.sum(np.square(w)))
    return w * (scale / n).astype(w.dtype) if n > scale else w

@subject("renorm", framework="numpy")
def which_rows(w, maxnorm): ...

@subject("max_norm", framework="numpy", frozen="bounded")
def of_no_model(w, max_value): ...

@subject("max_norm", framework="torch", frozen="unchanged")
def of_a_model(model, max_value): ...

@subject("max_norm", framework="torch", others="bounded")
def of_biases_too(model, max_value): ...
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of somebody's, in which the command is given."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(SUBJECTS)
    Path("wrong.py").write_text("def f(:\n")
    Path("empty.py").write_text("def f(w): ...\n")
    Path("numpy.py").write_text("def f(w): ...\n")
    package = tmp_path / "package"
    package.mkdir()
    Path("package.py").mkdir()
    (package / "__init__.py").write_text("")
    (package / "constraints.py").write_text("from package import other\n\ndef max_norm(w, max_value, axis): ...\n")
    (package / "other.py").write_text("")
    return tmp_path


NUMPY = ["--framework", "numpy", "--contract", "max_norm"]
MISTAKES: dict[str, tuple[list[str], str]] = {
    "no file": (["nothing.py"], "there is no file nothing.py"),
    "no module": (["nothing.at.all:f", *NUMPY], "nothing.at.all cannot be imported: ModuleNotFoundError"),
    "no subject at all": (["mine"], "'mine' is neither FILE.py, FILE.py:NAME nor PACKAGE.MODULE:NAME"),
    "no name in it": (["mine.py:nothing", *NUMPY], "mine.py has no nothing"),
    "no Python": (["wrong.py"], "wrong.py cannot be imported: SyntaxError"),
    "no mark": (["empty.py"], "empty.py marks no subject"),
    "a module of that name": (["numpy.py:f", *NUMPY], "numpy.py has the name of another module"),
    "a folder": (["package.py"], "package.py is no file"),
    "no keyword": (["mine.py:function", *NUMPY, "--map", "axis=the axis"], "takes names of parameters, not 'the axis'"),
    "no contract": (["mine.py:function", "--framework", "numpy"], "it needs --framework and --contract"),
    "no such contract": (["mine.py:unknown"], "there is no contract 'max_pool'"),
    "no such framework": (
        ["mine.py:function", "--framework", "mxnet", "--contract", "max_norm"],
        "no framework 'mxnet'",
    ),
    "nothing to call": (["mine.py:number", *NUMPY], "mine.py:number is int, which cannot be called"),
    "a parameter too many": (
        ["mine.py:needs_more", *NUMPY],
        "has to be given temperature, which max_norm does not have",
    ),
    "another name": (["mine.py:function", *NUMPY], "say --map axis=dim"),
    "a bound that nobody says": (
        ["mine.py:ready", *NUMPY],
        "takes no max_value, and neither its mark (fixed={'max_value': ...}) nor --fix max_value=... says which value",
    ),
    "an unknown mode": (
        ["mine.py:factory", *NUMPY, "--modes", "eagr"],
        "there is no mode 'eagr' (did you mean 'eager'?); there are eager",
    ),
    "an axis that is fixed": (["mine.py:function", *NUMPY, "--fix", "axis=0"], "axis is not fixed as a parameter is"),
    "a map from nothing": (["mine.py:function", *NUMPY, "--map", "dims=dim"], "max_norm has no parameter 'dims'"),
    "a misspelt contract": (
        ["mine.py:ready", "--framework", "numpy", "--contract", "maxnorm"],
        "you mean 'max_norm'?)",
    ),
    "axes that are none": (["mine.py:ready", *NUMPY, "--axes", "columns"], "--axes columns: it takes a list, a dict"),
    "ranks that are none": (["mine.py:ready", *NUMPY, "--ranks", "2.5"], "--ranks 2.5: it takes a list"),
    "a map to nothing": (["mine.py:factory", *NUMPY, "--map", "axis=dim"], "takes no dim, to which axis is mapped"),
    "a map of nothing": (["mine.py:function", *NUMPY, "--map", "axis"], "--map takes NAME=VALUE"),
    "a fixed text": (["mine.py:factory", *NUMPY, "--fix", "epsilon=small"], "--fix takes numbers, not 'small'"),
    "outside the domain": (["mine.py:factory", *NUMPY, "--fix", "epsilon=-1"], "epsilon = -1.0 lies outside"),
    "no groups": (["mine.py:impossible"], "its axes and ranks leave nothing"),
    "no axis": (["mine.py:strange_axis"], "its mark says axes=['columns'], but axes holds numbers"),
    "several axes of one rank": (["mine.py:several"], "takes no axis, and its mark leaves (0, 1) and -1 for rank 2"),
    "axes in other words": (["mine.py:other_words"], "or 'all but the first' or 'all but the last'"),
    "no format": (["mine.py:strange_format"], "formats are some of"),
    "frozen weights of no model": (["mine.py:of_no_model"], "frozen is said of functions of a model"),
    "another word for others": (["mine.py:of_biases_too"], "and is one of left alone, not asked"),
    "another word for frozen weights": (["mine.py:of_a_model"], "and is one of bounded, left alone"),
    "no dim": (["mine.py:which_rows"], "its mark has to say axes"),
    "no interpreter": (["mine.py:limited", "--python", "/no/such/python"], "mine.py cannot be read"),
    "no known file": (["mine.py:limited", "--known", "nothing.toml"], "nothing.toml cannot be read"),
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_in_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, one line that names the thing, no traceback, and no record."""
    assert main(["gate", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and error.startswith("normconf: ")
    assert not Path("normconf-out").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_a_gate_that_checks_nothing_does_not_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and why nothing could be checked."""
    assert main(["gate", "mine.py:of_no_format", "--depth", "quick", "-k", "max_norm_value"]) == 2
    said = capsys.readouterr()
    assert "nothing could be checked: NumPy has no bfloat16 of its own" in said.err and "was not judged" in said.out


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_a_function_of_a_whole_array_may_be_limited_in_rank(capsys: pytest.CaptureFixture[str]) -> None:
    """Each group is then an array of that rank."""
    assert main(["gate", "mine.py:of_volumes", "--depth", "quick", "-k", "l2_ball_value"]) == 0
    assert "1 MUST rule holds, " in capsys.readouterr().out


def only(subject: str, **given: object) -> Stack:
    """The stack that a subject is."""
    said = SubjectOptions(**{"framework": "numpy", "contract": "max_norm", **given})  # type: ignore[arg-type]  # its fields
    (stack,) = declared_stacks([subject], said).values()
    return stack


def declared(stack: Stack, name: str) -> object:
    """What is declared of a stack."""
    assert stack.declaration is not None
    return getattr(stack.declaration, name)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "factory"), [("function", False), ("factory", True), ("Constraint", True), ("ready", False)]
)
def test_the_suite_finds_out_how_a_subject_is_called(name: str, factory: bool) -> None:
    """With w and parameters, or with parameters for something that is called with w."""
    said: dict[str, Any] = {"names": {"axis": "dim"}} if name == "function" else {}
    said |= {"fixed": {"max_value": 2.0}} if name == "ready" else {}
    assert declared(only(f"mine.py:{name}", **said), "factory") is factory


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_what_a_subject_does_not_take_is_fixed() -> None:
    """An epsilon that the signature does not have is always the default; keywords of any name take all."""
    assert only("mine.py:factory").limits.fixed == {"epsilon": 1e-7}
    assert only("mine.py:of_anything").limits.fixed == {}


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_an_axis_that_is_not_taken_is_0() -> None:
    """As it is in Keras where it is not given."""
    assert only("mine.py:ready", fixed={"max_value": 2.0}).limits.axes == (0,)
    assert only("mine.py:factory").limits.axes == ()


@pytest.mark.usefixtures("folder")
def test_limits_are_those_of_the_mark() -> None:
    """Axes, ranks, formats and fixed parameters."""
    (stack,) = declared_stacks(["mine.py:limited"], SubjectOptions()).values()
    assert stack.limits == Limits(([0, 1], -1), (2,), ("float32",), (), {"epsilon": 1e-3})
    assert [stack.grouping.covers(rank, over) for rank, over in ((2, (0, 1)), (2, (1,)))] == [True, True]
    assert [stack.grouping.covers(rank, over) for rank, over in ((2, (0,)), (3, (2,)))] == [False, False]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "axes"),
    [
        ("per_output", {2: 1, 4: (1, 2, 3), 1: None, 3: None}),
        ("by_rank", {2: 0, 3: (0, 1), 4: None}),
        ("one_by_one", {2: 1, 3: (1, 2), 4: None}),
    ],
)
def test_axes_may_depend_on_the_rank(name: str, axes: dict[int, object]) -> None:
    """In words, in a dictionary, or one by one where ranks and axes are as many; a tuple stays one."""
    (stack,) = declared_stacks([f"mine.py:{name}"], SubjectOptions()).values()
    for rank, axis in axes.items():
        shapes = [groups for groups in group_shapes_of(stack) if len(groups.shape) == rank]
        assert [axis_forms(groups, stack) for groups in shapes] == ([] if axis is None else [[axis]])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "limits"),
    [
        (["--axes", "none", "--ranks", "2,3"], ((None,), None, (2, 3), ("float32",))),
        (["--axes", "[0, (0, 1)]", "--formats", "float16,float64"], ((0, (0, 1)), None, (2,), ("float16", "float64"))),
        (["--axes", "{2: 1}"], (None, {2: 1}, (2,), ("float32",))),
        (["--ranks", "4"], (([0, 1], -1), None, (4,), ("float32",))),
    ],
    ids=lambda one: " ".join(map(str, one)),
)
def test_the_command_line_goes_before_the_mark(options: list[str], limits: tuple[object, ...]) -> None:
    """Of axes, ranks and formats each for itself; axes are written as in a mark."""
    parser = build_parser(discover_commands(), "normconf")
    given = parser.parse_args(["gate", "mine.py:limited", *options])
    (stack,) = subject_stacks(given, options_of(given)).values()
    assert tuple(declared(stack, name) for name in ("axes", "axes_by_rank", "ranks", "formats")) == limits


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("where", ["package.constraints", "package/constraints.py"])
def test_a_module_of_a_package_is_imported_as_one(where: str) -> None:
    """By its dotted name, or by its file, so that it can import its neighbours."""
    assert declared(only(f"{where}:max_norm"), "takes") == ("max_value", "axis")


def test_a_file_holds_as_many_subjects_as_it_marks() -> None:
    """In the order in which they stand there."""
    names = [name.rpartition(":")[2] for name in declared_stacks([PLAIN], SubjectOptions())]
    assert names[:4] == ["max_norm", "MaxNorm", "in_place_", "projection"]


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_a_file_of_any_name_is_a_subject_whose_neighbours_hide_nothing() -> None:
    """It is loaded by its path, and imports its own neighbours by name."""
    for name in ("json.py", "glob.py", "reports.py", "conftest.py", "adapters.py", "random.py"):
        Path("package", name).write_text("raise SystemExit('this is not for others')\n")
    Path("package/__init__.py").unlink()
    Path("package/my-file.py").write_text("import json, glob, random, other\n\ndef f(w, max_value, axis): ...\n")
    assert declared(only("package/my-file.py:f"), "takes") == ("max_value", "axis")
