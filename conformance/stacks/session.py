"""A session: the stacks of one run, started together, each with what it says of itself or why it is not there."""

from __future__ import annotations

import contextlib
import fnmatch
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from rich.console import Console
from rich.text import Text

from adapters.core.messages import Description, Device
from adapters.core.stack import Stack, discover
from conformance.cases.case import Case
from conformance.errors import StackUnavailable, UsageError, instead
from conformance.processes.compiled import Compiled
from conformance.processes.process import Process
from conformance.stacks.options import Options
from conformance.stacks.target import Target
from conformance.stacks.workers import Worker

# a stack in one of its modes
Place: TypeAlias = tuple[str, str]


class Session:
    """Every stack of a run: its worker if it is available, the reason if it is not.

    `started`: processes that run already. `places`: the stacks and modes that are asked; None for all.
    """

    def __init__(
        self,
        options: Options,
        known: Mapping[str, Stack] | None = None,
        started: Mapping[str, Process] | None = None,
        places: Collection[Place] | None = None,
    ) -> None:
        self.options = options
        self.known = dict(known if known is not None else discover())
        self._pythons = {
            name: p for wanted, p in options.pythons.items() for name in select_stacks(self.known, [wanted])
        }
        # asked for by name or by pattern; a stack that is asked for has to be there
        wanted = select_stacks(self.known, options.stacks)
        every = {(name, mode) for name in wanted or self.known for mode in self.known[name].mode_names}
        self._places = every if places is None else every & set(places)
        asked = {name for name, _ in self._places}
        self._wanted = tuple(name for name in wanted if name in asked)
        names = tuple(name for name in wanted or self.known if name in asked)
        self._compiled = Compiled()
        self._processes = {(name, self._python(name)): process for name, process in (started or {}).items()}
        self.workers = {name: self._worker(name, "") for name in dict.fromkeys(names)}
        self._clean_workers = {name: self._worker(name, " for snippets") for name in self.workers}
        self.reasons: dict[str, str] = {}
        self._targets: dict[Place, Target] = {}
        # stack and mode of what has given results
        self.answered: set[Place] = set()
        # by stack and mode, why a subject that never gives a result is asked no more
        self.always: dict[Place, str] = {}
        # by rule and stack, the cases in which it was broken when it was last asked
        self.examples: Mapping[tuple[str, str], tuple[Case, ...]] = {}
        # stack and rule of MUST rules that are broken in a new way in the stack's plainest mode
        self.broken: set[tuple[str, str]] = set()

    def _python(self, name: str) -> str:
        return self._pythons.get(name, sys.executable)

    def _worker(self, name: str, purpose: str, device: str = "") -> Worker:
        """A worker in the process that its stack shares with others, if they have the same interpreter."""
        stack, options = self.known[name], self.options
        python = self._python(name)
        shared = stack.process or stack.name
        key = (shared + purpose, python)
        if key not in self._processes:
            # the name of a file may be as long as a name can be, and that of the process is part of another
            self._processes[key] = Process(
                shared[-60:], stack.environment, python, device or options.device, stack.requires
            )
        compiled = self._compiled.folder(stack)
        return Worker(stack, root=options.root, process=self._processes[key], compiled=compiled)

    def open(self) -> None:
        """Start every stack, two at a time; raises UsageError if one that was asked for by name is not available."""
        with ThreadPoolExecutor(2) as pool:
            for found in pool.map(lambda names: list(self.start(names)), self.together()):
                for name, said in found:
                    self.learn(name, said)
        self.require()

    def learn_from_running(self) -> None:
        """What the stacks say of themselves whose process runs already, as that does which has read somebody's file."""
        for names in [names for names in self.together() if self.workers[names[0]].process.runs]:
            for found in self.start(names):
                self.learn(*found)

    def warm(self) -> None:
        """Begin to import what the stacks need where all need the same, as subjects of a file do."""
        wanted = {process.needs: process for process in self._processes.values()}
        for process in wanted.values() if len(wanted) == 1 else ():
            process.warm(self.options.root)

    def together(self) -> tuple[tuple[str, ...], ...]:
        """The names of the stacks, those together that share a process."""
        found: dict[Process, list[str]] = {}
        for name, worker in self.workers.items():
            found.setdefault(worker.process, []).append(name)
        return tuple(map(tuple, found.values()))

    def start(self, names: Sequence[str]) -> Iterator[tuple[str, Description | str]]:
        """Start stacks one after the other: what each says of itself, or why it is not available."""
        device = self.options.device
        for name in names:
            devices = self.known[name].limits.devices
            if devices and device not in devices:
                yield name, f"{name} is declared for {', '.join(devices)} only"
                continue
            try:
                said = self.workers[name].start()
            except StackUnavailable as reason:
                yield name, str(reason)
                continue
            # one reason for all stacks, so that a report says it once
            yield name, said if said.device.kind == device else f"no {device} is found here, only a {said.device.kind}"

    def learn(self, name: str, said: Description | str) -> None:
        """A stack has said this of itself, perhaps to another process, or is not available for this reason."""
        if isinstance(said, str):
            self.reasons[name] = said
        else:
            self.workers[name].description = said

    def require(self) -> None:
        """Raise UsageError if a stack is not available that was asked for by name, or none is."""
        missing = [name for name in self._wanted if name in self.reasons]
        if not self.options.optional and (missing or self.empty):
            self.close()
            if missing:
                raise UsageError(f"{missing[0]} is not available: {self.reasons[missing[0]]}")
            raise UsageError(f"no stack is available here: {next(iter(self.reasons.values()))}")

    @contextlib.contextmanager
    def opened(self, console: Console) -> Iterator[None]:
        """Every stack is started, or the console says why not, and all end after; raises UsageError as `open` does."""
        try:
            self.open()
            self.say_reasons(console)
            yield
        finally:
            self.close()

    def say_reasons(self, console: Console) -> None:
        """Say of each stack that is not available why."""
        for name, reason in self.reasons.items():
            console.print(Text(f"{name} is unavailable: {reason}"), soft_wrap=True)

    @property
    def empty(self) -> bool:
        """Whether no stack is available."""
        return len(self.reasons) == len(self.workers)

    def targets(self) -> list[Place]:
        """The available stacks, each in each of its modes."""
        return [
            (name, mode)
            for name, worker in self.workers.items()
            if name not in self.reasons
            for mode in worker.stack.mode_names
            if (name, mode) in self._places
        ]

    def target(self, name: str, mode: str) -> Target:
        """A stack in one mode, the same target each time, ready to be called."""
        if (name, mode) not in self._targets:
            worker, options = self.workers[name], self.options
            on_cpu = None if options.device == "cpu" else self._worker(name, " on the CPU", "cpu")
            target = Target(worker, mode, options.device, options.timeout, self._clean_workers[name], on_cpu)
            self._targets[name, mode] = target
        return self._targets[name, mode]

    def describe(self) -> list[dict[str, Any]]:
        """Every stack as the record's header names it."""
        device = self.options.device
        return [_description(worker, self.reasons.get(name), device) for name, worker in self.workers.items()]

    def forget(self, name: str) -> None:
        """What came of a stack until now has no say in what comes next: so it does not matter who asked it before."""
        for known in (self._targets, self.always):
            for place in [place for place in known if place[0] == name]:
                del known[place]
        self.answered = {place for place in self.answered if place[0] != name}
        self.broken = {key for key in self.broken if key[0] != name}

    def end(self, name: str) -> None:
        """End the processes of a stack, whoever shares them; they are started again if need be."""
        for (stack, _), target in self._targets.items():
            if stack == name:
                target.close()

    def close(self) -> None:
        """End every process."""
        for process in self._processes.values():
            process.stop()


