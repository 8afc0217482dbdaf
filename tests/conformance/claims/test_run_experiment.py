"""Experiments: what is drawn, run, judged and shown."""

from __future__ import annotations

from random import Random
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from conformance.claims import experiment as experiments
from conformance.claims.evidence import Evidence
from conformance.claims.experiment import Arguments, Curves, Experiment, discover_experiments, experiment, source
from conformance.claims.run_experiment import Programs, try_experiment
from conformance.errors import NotTried
from tests.support.python_stack import Here


def root(number: float) -> float:
    """Another function of the module, which a program may call."""
    return float(np.sqrt(number))


def roots(numbers: list[float], offset: int) -> list[float]:
    """The roots of numbers, moved."""
    return [root(number) + offset for number in numbers]


def refuse(numbers: list[float]) -> list[float]:
    """No numbers are good enough."""
    raise ValueError(f"{len(numbers)} numbers")


def drawn(random: Random) -> Arguments:
    """Five numbers, and nothing added."""
    return {"numbers": [random.uniform(0.0, 8.0) for _ in range(5)], "offset": 0}


@experiment(roots, drawn)
def roots_are_at_least_zero(arguments: Arguments, output: Any) -> list[bool]:
    """No root is negative."""
    return [one >= 0.0 for one in output]


@experiment(roots, drawn, picture=Curves("roots", "place", lambda output: {"root": output}))
def roots_are_below_two(arguments: Arguments, output: Any) -> list[bool]:
    """Every root is below 2."""
    return [one < 2.0 for one in output]


@experiment(refuse, lambda random: {"numbers": [1.0, 2.0]}, errors=True)
def numbers_are_refused(arguments: Arguments, output: Any) -> bool:
    """ValueError is raised."""
    return getattr(output, "type", "") == "ValueError"


@experiment(refuse, lambda random: {"numbers": [1.0]})
def numbers_come_back(arguments: Arguments, output: Any) -> bool:
    """As they were."""
    return bool(output == arguments["numbers"])


@experiment(roots, drawn)
def nothing_is_said(arguments: Arguments, output: Any) -> None:
    """Nothing."""


def kind(number: float) -> str:
    """The name of a number's type."""
    return type(number).__name__


@experiment(kind, [{"number": 0.5}])
def half_is_a_float(arguments: Arguments, output: Any) -> bool:
    """By name."""
    return bool(output == "float")


@experiment(roots, [{"numbers": [], "offset": 0}, {"numbers": [4.0, 9.0], "offset": 0}])
def roots_are_above_one(arguments: Arguments, output: Any) -> list[bool] | None:
    """Each of them, if there is any."""
    return [one > 1.0 for one in output] or None


def tried(one: Experiment, worker: Here | None = None) -> Evidence:
    """What comes of an experiment in Python."""
    return try_experiment(one, Programs(worker or Here(), Here()), 0)


def test_an_example_is_one_of_which_something_is_said() -> None:
    """Though there is a trial that is shorter to write."""
    example = tried(roots_are_above_one).example
    assert example is not None and example.call == "roots(numbers=[4.0, 9.0], offset=0)"


def test_a_text_is_printed_without_quotes() -> None:
    """And is what was observed all the same."""
    example = tried(half_is_a_float).example
    assert example is not None and (example.observed, example.printed) == ("'float'", "float") and example.reproduces


def test_what_nothing_breaks_holds() -> None:
    """With the number of groups that were looked at, and an example."""
    evidence = tried(roots_are_at_least_zero)
    assert evidence.holds and evidence.tried == 40 and evidence.counterexample is None
    assert evidence.example is not None and evidence.example.reproduces


def test_a_counterexample_is_as_small_as_can_be() -> None:
    """One number, and the smallest simple one."""
    evidence = tried(roots_are_below_two)
    assert not evidence.holds and 0 < evidence.broken < evidence.tried
    assert evidence.counterexample is not None
    assert evidence.counterexample.call.startswith("roots(numbers=[") and evidence.counterexample.call.count(",") == 1


def test_the_program_that_is_shown_runs_on_its_own() -> None:
    """And prints what was observed."""
    shown = tried(roots_are_below_two).counterexample
    assert shown is not None and shown.reproduces and shown.printed == shown.observed
    assert shown.source.startswith("import math\nimport numpy as np\n") and "def root(" in shown.source


