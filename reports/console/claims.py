"""Claims on the console: by document, what each sentence is, on which stacks, and the smallest counterexample."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from reports.analysis.claims import GLYPHS, Answered, by_document, device, summary
from reports.text import cut, plain

STYLES = {"TRUE": "green", "FALSE": "red", "INCOMPLETE": "yellow", "AMBIGUOUS": "yellow", "NOT TRIED": "magenta"}


def show(claims: Sequence[Answered], console: Console) -> None:
    """Every claim, and in the end the one sentence that sums them up."""
    for (document, url), own in by_document(claims).items():
        console.print()
        console.print(Text.assemble((plain(document), "bold"), f" {url}"), soft_wrap=True)
        for one in own:
            _show(one, console)
    console.print()
    console.print(Text(plain(f"{summary(claims)}.")), soft_wrap=True)


def _show(one: Answered, console: Console) -> None:
    statement = one.statement
    console.print(Text.assemble("  ", (statement["id"], "bold"), f": {plain(statement['sentence'])}"), soft_wrap=True)
    for verdict, claims in one.verdicts.items():
        stacks = ", ".join(map(device, claims))
        console.print(
            Text.assemble("    ", (f"{GLYPHS[verdict]} {verdict}", STYLES[verdict]), f" on {plain(stacks)}"),
            soft_wrap=True,
        )
    for claim in one.news:
        said = f"{claim['expected']} was expected" if claim["verdict"] != claim["expected"] else ""
        said = said or "the document changed, review"
        console.print(
            Text.assemble("    ", ("NEWS", "bold red"), f" on {plain(device(claim))}: {said}"), soft_wrap=True
        )
    for claim in one.claims:
        if claim["reason"]:
            console.print(Text(plain(f"    not tried on {device(claim)}: {cut(claim['reason'], 300)}")), soft_wrap=True)
    for claim, part, trial in one.shown():
        if part["counterexample"]:
            said = f"    on {claim['stack']} {cut(trial['call'], 200)} gives {cut(trial['observed'], 200)}"
            console.print(Text(plain(said)), soft_wrap=True)
    console.print(Text(plain(f"    true is: {statement['truth']}")), soft_wrap=True)
