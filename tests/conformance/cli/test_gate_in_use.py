"""What people really run: each subject gets the right answer for the right reason, where it is used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from textwrap import dedent
from typing import Any

import pytest

from tests.support import SUBJECTS
from tests.support.gate import gate

pytestmark = [pytest.mark.framework, pytest.mark.process, pytest.mark.slow]

CONFORMS, DOES_NOT = True, False
RULES = "_value or the_constraint or shape_is_kept"
LEFT = "that leaves all weights as they are"
ONCE = "Weights put into it are used as they are: if it bounds any, then when it is built or first called."


@dataclass(frozen=True)
class Answer:
    """Whether a subject conforms, in which modes it is broken, and what is said: in its hint, divergences and axes."""

    conforms: bool
    broken: tuple[str, ...] = ()
    said: str = ""


ANSWERS = {
    ("torch", "BoundWhenBuilt"): Answer(DOES_NOT, ("forward",), ONCE),
    ("torch", "BoundAtForward"): Answer(CONFORMS),
    ("torch", "BoundOnce"): Answer(DOES_NOT, ("forward",), ONCE),
    ("torch", "Product"): Answer(CONFORMS),
    ("torch", "Filters"): Answer(CONFORMS),
    ("torch", "children_only"): Answer(DOES_NOT, ("nested", "deep"), LEFT),
    ("torch", "every_module"): Answer(CONFORMS),
    ("torch", "new_parameters"): Answer(DOES_NOT, ("shared",), "two layers shared their weights, and no longer do"),
    ("torch", "those_that_are_trained"): Answer(CONFORMS),
    ("torch", "frozen_ones_too"): Answer(DOES_NOT, ("frozen",), "it changed frozen weights, which its mark says it"),
    ("torch", "no_frozen_ones"): Answer(DOES_NOT, ("frozen",), LEFT),
    ("torch", "biases_too"): Answer(DOES_NOT, ("outer",), "it changed ['0.bias', "),
    ("torch", "biases_too_by_design"): Answer(CONFORMS),
    ("torch", "step"): Answer(CONFORMS),
    ("torch", "hook"): Answer(CONFORMS),
    ("torch", "hook_of_one_group"): Answer(DOES_NOT, ("second group",), LEFT),
    ("torch", "on_a_leaf"): Answer(DOES_NOT, ("parameter",), "raised RuntimeError where a value is specified, in line"),
    ("torch", "under_no_grad"): Answer(CONFORMS),
    ("torch", "axes_of_keras"): Answer(CONFORMS, said="not that of the weights that enter each unit, which is axis"),
    ("torch", "not_in_float64"): Answer(DOES_NOT, ("eager",), "raised RuntimeError for float64 weights only."),
    ("tensorflow", "numbers_out_of_a_graph"): Answer(
        DOES_NOT, ("function", "jit_compile"), "(n = tf.sqrt(tf.reduce_sum(tf.square(w), 0, keepdims=True)).numpy())"
    ),
    ("tensorflow", "assigned"): Answer(CONFORMS),
    ("tensorflow", "OneNumberForBothBounds"): Answer(CONFORMS),
    ("jax", "branch"): Answer(DOES_NOT, ("jit", "vmap"), "raised TracerBoolConversionError where a value is specified"),
    ("jax", "of_a_dict"): Answer(CONFORMS),
    ("jax", "each_of_a_dict"): Answer(DOES_NOT, ("dict",)),
    ("keras", "MethodOfATensor"): Answer(DOES_NOT, ("variable", "fit"), "'Variable' object has no attribute 'norm'"),
    ("keras", "NoConfig"): Answer(
        DOES_NOT, ("eager",), "has no get_config of its own, so Keras loses max_value where it saves or clones a model."
    ),
    ("keras", "Right"): Answer(CONFORMS, said="1 divergence known"),
    ("keras", "InFloat32"): Answer(DOES_NOT, ("eager",), "max_norm computed in float32"),
    ("keras_layers", "ByKeras"): Answer(CONFORMS),
    ("keras_layers", "ForgetsItsBound"): Answer(
        DOES_NOT, ("loaded",), "it has other values than exact arithmetic gives"
    ),
    ("keras_layers", "InCall"): Answer(CONFORMS),
    ("keras_layers", "WhenBuilt"): Answer(DOES_NOT, ("step",), ONCE),
    ("keras_layers", "FirstCallOnly"): Answer(DOES_NOT, ("second step", "third step"), ONCE),
    ("keras_layers", "Filters"): Answer(
        CONFORMS, said="(rows, columns, in, out), axis (0, 1, 2) bounds the norm of the"
    ),
    ("keras_layers", "NamesOfItsOwn"): Answer(
        DOES_NOT, ("loaded",), "missing 1 required positional argument: 'window'"
    ),
    ("keras_layers", "Rows"): Answer(CONFORMS, said="axis 1 bounds the norm of the vector of each input."),
    ("keras_layers", "Windows"): Answer(CONFORMS, said="axis (0, 1) bounds the norm of the weights that enter each"),
    ("keras_models", "every_layer"): Answer(CONFORMS),
    ("keras_models", "layers_of_the_model"): Answer(DOES_NOT, ("nested", "deep"), LEFT),
    ("keras_models", "all_that_it_has"): Answer(DOES_NOT, ("outer",), "/gamma', 'batch_normalization"),
    ("keras_models", "AfterEachBatch"): Answer(CONFORMS),
    ("keras_models", "AtTheStart"): Answer(DOES_NOT, ("outer",), LEFT),
    ("keras", "Branch"): Answer(DOES_NOT, ("fit",), "(return w * (self.clip_norm / n) if n > self.clip_norm else w)"),
}


@cache
def gated(framework: str) -> dict[str, Any]:
    """The verdict on each subject of a framework, as JSON has it."""
    subjects = str(SUBJECTS / "in_use" / f"{framework}_in_use.py")
    ran = gate(Path(mkdtemp()), subjects, "--depth", "quick", "--json", "gate.json", "-k", RULES)
    assert ran.code == 1, ran.errors
    return {one["name"].rpartition(":")[2]: one for one in json.loads(ran.text("gate.json"))["subjects"]}


@pytest.mark.parametrize(("framework", "name"), ANSWERS)
def test_it_gets_the_right_answer(framework: str, name: str) -> None:
    """Conforms or not, in the modes in which it is so, for the reason that is told."""
    answer, found = ANSWERS[framework, name], gated(framework)[name]
    counted = [one for one in found["divergences"] if one["counts"]]
    broken = {mode for one in counted for mode in one["modes"]}
    assert (found["conforms"], broken) == (answer.conforms, set(answer.broken)), found["verdict"]
    sentences = [found["verdict"], found["hint"] or "", *found["axis_means"], *(one["sentence"] for one in counted)]
    assert any(answer.said in sentence for sentence in sentences), sentences


def test_every_subject_has_its_answer() -> None:
    """And no other."""
    frameworks = {framework for framework, _ in ANSWERS}
    assert {(framework, name) for framework in frameworks for name in gated(framework)} == set(ANSWERS)


RECURRENT = """
import torch
from normconf import subject

