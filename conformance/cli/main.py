"""The command line: run, gate, report, claims, diff, replay, known, bench, list."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from adapters.core.discovery import discover
from adapters.core.stack import Stack
from conformance.cli.parser import parser
from conformance.errors import UsageError
from conformance.stacks.options import Options
from conformance.stacks.session import Lab
from conformance.stacks.workers import Process
from reports.analysis.load import read_report
from reports.analysis.merge import merge, with_absent
from reports.charts.gallery import files
from reports.console.run import summary
from reports.export.badge import badge
from reports.markdown.page import step_summary
from reports.record.file import ReportError, read
from reports.text import plain
from reports.write import renders, to_step_summary, write, write_all, write_divergences

ALL = "all"


def main(arguments: list[str] | None = None, prog: str = "python -m conformance") -> int:
    """Run one command and return its exit code.

    0 conforms, 1 a MUST rule is broken or, of claims and diff, something is new, 2 wrong usage, 3 a fault here.
    """
    options = parser(prog).parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✔ still gets the rest
    try:
        return COMMANDS[options.command](options)
    except (UsageError, ReportError) as error:
        print(f"normconf: {plain(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0


def _options(given: Namespace) -> Options:
    pythons = {}
    for pair in given.python if isinstance(given.python, list) else [f"*={given.python}"]:
        name, equals, path = pair.partition("=")
        if not equals or not path:
            raise UsageError(f"--python takes NAME=PATH, not {pair!r}")
        pythons[name] = path
    if not given.timeout > 0:
        raise UsageError(f"--timeout takes a positive number of seconds, not {given.timeout:g}")
    return Options(
        stacks=tuple(getattr(given, "stack", ())),
        pythons=pythons,
        device="cpu" if given.device == ALL else given.device,
        depth=getattr(given, "depth", "default"),
        seed=getattr(given, "seed", 0),
        timeout=given.timeout,
    )


def _on_devices(options: Options, given: Namespace) -> list[Options]:
    """The options for each device; one that is not asked for by name may be missing."""
    if given.device != ALL:
        return [options]
    return [replace(options, device=kind, optional=kind != "cpu") for kind in ("cpu", "gpu")]


def _places(options: Options, given: Namespace) -> list[tuple[Options, Path]]:
    """For each device the options, and the folder of its record."""
    every = _on_devices(options, given)
    return [(one, given.out / one.device if given.device == ALL else given.out) for one in every]


def _run(given: Namespace) -> int:
    from conformance.known.entries import load
    from conformance.run.run_rules import conduct

    options, brought = _options(given), _declared(given)
    if options.stacks:  # a subject that is named is asked beside the stacks that are
        options = replace(options, stacks=(*options.stacks, *brought))
    stacks = {**discover(), **brought}
    console, known = Console(), load(stacks=stacks)
    recorders = [
        conduct(Lab(one, stacks), out / "run.jsonl", given.k, console, known) for one, out in _places(options, given)
    ]
    report = merge([read(recorder.path) for recorder in recorders])
    outputs = renders([given.out / "report.html", given.out / "report.md"])
    write_all(report, outputs)
    to_step_summary(step_summary(report))
    summary(report, console, outputs)
    return max(recorder.exit_code for recorder in recorders)


def _gate(given: Namespace) -> int:
    from conformance.cli.gate import Outputs, gate
    from conformance.known.entries import load

    started: dict[str, Process] = {}
    stacks = _declared(given, started)
    divergences = load(given.known, stacks) if given.known else ()
    levels = ("MUST",) if given.level == "must" else ("MUST", "SHOULD")
    kinds = {"MUST": 4, "SHOULD": 2 if "SHOULD" in levels else 0, "RECORD": 0}
    asked = replace(_options(given), stacks=tuple(stacks), levels=("MUST", "SHOULD"), fails=levels)
    # a picture shows a wrong axis at a glance
    asked = replace(asked, also=("norm_out_for_each_norm_in",), max_findings=kinds, hints=True)
    outputs = Outputs(given.out, given.junit, given.json, given.markdown, given.github, given.sarif)
    labs = [
        # a process that is on one device already is of no use on another
        (Lab(one, stacks, started if one.device == "cpu" or given.device != ALL else None), out)
        for one, out in _places(asked, given)
    ]
    return gate(labs, given.k, outputs, Console(), divergences)


def _declared(given: Namespace, started: dict[str, Process] | None = None) -> dict[str, Stack]:
    """The stacks that the subjects of the command line are."""
    from conformance.stacks.user_stacks import Given, declared_stacks

    said = Given(
        framework=given.framework,
        contract=given.contract,
        names=dict(_pairs("--map", given.map)),
        fixed={name: _number("--fix", value) for name, value in _pairs("--fix", given.fix)},
        in_place=given.in_place,
    )
    options = _options(given)
    return declared_stacks(given.subjects, said, options.pythons, options.device, started)


def _pairs(option: str, given: list[str]) -> list[tuple[str, str]]:
    found = []
    for pair in (pair for text in given for pair in text.split(",")):
        name, _, value = pair.partition("=")
        if not name or not value:
            raise UsageError(f"{option} takes NAME=VALUE, or several with commas between them, not {pair!r}")
        found.append((name, value))
    return found


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"{option} takes numbers, not {text!r}") from error


def _report(given: Namespace) -> int:
    outputs = renders(given.out or [Path("report.html"), Path("report.md")])
    since = read_report([given.since]) if given.since else None
    # a stack whose environment could not even be built is named, not forgotten
    known = {stack.name: stack.sentence for stack in discover().values()}
    report = with_absent(read_report(given.records), known)
    write_all(report, outputs, since)
    if given.badge:
        write(given.badge, badge(report))
    if given.divergences:
        write_divergences(report, given.divergences)
    for name, picture in files(report).items() if given.pictures else ():
        write(given.pictures / name, picture)
    to_step_summary(step_summary(report))
    summary(report, Console(), outputs)
    return 0


def _claims(given: Namespace) -> int:
    from conformance.claims.catalog import chosen, load
    from conformance.claims.run_claims import conduct
    from reports.analysis.claims import answered
    from reports.console.claims import show

    options, console = _options(given), Console()
    claims, stacks = chosen(load(), given.source), discover()
    spoken = {name for claim in claims for name in claim.expected}
    # a stack that no claim speaks about need not be started
    stacks = stacks if options.stacks else {name: stacks[name] for name in stacks if name in spoken}
    codes, records = [], []
    for one, out in _places(options, given):
        lab = Lab(one, stacks)
        if not spoken & set(lab.workers):
            raise UsageError(f"no claim of these sources speaks about {', '.join(lab.workers)}")
        codes.append(conduct(lab, claims, out / "run.jsonl", console))
        records.append(read(out / "run.jsonl"))
    report = merge(records)
    write_divergences(report, given.out / "DIVERGENCES.md")
    wanted = given.verdict.upper() if given.verdict else None
    show([one for one in answered(report) if wanted in (None, *one.verdicts)], console)
    return max(codes)


def _diff(given: Namespace) -> int:
    from reports.changes.diff import compare
    from reports.console.diff import markdown, show
    from reports.html.page import page

    old, new = read_report([given.old]), read_report([given.new])
    diff = compare(old, new)
    if given.markdown:
        write(given.markdown, markdown(diff))
    if given.html:
        write(given.html, page(new, old))
    show(diff, Console())
    return 1 if diff.news else 0


def _replay(given: Namespace) -> int:
    from conformance.run.replay import replay

    return replay(read(given.record), given.id, _options(given), Console())


def _known(given: Namespace) -> int:
    from conformance.known.entries import FILE
    from conformance.known.propose import command
    from conformance.stacks.user_stacks import recorded_stacks

    path: Path = given.file or FILE
    if given.file is not None and given.update and not path.exists():
        try:
            path.touch()
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return command(given.record, given.update, Console(), path, recorded_stacks(read(given.record).header))


def _bench(given: Namespace) -> int:
    from conformance.bench.throughput import bench

    return bench(_on_devices(_options(given), given), Console())


def _list(given: Namespace) -> int:
    from conformance.rules.registry import catalog

    console = Console()
    console.print(Text("Stacks", style="bold"))
    for stack in discover().values():
        console.print(Text(f"  {stack.name} ({', '.join(stack.modes)}): {stack.sentence}"), soft_wrap=True)
    console.print(Text("Rules", style="bold"))
    for rule in catalog():
        console.print(
            Text(f"  {rule.id} [{rule.chapter}, {rule.level}]: {rule.statement} Source: {rule.source}"), soft_wrap=True
        )
    return 0


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "run": _run,
    "gate": _gate,
    "report": _report,
    "claims": _claims,
    "diff": _diff,
    "replay": _replay,
    "known": _known,
    "bench": _bench,
    "list": _list,
}