def test_a_program_runs_once_for_the_same_arguments() -> None:
    """Whatever else is said of what it gave, and in whichever order."""
    worker = Here()
    programs = Programs(worker, Here())
    try_experiment(roots_are_at_least_zero, programs, 0)
    once = len(worker.requests)
    try_experiment(roots_are_at_least_zero, programs, 0)
    assert once == len(worker.requests) == 1
    assert programs.run(roots_are_below_two, roots_are_below_two.drawn(0)) and len(worker.requests) == 1
    assert programs.run(roots_are_below_two, roots_are_below_two.drawn(1)) and len(worker.requests) == 2


def test_candidates_are_tried_until_one_breaks_the_property() -> None:
    """Alone at first, for each may cost a training, then ever more at once."""
    worker = Here()
    programs = Programs(worker, Here())
    try_experiment(roots_are_below_two, programs, 0)
    assert len(worker.requests) > 3 and len(programs._outputs) < 3 * len(worker.requests)


def test_arguments_that_are_kept_stay() -> None:
    """Reducing leaves them alone."""
    kept = experiment(roots, drawn, keep=("numbers", "offset"))(roots_are_below_two.judge)
    shown = tried(kept).counterexample
    assert shown is not None and shown.call.count(",") == 5


def test_fixed_trials_are_run_as_they_are() -> None:
    """A document's own numbers are not reduced."""
    fixed = experiment(roots, [{"numbers": [9.0, 16.0], "offset": 0}])(roots_are_below_two.judge)
    shown = tried(fixed).counterexample
    assert shown is not None and shown.call == "roots(numbers=[9.0, 16.0], offset=0)" and shown.printed == "[3.0, 4.0]"


def test_an_error_can_be_what_is_claimed() -> None:
    """Where the experiment says so."""
    evidence = tried(numbers_are_refused)
    assert evidence.holds and evidence.example is not None and evidence.example.reproduces


def test_an_error_of_the_program_breaks_nothing() -> None:
    """It says that the property could not be tried."""
    with pytest.raises(NotTried, match="refuse raised ValueError: 1 numbers"):
        tried(numbers_come_back)


def test_a_lost_worker_breaks_nothing() -> None:
    """The reason is kept."""
    with pytest.raises(NotTried, match="Segmentation fault"):
        tried(roots_are_at_least_zero, Here(dies=True))


def test_what_says_nothing_does_not_hold() -> None:
    """Though nothing broke it."""
    with pytest.raises(NotTried, match="no trial of nothing_is_said says anything"):
        tried(nothing_is_said)


def test_the_contrary_is_broken_where_the_property_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Group by group, on the same trials."""
    monkeypatch.setattr(experiments, "discover_experiments", lambda: {"roots_are_below_two": roots_are_below_two})
    contrary = experiments.find_experiment("never roots_are_below_two")
    assert contrary is not None and contrary.drawn(0) == roots_are_below_two.drawn(0)
    held, broken = tried(roots_are_below_two), tried(contrary)
    assert held.tried == broken.tried and held.broken == broken.tried - broken.broken


def test_a_picture_is_of_the_first_trial() -> None:
    """Line by line."""
    series = tried(roots_are_below_two).series
    assert series is not None and series.x == "place" and len(series.lines["root"]) == 5


def test_a_seed_draws_the_same_trials() -> None:
    """And another one others."""
    assert roots_are_below_two.drawn(0) == roots_are_below_two.drawn(0) != roots_are_below_two.drawn(1)


@pytest.mark.parametrize("one", discover_experiments().values(), ids=discover_experiments())
def test_programs_stand_alone(one: Experiment) -> None:
    """Each compiles, draws its arguments, and takes them."""
    # what an adapter's prelude imports, and nothing else
    frameworks = dict.fromkeys(("jax", "jnp", "keras", "optax", "tf", "torch"), Mock())
    exec(compile(source(one.program), "<program>", "exec", dont_inherit=True), {"np": np, **frameworks})
    names = one.program.__code__.co_varnames[: one.program.__code__.co_argcount]
    assert all(set(arguments) <= set(names) for arguments in one.drawn(0))
