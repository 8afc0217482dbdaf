"""The page says first what matters, and acts on nothing that a record holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from reports.analysis.report import Report
from reports.markdown.findings import OPEN
from reports.markdown.markup import block, code, prose, source
from reports.markdown.page import render as page_of
from reports.markdown.page import step_summary
from reports.record.case import Case, id_of
from reports.record.codec import to_json
from reports.record.events import Event
from reports.record.file import event_from_json
from tests.support.builder import build, finding, realistic, report, result, stack, varied, whole

HOSTILE = (
    "a|b`c``d<script>alert(1)</script>\n\n# x\n```\n[l](javascript:x) ![i](y) *e* _u_ $m$ &amp; \\| "
    "@user :tada: www.x.y http://x.y </details></summary> \x1b[31m \x00 \u202e \ud800 \r --> ~~s~~"
)
PAGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
RUNS = [pytest.param(realistic(), id="realistic"), pytest.param(varied(), id="varied")]


def render(told: Report) -> str:
    """The page without the appendix, which is the same for every record."""
    return page_of(told, found=Path("there is no such file"))


def shown(markdown: str) -> str:
    """The text that a reader sees, without markup."""
    return str(PAGE.render(markdown))


def hostile(events: list[Event]) -> list[Event]:
    """The same events with the hostile text behind every free text."""
    names = (
        "sentence reason observed weights accepted character probe note model tier printed source what layout "
        "target call failure known said links way contract contracts"
    )

    def spoil(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            spoiled = {inner: spoil(one, inner) for inner, one in value.items()}
            is_case = isinstance(spoiled.get("weights"), dict)
            return {**spoiled, "id": id_of(build(Case, spoiled))} if is_case else spoiled
        if isinstance(value, list):
            return [spoil(one, name) for one in value]
        return value + HOSTILE if isinstance(value, str) and name in names.split() else value

    return [event_from_json(spoil(to_json(event))) for event in events]


def both(events: list[Event]) -> tuple[list[Event], list[Event]]:
    """The events with harmless text and with hostile text."""
    return events, hostile(events)


def test_the_verdict_is_the_first_line_after_the_title(tmp_path: Path) -> None:
    """One sentence, in bold."""
    assert render(report(tmp_path, realistic())).splitlines()[2].startswith("**3 stacks, 4 rules, 6,000,000")


def test_an_incomplete_record_is_said_first(tmp_path: Path) -> None:
    """And no section claims that there is nothing."""
    page = render(report(tmp_path, whole([stack("torch")])[:3]))
    assert page.splitlines()[2].startswith("**INCOMPLETE") and "None." not in page and "· not run" in page


def test_the_sections_come_in_order(tmp_path: Path) -> None:
    """What a maintainer needs first stands first."""
    titles = re.findall("^## (.*)$", render(report(tmp_path, realistic())), re.MULTILINE)
    assert titles == [
        "Verdicts",
        "Can I use this call in place of Keras's max_norm?",
        "What was tested",
        "How to read the grades",
        "What the contracts do not promise",
        "Rules and stacks",
        "Where stacks disagree on unspecified input",
        "New divergences from MUST rules",
        "New divergences from SHOULD rules",
        "Out of range",
        "Failures on unspecified input",
        "Known divergences",
        "Do compiled modes give the same bits?",
        "Do CPU and GPU agree?",
        "Every number of a format",
        "What was drawn",
        "Accumulation of the norm",
        "What could not be asked",
        "How this was run",
        "How to replay a case",
    ]


@pytest.mark.parametrize("events", RUNS)
def test_every_link_into_the_page_has_an_end(tmp_path: Path, events: list[Event]) -> None:
    """A cell of a chapter's table leads to its finding, be it known or new."""
    page = render(report(tmp_path, events))
    assert "(#finding-" in page
    assert set(re.findall(r"\(#([^)]+)\)", page)) <= set(re.findall(r'<a id="([^"]+)">', page))


def test_every_finding_is_on_the_page(tmp_path: Path) -> None:
    """Folded or open, none is left out."""
    many = [finding(id=f"{place:04x}", observed=str(place)) for place in range(OPEN["MUST"] + 5)]
    bad = result("max_norm_value", "torch", grade="DIVERGENT", findings=many)
    page = render(report(tmp_path, whole([stack("torch")], [bad])))
    assert all(f'id="finding-{one.id}"' in page for one in many) and page.count("<details>") == 5


