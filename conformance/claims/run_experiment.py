"""An experiment, run on a stack: its trials, the smallest counterexample, and the program that shows it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from conformance.claims.evidence import Evidence
from conformance.claims.experiment import Arguments, Experiment, Raised, source
from conformance.claims.prelude import prelude
from conformance.claims.simpler import simpler_arguments
from conformance.errors import NotTried
from conformance.stacks.programs import execute
from conformance.stacks.workers import Worker
from reports.record.claims import Series
from reports.record.claims import Trial as Counterexample

# programs may train for a thousand steps, and compile
TIMEOUT = 300.0
# for each trial of an experiment, of which costly ones have few: how many smaller arguments are tried in a round at
# most, and how often there is another
MOST, ROUNDS = 3, 1.5

# the program's text comes in front of this, which runs it on each of several arguments
HARNESS = """
import json
for arguments in json.loads({trials!r}):
    try:
        print(json.dumps({{"output": {name}(**arguments)}}))
    except Exception as error:
        print(json.dumps({{"type": type(error).__name__, "message": str(error)[:2000]}}))
"""


@dataclass(frozen=True)
class Trial:
    """What a program gave for some arguments, or what it raised in place of that."""

    arguments: Arguments
    output: Any  # whatever JSON holds, or Raised

    @property
    def raised(self) -> bool:
        """Whether the program raised something."""
        return isinstance(self.output, Raised)


@dataclass(frozen=True)
class Programs:
    """The programs of experiments on one stack: each runs once for the same arguments, whatever is said of them.

    `clean_worker`: a second process, in which what is shown is run once more.
    """

    worker: Worker
    clean_worker: Worker
    _outputs: dict[tuple[Callable[..., Any], str], Any] = field(default_factory=dict)

    def run(self, experiment: Experiment, trials: Sequence[Arguments]) -> list[Trial]:
        """What an experiment's program gives for some arguments; raises NotTried."""
        keys = [(experiment.program, json.dumps(arguments)) for arguments in trials]
        if new := {key: arguments for key, arguments in zip(keys, trials, strict=True) if key not in self._outputs}:
            self._outputs.update(zip(new, self._run(experiment, list(new.values())), strict=True))
        return [Trial(arguments, self._outputs[key]) for key, arguments in zip(keys, trials, strict=True)]

    def _run(self, experiment: Experiment, trials: Sequence[Arguments]) -> Iterator[Any]:
        harness = HARNESS.format(trials=json.dumps(trials), name=_name(experiment))
        ran = execute(prelude(self.worker) + source(experiment.program) + harness, self.worker, TIMEOUT)
        if ran.error:
            reason = ran.message if ran.lost else f"{ran.error}: {ran.message}"
            raise NotTried(f"{_name(experiment)} could not be run: {reason}")
        # a framework may print something too; ours are the last lines
        for answer in (json.loads(line) for line in ran.stdout.splitlines()[-len(trials) :]):
            yield answer["output"] if "output" in answer else Raised(**answer)


def try_experiment(experiment: Experiment, programs: Programs, seed: int) -> Evidence:
    """What came of all trials on a stack; raises NotTried."""
    trials = programs.run(experiment, experiment.drawn(seed))
    judged = [_judged(experiment, trial) for trial in trials]
    truths = [truth for some in judged for truth in some or ()]
    if not truths:
        raise NotTried(f"no trial of {experiment.name} says anything")
    series = None if judged[0] is None else _series(experiment, trials[0])
    evidence = Evidence(experiment.name, experiment.sentence, len(truths), truths.count(False), series=series)
    broken = next((trial for trial, some in zip(trials, judged, strict=True) if False in (some or ())), None)
    if broken is None:
        # of a trial that says nothing nobody could see that it holds
        held = [trial for trial, some in zip(trials, judged, strict=True) if some]
        plainest = min(held, key=lambda trial: len(json.dumps(trial.arguments)))
        return replace(evidence, example=_shown(experiment, plainest, programs))
    smallest = _reduced(experiment, programs, broken) if callable(experiment.arguments) else broken
    return replace(evidence, counterexample=_shown(experiment, smallest, programs))


def _judged(experiment: Experiment, trial: Trial) -> list[bool] | None:
    """Whether the property holds, group by group; raises NotTried where the program itself is wrong."""
    if isinstance(trial.output, Raised) and not experiment.errors:
        raise NotTried(f"{_name(experiment)} raised {trial.output.type}: {trial.output.message}")
    return experiment.truths(trial.arguments, trial.output)


def _series(experiment: Experiment, trial: Trial) -> Series | None:
    picture = experiment.picture
    if picture is None:
        return None
    lines = {name: tuple(float(y) for y in line) for name, line in picture.lines(trial.output).items()}
    return Series(picture.title, picture.x, lines)


def _name(experiment: Experiment) -> str:
    return str(experiment.program.__name__)


def _reduced(experiment: Experiment, programs: Programs, broken: Trial) -> Trial:
    """The smallest arguments found for which the property is broken in the same way."""
    for _ in range(round(ROUNDS * experiment.trials)):
        simpler = islice(simpler_arguments(broken.arguments, experiment.keep), MOST * experiment.trials)
        smaller = _first_alike(experiment, programs, broken, simpler)
        if smaller is None:
            break
        broken = smaller
    return broken


def _first_alike(
    experiment: Experiment, programs: Programs, broken: Trial, candidates: Iterator[Arguments]
) -> Trial | None:
    """The first candidate that breaks the property in the same way: tried alone, then ever more at once."""
    together = 1
    while some := list(islice(candidates, together)):
        for trial in programs.run(experiment, some):
            if _breaks_alike(experiment, trial, broken):
                return trial
        together *= 2
    return None


def _breaks_alike(experiment: Experiment, trial: Trial, broken: Trial) -> bool:
    # what raises where the other returned, or the reverse, is another thing
    if trial.raised != broken.raised:
        return False
    return False in (experiment.truths(trial.arguments, trial.output) or ())


def _literal(value: Any) -> str:  # whatever JSON holds
    """An argument as Python writes it, where infinity has no name."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value) if not isinstance(value, float) or math.isfinite(value) else f'float("{value}")'


def _shown(experiment: Experiment, trial: Trial, programs: Programs) -> Counterexample:
    """The call in words, and the whole program with what it printed in a clean process."""
    arguments = ", ".join(f"{name}={_literal(value)}" for name, value in trial.arguments.items())
    call = f"{_name(experiment)}({arguments})"
    program = f"{prelude(programs.worker)}{source(experiment.program)}\n\nprint({call})\n"
    ran = execute(program, programs.clean_worker, TIMEOUT)
    if isinstance(trial.output, Raised):
        observed = f"raised {trial.output.type}: {trial.output.message}"
        reproduces = not ran.lost and ran.error == trial.output.type
    else:
        observed = repr(trial.output)
        printed = trial.output if isinstance(trial.output, str) else observed
        reproduces = not ran.error and ran.stdout.rpartition("\n")[2] == printed
    return Counterexample(call, observed, program, ran.printed, reproduces)
