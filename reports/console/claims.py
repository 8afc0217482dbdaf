"""Claims on the console: by document, what each sentence is, on which stacks, and the smallest counterexample."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from reports.analysis.claims import GLYPHS, Answered, by_document, device, summary
from reports.text import escape_control, truncate

STYLES = {"TRUE": "green", "FALSE": "red", "INCOMPLETE": "yellow", "AMBIGUOUS": "yellow", "NOT TRIED": "magenta"}


def show(claims: Sequence[Answered], console: Console) -> None:
    """Every claim, and in the end the one sentence that sums them up."""
    for (document, url), own in by_document(claims).items():
        console.print()
        console.print(Text.assemble((escape_control(document), "bold"), f" {url}"), soft_wrap=True)
        for one in own:
            _show(one, console)
    console.print()
    console.print(Text(escape_control(f"{summary(claims)}.")), soft_wrap=True)


def _show(one: Answered, console: Console) -> None:
    statement = one.statement
    console.print(
        Text.assemble("  ", (statement.id, "bold"), f": {escape_control(statement.sentence)}"), soft_wrap=True
    )
    for verdict, claims in one.verdicts.items():
        stacks = ", ".join(map(device, claims))
        console.print(
            Text.assemble("    ", (f"{GLYPHS[verdict]} {verdict}", STYLES[verdict]), f" on {escape_control(stacks)}"),
            soft_wrap=True,
        )
    for claim in one.unexpected:
        said = escape_control("; ".join(claim.surprises))
        console.print(
            Text.assemble("    ", ("NEWS", "bold red"), f" on {escape_control(device(claim))}: {said}"), soft_wrap=True
        )
    for claim in one.claims:
        if claim.reason:
            console.print(
                Text(escape_control(f"    not tried on {device(claim)}: {truncate(claim.reason, 300)}")), soft_wrap=True
            )
    for claim, part, trial in one.shown():
        if part.counterexample:
            said = f"    on {claim.stack} {truncate(trial.call, 200)} gives {truncate(trial.observed, 200)}"
            console.print(Text(escape_control(said)), soft_wrap=True)
    console.print(Text(escape_control(f"    true is: {statement.truth}")), soft_wrap=True)
