"""The command line: run, gate, report, replay, known, bench, list."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from adapters.protocol import Stack, discover
from conformance.lab import Lab, Options, UsageError
from conformance.rules import DEPTHS
from conformance.workers import Process
from reports.console import summary
from reports.markdown import render
from reports.merge import merge, with_absent
from reports.record import RecordError, read
from reports.wording import plain


def main(arguments: list[str] | None = None, prog: str = "python -m conformance") -> int:
    """Run one command and return its exit code: 0 conforms, 1 a MUST rule is broken, 2 wrong usage, 3 a fault here."""
    options = _parser(prog).parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✔ still gets the rest
    try:
        code: int = options.command(options)
        return code
    except (UsageError, RecordError) as error:
        print(f"normconf: {plain(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="A conformance suite for weight-norm constraints: MaxNorm, MinMaxNorm, UnitNorm.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="hold stacks to the rules; write a record and a report")
    _add_stack_options(run)
    _add_depth(run)
    run.add_argument(
        "--out", type=Path, default=Path("normconf-out"), metavar="DIR", help="where run.jsonl and report.md go"
    )
    run.add_argument("-k", metavar="EXPRESSION", help="only the rules whose names match, as in pytest")
    run.add_argument("subjects", nargs="*", metavar="SUBJECT", help="somebody's own constraints, as for gate")
    _add_subject_options(run)
    run.set_defaults(command=_run)

    gate = commands.add_parser("gate", help="hold one's own constraint to its contract; exit code 1 if it diverges")
    gate.add_argument(
        "subjects",
        nargs="+",
        metavar="SUBJECT",
        help="FILE.py with functions marked by normconf.subject, FILE.py:NAME, or PACKAGE.MODULE:NAME",
    )
    _add_subject_options(gate)
    gate.add_argument(
        "--level", choices=["must", "should"], default="must", help="the rules that have to hold (default: must)"
    )
    gate.add_argument("--known", type=Path, metavar="FILE", help="known divergences of one's own")
    gate.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    gate.add_argument("--json", type=Path, metavar="FILE", help="write the verdict as JSON")
    gate.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write Markdown (default: GITHUB_STEP_SUMMARY, where that is set)"
    )
    gate.add_argument("--github", action="store_true", help="print annotations for GitHub Actions")
    gate.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="the interpreter of the subjects (default: this one)"
    )
    gate.add_argument(
        "--out", type=Path, default=Path("normconf-out/gate"), metavar="DIR", help="where run.jsonl and report.md go"
    )
    gate.add_argument("-k", metavar="EXPRESSION", help="only the rules whose names match, as in pytest")
    _add_depth(gate)
    _add_device(gate, timeout=20.0)
    gate.set_defaults(command=_gate)

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
    known.add_argument("--file", type=Path, metavar="FILE", help="known divergences of one's own, as for gate --known")
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
    _add_device(parser)


def _add_device(parser: argparse.ArgumentParser, timeout: float = 60.0) -> None:
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu", help="where the stacks run (default: cpu)")
    parser.add_argument(
        "--timeout",
        type=float,
        default=timeout,
        metavar="SECONDS",
        help=f"the most one case may take (default: {timeout:g})",
    )


def _add_depth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--depth", choices=list(DEPTHS), default="default", help="how many cases are drawn (default: default)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="the same seed draws the same cases on every stack (default: 0)"
    )


def _add_subject_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--framework", metavar="NAME", help="torch, jax, tensorflow, numpy, keras, or keras-BACKEND")
    parser.add_argument("--contract", metavar="NAME", help="what a subject promises, such as max_norm")
    parser.add_argument(
        "--map", action="append", default=[], metavar="NAME=ITS", help="a contract's parameter, and the subject's name"
    )
    parser.add_argument(
        "--fix", action="append", default=[], metavar="NAME=NUMBER", help="a parameter that a subject has fixed"
    )
    parser.add_argument("--in-place", action="store_true", help="the subject changes the weights that it is given")


def _options(given: argparse.Namespace) -> Options:
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
        device=given.device,
        depth=getattr(given, "depth", "default"),
        seed=getattr(given, "seed", 0),
        timeout=given.timeout,
    )


def _run(given: argparse.Namespace) -> int:
    from conformance.conduct import conduct
    from conformance.known import load

    options, brought = _options(given), _declared(given)
    if options.stacks:  # a subject that is named is asked beside the stacks that are
        options = replace(options, stacks=(*options.stacks, *brought))
    stacks = {**discover(), **brought}
    lab = Lab(options, stacks, divergences=load(stacks=stacks))
    console, out = Console(), given.out
    recorder = conduct(lab, out / "run.jsonl", given.k, console)
    return _write_report([recorder.path], out / "report.md", console) or recorder.exit_code


def _gate(given: argparse.Namespace) -> int:
    from conformance.gate import Outputs, gate
    from conformance.known import load

    started: dict[str, Process] = {}
    stacks = _declared(given, started)
    divergences = load(given.known, stacks) if given.known else ()
    levels = ("MUST",) if given.level == "must" else ("MUST", "SHOULD")
    kinds = {"MUST": 4, "SHOULD": 2 if "SHOULD" in levels else 0, "RECORD": 0}
    asked = replace(_options(given), stacks=tuple(stacks), levels=("MUST", "SHOULD"), fails=levels)
    asked = replace(asked, most_kinds=kinds, hints=True)
    outputs = Outputs(given.out, given.junit, given.json, given.markdown, given.github)
    return gate(Lab(asked, stacks, divergences, started), given.k, outputs, Console())


def _declared(given: argparse.Namespace, started: dict[str, Process] | None = None) -> dict[str, Stack]:
    """The stacks that the subjects of the command line are."""
    from conformance.declared import Given, declared_stacks

    said = Given(
        framework=given.framework,
        contract=given.contract,
        names=dict(_pairs("--map", given.map)),
        fixed={name: _number("--fix", value) for name, value in _pairs("--fix", given.fix)},
        in_place=given.in_place,
    )
    return declared_stacks(given.subjects, said, _options(given).pythons, given.device, started)


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
    from conformance.declared import recorded_stacks
    from conformance.known import FILE
    from conformance.known_update import command

    path: Path = given.file or FILE
    if given.file is not None and given.update and not path.exists():
        try:
            path.touch()
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return command(given.record, given.update, Console(), path, recorded_stacks(read(given.record).header))


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
