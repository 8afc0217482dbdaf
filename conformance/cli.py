"""The command line: run, report, replay, known, bench, list."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from adapters.protocol import discover
from conformance.lab import Lab, Options, UsageError
from conformance.rules import DEPTHS
from conformance.workers import ROOT
from reports.console import summary
from reports.markdown import render
from reports.merge import merge, with_absent
from reports.record import RecordError, read


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 conforms, 1 a MUST rule is broken, 2 wrong usage, 3 a fault here."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✔ still gets the rest
    try:
        code: int = options.command(options)
        return code
    except (UsageError, RecordError) as error:
        print(f"normconf: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance",
        description="A conformance suite for weight-norm constraints: MaxNorm, MinMaxNorm, UnitNorm.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="hold stacks to the rules; write a record and a report")
    _add_stack_options(run)
    run.add_argument(
        "--depth", choices=list(DEPTHS), default="default", help="how many cases are drawn (default: default)"
    )
    run.add_argument(
        "--seed", type=int, default=0, help="the same seed draws the same cases on every stack (default: 0)"
    )
    run.add_argument(
        "--out", type=Path, default=Path("normconf-out"), metavar="DIR", help="where run.jsonl and report.md go"
    )
    run.add_argument("-k", metavar="EXPRESSION", help="only the rules whose names match, as in pytest")
    run.set_defaults(command=_run)

    report = commands.add_parser("report", help="merge records into one report")
    report.add_argument("records", nargs="+", type=Path, metavar="RECORD", help="run.jsonl, or a folder of runs")
    report.add_argument(
        "--out", type=Path, default=Path("report.md"), metavar="FILE", help="the report (default: report.md)"
    )
    report.set_defaults(command=_report)

    replay = commands.add_parser("replay", help="make one recorded call again and show what comes back")
    replay.add_argument("record", type=Path, metavar="RECORD", help="run.jsonl of a run")
    replay.add_argument("id", metavar="ID", help="the id of a case or finding in it")
    _add_stack_options(replay)
    replay.set_defaults(command=_replay)

    known = commands.add_parser("known", help="what a record holds of known, new and stale divergences")
    known.add_argument("record", type=Path, metavar="RECORD", help="run.jsonl of a run")
    known.add_argument(
        "--update", action="store_true", help="append proposals to known_divergences.toml; a person writes the reasons"
    )
    known.set_defaults(command=_known)

    bench = commands.add_parser("bench", help="weight groups per second: bare calls, this suite, a naive harness")
    _add_stack_options(bench)
    bench.add_argument("--seed", type=int, default=0, help="the seed of the cases (default: 0)")
    bench.set_defaults(command=_bench)

    listing = commands.add_parser("list", help="the stacks and the rules")
    listing.set_defaults(command=_list)
    return parser


def _add_stack_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stack",
        action="append",
        default=[],
        metavar="NAME",
        help="a stack, or a pattern such as 'torch.*'; may be given again (default: all)",
    )
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH", help="the interpreter of a stack")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu", help="where the stacks run (default: cpu)")
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="the most one case may take (default: 60)"
    )


def _options(given: argparse.Namespace) -> Options:
    pythons = {}
    for pair in given.python:
        name, equals, path = pair.partition("=")
        if not equals or not path:
            raise UsageError(f"--python takes NAME=PATH, not {pair!r}")
        pythons[name] = path
    if not given.timeout > 0:
        raise UsageError(f"--timeout takes a positive number of seconds, not {given.timeout:g}")
    return Options(
        stacks=tuple(given.stack),
        pythons=pythons,
        device=given.device,
        depth=getattr(given, "depth", "default"),
        seed=getattr(given, "seed", 0),
        timeout=given.timeout,
    )


def _run(given: argparse.Namespace) -> int:
    import pytest

    from conformance.known import load
    from conformance.recorder import Recorder
    from reports.console import Progress

    lab = Lab(_options(given), divergences=load(stacks=discover()))
    console = Console()
    out: Path = given.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    recorder = Recorder(out / "run.jsonl", lab, Progress(console))
    try:
        lab.open()
        recorder.open()  # only now: a run that cannot start leaves an older record as it is
        for name, reason in lab.reasons.items():
            console.print(Text(f"{name} is unavailable: {reason}"), soft_wrap=True)
        selection = ["-k", given.k] if given.k else []
        # the rules assert nothing themselves, so pytest need not rewrite assertions
        plugins = ["--assert=plain", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:logging"]
        ended = pytest.main(
            [str(ROOT / "conformance"), f"--rootdir={ROOT}", *plugins, *selection],
            plugins=[recorder],
        )
    finally:
        lab.close()
    if ended == pytest.ExitCode.USAGE_ERROR:
        raise UsageError(f"-k takes an expression of rule names, 'and', 'or' and 'not', not {given.k!r}")
    for fault in recorder.faults[:1]:
        print(f"{fault}\n{len(recorder.faults)} faults of the suite itself; the first is shown", file=sys.stderr)
    if recorder.expected == 0 and not recorder.faults:
        raise UsageError(f"no rule matches {given.k!r}")
    return _write_report([recorder.path], out / "report.md", console) or recorder.exit_code


def _report(given: argparse.Namespace) -> int:
    records = [found for path in given.records for found in _records_in(path)]
    return _write_report(records, given.out, Console(), complete=True)


def _records_in(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.rglob("run.jsonl"))
    if not found:
        raise UsageError(f"{path} holds no run.jsonl")
    return found


def _write_report(records: list[Path], path: Path, console: Console, complete: bool = False) -> int:
    report = merge([read(record) for record in records])
    if complete:  # a stack whose environment could not even be built is named, not forgotten
        known = {stack.name: stack.sentence for stack in discover().values()}
        report = with_absent(report, known)
    try:
        path.write_text(render(report), encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    summary(report, console, path)
    return 0


def _replay(given: argparse.Namespace) -> int:
    from conformance.replay import replay

    return replay(read(given.record), given.id, _options(given), Console())


def _known(given: argparse.Namespace) -> int:
    from conformance.known_update import command

    return command(given.record, given.update, Console())


def _bench(given: argparse.Namespace) -> int:
    from conformance.bench import bench

    return bench(_options(given), Console())


def _list(given: argparse.Namespace) -> int:
    from conformance.catalogue import catalogue

    console = Console()
    console.print(Text("Stacks", style="bold"))
    for stack in discover().values():
        console.print(Text(f"  {stack.name} ({', '.join(stack.modes)}): {stack.sentence}"), soft_wrap=True)
    console.print(Text("Rules", style="bold"))
    for rule in catalogue():
        console.print(
            Text(f"  {rule.id} [{rule.chapter}, {rule.level}]: {rule.sentence} Source: {rule.source}"), soft_wrap=True
        )
    return 0
