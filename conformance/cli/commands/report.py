"""The command `report`: records merged into one report, in every form that is asked for."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console

from conformance.cli.parser import path_of
from conformance.cli.stacks import known_stacks
from conformance.cli.untrusted import made_of
from reports.analysis.load import read_report
from reports.analysis.merge import with_absent
from reports.charts.gallery import files
from reports.console.run import summary
from reports.export.badge import badge
from reports.markdown.page import step_summary
from reports.write import renders, to_step_summary, write, write_all, write_divergences

HELP = "merge records into one report"
ORDER = 30
DEFAULT = (Path("report.html"), Path("report.md"))


def add_arguments(parser: ArgumentParser) -> None:
    """Records, and the files to write."""
    parser.add_argument(
        "records", nargs="+", type=path_of, metavar="RECORD", help="run.jsonl, a folder of runs, or a report.json"
    )
    parser.add_argument(
        "--out",
        action="append",
        type=path_of,
        metavar="FILE",
        help="a report as .html, .md, .json or .xml (JUnit); may be given again (default: report.html and report.md)",
    )
    parser.add_argument("--badge", type=path_of, metavar="FILE", help="write the JSON of a badge for shields.io")
    parser.add_argument(
        "--pictures", type=path_of, metavar="DIR", help="write each picture of the page as a file of its own"
    )
    parser.add_argument(
        "--divergences", type=path_of, metavar="FILE.md", help="write where documents and code part ways, as Markdown"
    )
    parser.add_argument(
        "--since", type=path_of, metavar="OLD", help="a record from before: the page says what changed since"
    )


def run(arguments: Namespace) -> int:
    """Write the report, and what else is asked for; the exit code is 0."""
    with made_of([*arguments.records, *([arguments.since] if arguments.since else [])]):
        return _run(arguments)


def _run(arguments: Namespace) -> int:
    outputs = renders(arguments.out or DEFAULT)
    since = read_report([arguments.since]) if arguments.since else None
    # a stack whose environment could not even be built is named, not forgotten
    sentences = {stack.name: stack.sentence for stack in known_stacks().values()}
    report = with_absent(read_report(arguments.records), sentences)
    write_all(report, outputs, since)
    if arguments.badge:
        write(arguments.badge, badge(report))
    if arguments.divergences:
        write_divergences(report, arguments.divergences)
    for name, picture in files(report).items() if arguments.pictures else ():
        write(arguments.pictures / name, picture)
    to_step_summary(step_summary(report))
    summary(report, Console(), outputs)
    return 0
