"""The command `diff`: what changed from one record to another."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from rich.console import Console

from conformance.cli.parser import path_of
from conformance.cli.untrusted import made_of
from reports.analysis.load import read_report
from reports.changes.diff import compare
from reports.console.diff import markdown, show
from reports.html.page import page
from reports.write import write

HELP = "what changed from one record to another; exit code 1 if something is new"
ORDER = 50


def add_arguments(parser: ArgumentParser) -> None:
    """Two records, and the files to write."""
    for name in ("old", "new"):
        parser.add_argument(
            name, type=path_of, metavar=name.upper(), help="run.jsonl, a folder of runs, or a report.json"
        )
    parser.add_argument("--markdown", type=path_of, metavar="FILE", help="write what changed as Markdown too")
    parser.add_argument("--html", type=path_of, metavar="FILE", help="write the page of NEW, which says what changed")


def run(arguments: Namespace) -> int:
    """Say and write what changed; the exit code is 1 if something is new."""
    with made_of([arguments.old, arguments.new]):
        return _run(arguments)


def _run(arguments: Namespace) -> int:
    old, new = read_report([arguments.old]), read_report([arguments.new])
    changes = compare(old, new)
    if arguments.markdown:
        write(arguments.markdown, markdown(changes))
    if arguments.html:
        write(arguments.html, page(new, old))
    show(changes, Console())
    return 1 if changes.anything_new else 0