def select_stacks(known: Mapping[str, Stack], wanted: Sequence[str]) -> tuple[str, ...]:
    """The known stacks that are named, or match a pattern such as torch.*, each once; raises UsageError for others."""
    found: dict[str, None] = {}
    for name in wanted:
        # a name is itself first: that of a file may hold [ and ], which would be a pattern
        matching = [name] if name in known else fnmatch.filter(known, name)
        if not matching:
            raise UsageError(f"there is no stack named {name!r}{instead(name, sorted(known))}")
        found.update(dict.fromkeys(matching))
    return tuple(found)


def _description(worker: Worker, reason: str | None, device: str) -> dict[str, Any]:
    said = worker.description if reason is None else None
    # a device that is not there stays apart from the CPU on which the stack may run
    absent = None if device == "cpu" else {"kind": device, "name": "none"}
    return {
        "name": worker.stack.name,
        "available": reason is None,
        "reason": reason,
        "sentence": worker.stack.sentence,
        "versions": dict(said.versions) if said else {},
        "python": said.python if said else None,
        "backend": said.backend if said else None,
        "device": _device(said.device) if said else absent,
        "formats": dict(said.formats) if said else {},
        "modes": list(said.modes) if said else [],
        "contracts": list(worker.stack.contracts),
        "compiled": [mode.name for mode in worker.stack.modes if mode.compiles],
        "costly": [mode.name for mode in worker.stack.modes if mode.slow],
        **_declared(worker.stack),
    }


def _declared(stack: Stack) -> dict[str, Any]:
    declared = stack.declaration
    if declared is None:
        return {}
    return {"declared": declared.recorded(), "uses": dict(stack.uses)}


def _device(device: Device) -> dict[str, Any]:
    named = {"kind": device.kind, "name": device.name}
    return named if device.details is None else {**named, "details": dict(device.details)}
