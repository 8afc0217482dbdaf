"""What the command line takes: its commands, their options, and what each is for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.rules.execute import DEPTHS
from conformance.run.version import suite_version


def parser(prog: str) -> argparse.ArgumentParser:
    """The parser of the command line; what it returns has the name of the command as `command`."""
    whole = argparse.ArgumentParser(
        prog=prog,
        description="A conformance suite for weight-norm constraints: MaxNorm, MinMaxNorm, UnitNorm.",
    )
    whole.add_argument("--version", action="version", version=f"normconf {suite_version()}")
    commands = whole.add_subparsers(required=True, dest="command", metavar="COMMAND")
    _run(commands.add_parser("run", help="hold stacks to the rules; write a record and a report"))
    _gate(commands.add_parser("gate", help="hold one's own constraint to its contract; exit code 1 if it diverges"))
    _report(commands.add_parser("report", help="merge records into one report"))
    _claims(
        commands.add_parser("claims", help="try what documents say; exit code 1 if something is otherwise than known")
    )
    _diff(commands.add_parser("diff", help="what changed from one record to another; exit code 1 if something is new"))
    _replay(commands.add_parser("replay", help="make one recorded call again and show what comes back"))
    _known(commands.add_parser("known", help="what a record holds of known, new and stale divergences"))
    _bench(commands.add_parser("bench", help="weight groups per second: bare calls, this suite, a naive harness"))
    commands.add_parser("list", help="the stacks and the rules")
    return whole


def _run(run: argparse.ArgumentParser) -> None:
    _add_stack_options(run)
    _add_depth(run)
    _add_what_and_where(run, Path("normconf-out"))
    run.add_argument("subjects", nargs="*", metavar="SUBJECT", help="somebody's own constraints, as for gate")
    _add_subject_options(run)


def _gate(gate: argparse.ArgumentParser) -> None:
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
    gate.add_argument("--sarif", type=Path, metavar="FILE", help="write SARIF, for code scanning")
    gate.add_argument("--json", type=Path, metavar="FILE", help="write the verdict as JSON")
    gate.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write Markdown (default: GITHUB_STEP_SUMMARY, where that is set)"
    )
    gate.add_argument("--github", action="store_true", help="print annotations for GitHub Actions")
    gate.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="the interpreter of the subjects (default: this one)"
    )
    _add_what_and_where(gate, Path("normconf-out/gate"))
    _add_depth(gate)
    _add_device(gate, timeout=20.0)


def _report(report: argparse.ArgumentParser) -> None:
    report.add_argument(
        "records", nargs="+", type=Path, metavar="RECORD", help="run.jsonl, a folder of runs, or a report.json"
    )
    report.add_argument(
        "--out",
        action="append",
        type=Path,
        metavar="FILE",
        help="a report as .html, .md, .json or .xml (JUnit); may be given again (default: report.html and report.md)",
    )
    report.add_argument("--badge", type=Path, metavar="FILE", help="write the JSON of a badge for shields.io")
    report.add_argument(
        "--pictures", type=Path, metavar="DIR", help="write each picture of the page as a file of its own"
    )
    report.add_argument(
        "--divergences", type=Path, metavar="FILE.md", help="write where documents and code part ways, as Markdown"
    )
    report.add_argument(
        "--since", type=Path, metavar="OLD", help="a record from before: the page says what changed since"
    )


def _claims(claims: argparse.ArgumentParser) -> None:
    _add_stack_options(claims)
    claims.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME",
        help="the claims of a document or of several, such as keras or 'tensor*'; may be given again (default: all)",
    )
    claims.add_argument(
        "--verdict",
        choices=["true", "false", "incomplete", "ambiguous"],
        help="show only the claims that come out like this somewhere (default: all)",
    )
    claims.add_argument("--seed", type=int, default=0, help="the seed of what is drawn (default: 0)")
    claims.add_argument(
        "--out",
        type=Path,
        default=Path("normconf-out/claims"),
        metavar="DIR",
        help="where run.jsonl and DIVERGENCES.md go",
    )


def _diff(diff: argparse.ArgumentParser) -> None:
    for name in ("old", "new"):
        diff.add_argument(name, type=Path, metavar=name.upper(), help="run.jsonl, a folder of runs, or a report.json")
    diff.add_argument("--markdown", type=Path, metavar="FILE", help="write what changed as Markdown too")
    diff.add_argument("--html", type=Path, metavar="FILE", help="write the page of NEW, which says what changed")


def _replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("record", type=Path, metavar="RECORD", help="run.jsonl of a run")
    replay.add_argument("id", metavar="ID", help="the id of a case or finding in it")
    _add_stack_options(replay, both=False)


def _known(known: argparse.ArgumentParser) -> None:
    known.add_argument("record", type=Path, metavar="RECORD", help="run.jsonl of a run")
    known.add_argument(
        "--update", action="store_true", help="append proposals to known_divergences.toml; a person writes the reasons"
    )
    known.add_argument("--file", type=Path, metavar="FILE", help="known divergences of one's own, as for gate --known")


def _bench(bench: argparse.ArgumentParser) -> None:
    _add_stack_options(bench)
    bench.add_argument("--seed", type=int, default=0, help="the seed of the cases (default: 0)")


def _add_what_and_where(parser: argparse.ArgumentParser, folder: Path) -> None:
    parser.add_argument(
        "--out", type=Path, default=folder, metavar="DIR", help="where run.jsonl, report.html and report.md go"
    )
    parser.add_argument("-k", metavar="EXPRESSION", help="only the rules whose names match, as in pytest")


def _add_stack_options(parser: argparse.ArgumentParser, both: bool = True) -> None:
    parser.add_argument(
        "--stack",
        action="append",
        default=[],
        metavar="NAME",
        help="a stack, or a pattern such as 'torch.*'; may be given again (default: all)",
    )
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH", help="the interpreter of a stack")
    _add_device(parser, both=both)


def _add_device(parser: argparse.ArgumentParser, timeout: float = 60.0, both: bool = True) -> None:
    said = "where the stacks run; all: on the CPU, then on the GPU if there is one" if both else "where the stacks run"
    choices = ["cpu", "gpu", "all"] if both else ["cpu", "gpu"]
    parser.add_argument("--device", choices=choices, default="cpu", help=f"{said} (default: cpu)")
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
