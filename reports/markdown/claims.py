"""Where documents and code part ways, as Markdown: by document, each sentence with what the runs say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reports.analysis.claims import GLYPHS, VERDICTS, Answered, answered, by_document, device, summary
from reports.analysis.report import Report
from reports.charts.charts import series
from reports.charts.svg import standalone
from reports.markdown.markup import block, code, folded, prose, table
from reports.record.claims import ClaimResult, PropertyResult, Series
from reports.text import join_and, percent, pluralize, slug

TITLE = "Where the documents and the code part ways"
Figure = Callable[[Answered, Series], str]
HEAD = ("what it says, in our words", "verdict", "smallest counterexample", "what would be true")
MEANINGS = """\
Each sentence stands for a property in code, which is tried on generated cases each time. ✔ TRUE: nothing broke it.
✘ FALSE: something did, and the smallest such case is shown. ◐ INCOMPLETE: what it says holds, but not what a reader
would add. ≷ AMBIGUOUS: it can be read in several ways, of which some hold and some do not. ∅ NOT TRIED: it could
not be run, with the reason. The programs below the tables were run as they stand, in a fresh process."""
EMPTY = "No claim was tried in these runs: `python -m conformance claims` does that."


def render(report: Report) -> str:
    """The page, whose pictures are files beside it."""
    return "\n\n".join([f"# {TITLE}", *parts(report, _file)]) + "\n"


def files(report: Report) -> dict[str, str]:
    """The pictures that the page shows, by the names of their files."""
    shown = ((one, drawn) for one in answered(report) for drawn in _series(one))
    return {_name(one): standalone(series(drawn)) for one, drawn in shown}


def parts(report: Report, figure: Figure, heading: str = "##", examples: bool = True) -> list[str]:
    """The page below its title, part by part; `figure` says how a picture stands in it.

    `examples`: where nothing broke a property, a program in which it holds is shown.
    """
    claims = answered(report)
    if not claims:
        return [EMPTY]
    found = [*_answers(claims, heading), f"**{prose(summary(claims))}.** {_asked(report, claims)}", MEANINGS]
    documents = by_document(claims)
    found.append("\n".join(_line(document, own) for (document, _), own in documents.items()))
    for (document, url), own in documents.items():
        found += [f'{heading} <a id="{_place(document)}"></a>{prose(document)}']
        found += [f"<{url}>, {prose(join_and(_versions(own)))}"]
        found += [table(HEAD, [_row(one) for one in own])]
        found += [part for one in own for part in _details(one, figure, examples)]
    return found


def _line(document: str, claims: Sequence[Answered]) -> str:
    """The document in the list of all."""
    worst = [next(iter(one.verdicts)) for one in claims]
    counts = [f"{GLYPHS[verdict]} {worst.count(verdict)} {verdict.lower()}" for verdict in VERDICTS if verdict in worst]
    return f"- [{prose(document)}](#{_place(document)}): {join_and(counts)}"


def _place(document: str) -> str:
    return f"document-{slug(document)}"


def _answers(claims: Sequence[Answered], heading: str) -> Iterator[str]:
    questions = dict.fromkeys(one.statement.answers for one in claims if one.statement.answers)
    for question in questions:
        yield f"{heading} {prose(question)}"
        own = [one for one in claims if one.statement.answers == question]
        # the sentences were written for runs that came out as expected
        yield "\n".join(
            f"- {prose(one.statement.truth)} ([evidence]({_link(one)})"
            f"{', and what came is **news**: see there' if one.unexpected else ''})"
            for one in own
        )


def _asked(report: Report, claims: Sequence[Answered]) -> str:
    named = {one.stack for claim in claims for one in claim.claims}
    versions: dict[str, None] = {}
    for stack in report.stacks:
        if stack.name in named and stack.available:
            versions.update({f"{name} {version}": None for name, version in stack.versions.items()})
    return f"Tried with {prose(', '.join(sorted(versions)), 2000)}."


def _versions(claims: Sequence[Answered]) -> list[str]:
    return list(dict.fromkeys(one.statement.version for one in claims))


def _row(one: Answered) -> list[str]:
    statement = one.statement
    broken = [(claim, part.counterexample) for claim, part, _ in one.shown() if part.counterexample]
    cell = "none"
    if broken:
        claim, trial = min(broken, key=lambda each: len(each[1].call))
        cell = f"{code(trial.call, 160)} gives {code(trial.observed, 160)} on {prose(claim.stack)}"
    return [
        f'<a id="{slug(statement.id)}"></a>{prose(statement.sentence)}',
        "<br>".join(_verdicts(one)),
        cell,
        prose(statement.truth),
    ]


def _verdicts(one: Answered) -> Iterator[str]:
    for verdict, claims in one.verdicts.items():
        yield f"{GLYPHS[verdict]} **{verdict}** on {prose(', '.join(map(device, claims)))}"
    for claim in one.unexpected:
        if claim.document == "changed":
            yield f"**NEWS: the document changed on {prose(claim.stack)}, review**"
        if claim.contradicted:
            yield f"**NEWS: the correction does not hold on {prose(device(claim))}**"
        if claim.verdict != claim.expected:
            yield f"**NEWS: {claim.expected} was expected on {prose(device(claim))}**"


def _details(one: Answered, figure: Figure, examples: bool) -> Iterator[str]:
    body: list[str] = []
    for part in one.statement.parts:
        counts = one.evidence(part)
        words = f" ({part.words})" if part.words else ""
        what = "What would be true" if part.role == "would be true" else f"What it {part.role}"
        if not counts:
            body.append(f"{what}{prose(words)}: the property {code(part.property)} was not tried in these runs.")
            continue
        broken = sum(own.broken for _, own in counts)
        body.append(f"{what}{prose(words)}: {prose(counts[0][1].sentence)} {_held(counts)}")
        shown = [each for each in one.shown() if (each[1].role, each[1].property) == (part.role, part.property)]
        # what we say ourselves holds, as a rule: programs that show it would hide those that show what does not
        ours = part.role == "would be true"
        for claim, own, trial in shown if broken or (examples and not ours) else ():
            what = "A case that breaks it" if own.counterexample else "A case in which it holds"
            if trial.missing:
                none = f"no program is shown: {prose(trial.missing)}"
                body.append(f"{what}, on {prose(device(claim))}: {code(trial.call, 160)}; {none}.")
                continue
            same = "" if trial.reproduces else ", which did NOT reproduce"
            body += [f"{what}, on {prose(device(claim))}{same}:", block(trial.source, "python"), "It printed:"]
            body.append(block(trial.printed or "(nothing)", "text", 1500))
    reasons = [f"{device(claim)}: {claim.reason}" for claim in one.claims if claim.reason]
    body += [f"Not tried: {prose('; '.join(reasons))}."] if reasons else []
    body += [figure(one, drawn) for drawn in _series(one)]
    statement = one.statement
    since = f"Last checked with {prose(statement.last_checked)}."
    since += f" The same since {prose(statement.oldest)}." if statement.oldest else ""
    links = ", ".join(f"<{link}>" for link in statement.links)
    body.append(f"{since} Threads: {links}." if links else since)
    yield folded(f"{statement.id}: {join_and(list(one.verdicts))}", "\n\n".join(body))


def _held(counts: Sequence[tuple[ClaimResult, PropertyResult]]) -> str:
    """On how many groups, or checks, a property held: of one kind, on all stacks."""
    tried, broken = sum(own.tried for _, own in counts), sum(own.broken for _, own in counts)
    groups = counts[0][1].unit == "group"
    every = pluralize(tried, "group of weights", "groups of weights") if groups else pluralize(tried, "check")
    where = f"{every} on {pluralize(len(counts), 'stack')}"
    if not broken:
        return f"That held in all of {where}."
    return f"That held in {percent((tried - broken) / tried)} of {where}, and not in {broken:,}."


def _series(one: Answered) -> list[Series]:
    found = [part.series for claim in one.claims for part in claim.parts if part.series]
    return [found[0]] if found else []


def _link(one: Answered) -> str:
    return f"#{slug(one.statement.id)}"


def _name(one: Answered) -> str:
    return f"{slug(one.statement.id)}.svg"


def _file(one: Answered, drawn: Series) -> str:
    return f"![{prose(drawn.title)}]({_name(one)})"