@subject("unit_norm", framework="torch", axes=[1])
class Recurrent(torch.nn.LSTM):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
"""


DETACHED = """
    import torch
    from normconf import subject

    @subject("max_norm", framework="torch", axes=[0], modes=["eager"])
    def right(w, max_value, epsilon):
        with torch.no_grad():
            n = w.norm(dim=0, keepdim=True)
            return w * (n.clamp(0, max_value) / (n + epsilon))
"""


def test_a_result_that_is_detached_from_the_weights_is_told(tmp_path: Path) -> None:
    """With a program that shows it, and it is no fault."""
    (tmp_path / "detached.py").write_text(dedent(DETACHED), encoding="utf-8")
    ran = gate(
        tmp_path, "detached.py", "--depth", "quick", "--level", "should", "-k", "gradient", "--json", "gate.json"
    )
    assert ran.code == 0 and "To know, and no fault: no gradient reaches the weights" in ran.said
    (told,) = json.loads(ran.text("gate.json"))["subjects"][0]["divergences"]
    assert told["snippet"]["reproduces"] and not told["counts"]


def test_a_layer_of_which_nobody_knows_its_weights_is_refused(tmp_path: Path) -> None:
    """In one sentence, and not judged by some of them."""
    (tmp_path / "recurrent.py").write_text(RECURRENT)
    ran = gate(tmp_path, "recurrent.py")
    assert (ran.code, ran.said) == (2, "")
    assert "is derived from LSTM, which is not asked as a layer; mark a function" in ran.errors


BUILT = """
import torch
from normconf import subject

class Bounded(torch.nn.Linear):
    def forward(self, x):
        self.weight.data = torch.renorm(self.weight.data, 2, 0, 2.0)
        return super().forward(x)

net = torch.nn.Sequential(Bounded(4, 3))
"""


def test_a_model_that_is_built_is_gated_by_the_lines_that_are_told(tmp_path: Path) -> None:
    """They make a function of weights of it, once its bound is filled in."""
    (tmp_path / "built.py").write_text(BUILT)
    refused = gate(tmp_path, "built.py:net", "--framework", "torch", "--contract", "renorm")
    assert refused.code == 2 and "has weights of its own, and no function of weights; gate the class" in refused.errors
    lines = dedent(refused.errors.partition("\n")[2]).replace("...", "2.0")
    (tmp_path / "wrapped.py").write_text(BUILT + lines)
    assert gate(tmp_path, "wrapped.py", "--depth", "quick", "--modes", "eager").code == 0
