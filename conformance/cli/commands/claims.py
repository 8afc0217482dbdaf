"""The command `claims`: what documents say, tried on the stacks of which they speak."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console

from conformance.claims import catalog
from conformance.claims.run_claims import run_claims
from conformance.cli.parser import (
    add_device,
    add_jobs,
    add_seed,
    add_shard,
    add_stacks,
    options_of,
    path_of,
    with_folders,
)
from conformance.cli.stacks import known_stacks
from conformance.errors import UsageError
from conformance.run.earlier import read_earlier
from conformance.schedule.shards import places_of
from conformance.stacks.session import Session
from reports.analysis.claims import answered
from reports.analysis.merge import merge
from reports.console.claims import show
from reports.record.file import read
from reports.write import write_divergences

HELP = "try what documents say; exit code 1 if something is otherwise than known"
ORDER = 40


def add_arguments(parser: ArgumentParser) -> None:
    """Stacks, sources, and which verdicts are shown."""
    add_stacks(parser)
    add_device(parser)
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME",
        help="the claims of a document or of several, such as keras or 'tensor*'; may be given again (default: all)",
    )
    parser.add_argument(
        "--verdict",
        choices=[verdict.lower() for verdict in catalog.VERDICTS],
        help="show only the claims that come out like this somewhere (default: all)",
    )
    add_seed(parser, "the seed of what is drawn (default: 0)")
    add_jobs(parser)
    add_shard(parser)
    parser.add_argument(
        "--since",
        type=path_of,
        metavar="RECORD",
        help="carry over what cannot have changed since that run: what the same suite found of the same claims, seed "
        "and versions",
    )
    parser.add_argument(
        "--out",
        type=path_of,
        default=Path("normconf-out/claims"),
        metavar="DIR",
        help="where run.jsonl and DIVERGENCES.md go",
    )


def run(arguments: Namespace) -> int:
    """Try the claims on each device, write the page of divergences, and return the worst exit code."""
    options, console = options_of(arguments), Console()
    claims, stacks = catalog.select_claims(catalog.load(), arguments.source), known_stacks()
    mentioned = {name for claim in claims for name in claim.expected}
    if not options.stacks:  # a stack that no claim speaks about need not be started
        stacks = {name: stack for name, stack in stacks.items() if name in mentioned}
    places = places_of(options, stacks, together=True)
    codes, records = [], []
    for each, folder in with_folders(options, arguments.device, arguments.out):
        session, path = Session(each, stacks, places=places), folder / "run.jsonl"
        if not mentioned & set(session.workers):
            raise UsageError(f"no claim of these sources speaks about {', '.join(session.workers)}")
        part = folder.relative_to(arguments.out)
        before = read_earlier(arguments.since, part, of_claims=True) if arguments.since else None
        codes.append(run_claims(session, claims, path, console, arguments.jobs, before))
        records.append(read(path))
    report = merge(records)
    write_divergences(report, arguments.out / "DIVERGENCES.md")
    wanted = arguments.verdict.upper() if arguments.verdict else None
    show([claim for claim in answered(report) if wanted in (None, *claim.verdicts)], console)
    return max(codes)
