"""The command `worker`: this machine does tasks of runs that others plan, for a scheduler of Dask."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from rich.console import Console

from conformance.cli.parser import add_device, add_stacks, address_of, options_of
from conformance.cli.stacks import known_stacks
from conformance.errors import UsageError
from conformance.stacks.session import Session
from reports.console.run import say

HELP = "do tasks of runs that others plan, for a scheduler of Dask distributed"
ORDER = 100


def add_arguments(parser: ArgumentParser) -> None:
    """A scheduler, and the stacks that this machine is to do tasks for."""
    parser.add_argument(
        "address", type=address_of, metavar="ADDRESS", help="where the scheduler is, such as tcp://192.0.2.1:8786"
    )
    add_stacks(parser)
    add_device(parser, several=False)


def run(arguments: Namespace) -> int:
    """See which stacks there are, and do tasks until the scheduler is gone."""
    try:
        from conformance.schedule.cluster_worker import serve
    except ModuleNotFoundError as missing:
        raise UsageError(f"a worker needs Dask distributed, and there is no {missing.name}") from missing
    session, console = Session(options_of(arguments), known_stacks()), Console()
    with session.opened(console):
        pass  # what they say of themselves is kept
    there = [name for name in session.workers if name not in session.reasons]
    say(console, f"{', '.join(there)}: does tasks for {arguments.address}")
    try:
        serve(arguments.address, session)
    except (OSError, ValueError, RuntimeError) as error:  # distributed wraps some in the last
        raise UsageError(f"no scheduler of Dask answers at {arguments.address}: {error}") from error
    return 0