@pytest.mark.parametrize(("reproduces", "words"), [(True, "was run by the suite"), (False, "did **NOT** reproduce")])
def test_a_snippet_says_whether_it_reproduced(tmp_path: Path, reproduces: bool, words: str) -> None:
    """What the fresh process printed is shown either way."""
    snippet = {"source": "print(1)", "printed": "out", "reproduces": reproduces}
    bad = result("max_norm_value", "torch", grade="DIVERGENT", findings=[finding(snippet=snippet)])
    page = render(report(tmp_path, whole([stack("torch")], [bad])))
    assert words in page and "```text\nout\n```" in page


@pytest.mark.parametrize("events", RUNS)
def test_hostile_text_makes_no_link_image_or_tag(tmp_path: Path, events: list[Event]) -> None:
    """The page has the elements that it has with harmless text, and no others."""
    tags = [
        sorted(set(re.findall(r"<(/?[a-z0-9]+|!--)", shown(render(report(tmp_path, each)))))) for each in both(events)
    ]
    assert set(tags[1]) - set(tags[0]) <= {"!--", "/code"} and "script" not in tags[1]


@pytest.mark.parametrize("events", RUNS)
def test_hostile_text_moves_no_row_and_no_heading(tmp_path: Path, events: list[Event]) -> None:
    """Tables, cells and headings are as many as with harmless text."""
    pages = [shown(render(report(tmp_path, each))) for each in both(events)]
    for tag in ("<table>", "<td", "<h2", "<h3", "<pre>", "<details>", "<a ", "<em>", "<strong>"):
        assert pages[0].count(tag) == pages[1].count(tag), tag


@pytest.mark.parametrize("events", RUNS)
def test_hostile_text_leaves_no_control_character(tmp_path: Path, events: list[Event]) -> None:
    """Terminals and text direction are safe, and the page can be encoded."""
    page = render(report(tmp_path, hostile(events)))
    assert all(c == "\n" or c.isprintable() for c in page) and page.encode("utf-8")


@pytest.mark.parametrize("escape", [prose, code, source])
def test_what_is_escaped_reads_as_it_was(escape: Any) -> None:
    """In a paragraph and in a table cell a reader sees the text itself."""
    text = r"a|b `c` \| <i> _x_ *y* & @me min_value [z](u) :ok: www.a.b \\| ~~s~~ ``"
    for page in (f"so: {escape(text)}", f"| h |\n| --- |\n| so: {escape(text)} |"):
        seen = re.sub(r"<!-- -->|</?(p|table|thead|tbody|tr|th|td|code)>", "", shown(page)).replace("h\n", "")
        for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            seen = seen.replace(entity, char)
        assert seen.strip() == f"so: {text}"


def test_only_https_addresses_of_a_source_become_links() -> None:
    """And the rest of the text stays text."""
    assert source("see https://keras.io/api#x <b>") == "see <https://keras.io/api#x> &#60;b&#62;"


def test_a_fence_is_longer_than_any_inside() -> None:
    """No text can close its own block."""
    assert block("a\n````\nb").startswith("`````\n")


def test_what_is_cut_says_how_much() -> None:
    """A huge message is no longer than its limit and a note."""
    assert prose("x" * 5000, limit=10) == "x" * 10 + " ... (4,990 more characters cut)"


@pytest.mark.slow
def test_a_step_summary_has_less_than_a_megabyte(tmp_path: Path) -> None:
    """Whole parts are left out, and counted."""
    findings = [finding(id=f"f{n:04}", failure=f"way {n}", observed="x" * 390, weights=f"[{n}]") for n in range(2000)]
    told = report(tmp_path, whole([stack("torch")], [result("max_norm_value", "torch", findings=findings)]))
    cut = step_summary(told, found=Path("there is no such file"))
    assert len(cut.encode()) <= 1_000_000 < len(render(told).encode()) and cut.startswith("# Weight-norm")
    assert re.search(r"\n[\d,]+ more parts left out here; report.md has all.\n$", cut)
