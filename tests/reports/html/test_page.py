"""The page is one file that holds together: every link leads somewhere, and nothing in it comes from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reports.analysis.format_matrix import Row, grid
from reports.analysis.report import Report
from reports.analysis.responses import responses
from reports.charts.gallery import files
from reports.html.page import page
from reports.record.events import Event
from reports.record.measurements import Curve
from reports.record.model import Hint
from reports.text import slug
from tests.reports.markdown.test_page import HOSTILE, both
from tests.support.builder import (
    CASE,
    REASON,
    cell,
    curve,
    finding,
    footer,
    header,
    over_calls,
    realistic,
    report,
    result,
    stack,
    varied,
    whole,
)

NO_POWER = Path("there is no such file")


class Parts(HTMLParser):
    """What a browser would make of a page: its tags in order, ids, links, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and what it names."""
        self.tags.append(tag)
        for name, value in attrs:
            found = {"id": self.ids, "href": self.links, "src": self.sources, "srcset": self.sources}.get(name)
            if found is not None:
                found.append(value or "")

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def measured() -> list[Event]:
    """A run with cells and curves: one stack is right, one breaks float32 in a known way and float64 in a new one."""
    wrong = finding(format="float64", id="f164", ulps=12.5)
    cells = [
        cell(),
        cell(format="float16", grades={"EXACT": 3, "RANGE": 2}),
        cell(format="float64", grades={"DIVERGENT": 1}),
    ]
    findings = [finding(known=REASON), wrong]
    curves = [curve(), curve(format="float32", y=[1e-4, 0.1, 1.0, 2.0], errors=[0.0, 0.0, 0.0, 0.0])]
    curves += [over_calls("drift", 1.0), over_calls("rate", 10.0)]
    results = [
        result("max_norm_value", "torch", grade="DIVERGENT", findings=findings, cells=cells, curves=curves),
        result("max_norm_value", "jax", cells=[cell()], curves=curves[:2]),
        result("unchanged_inside_the_bound", "torch", cells=[cell(grades={"DIVERGENT": 1})]),
    ]
    formats = {"float16": None, "float32": None, "float64": None}
    return whole([stack("torch", formats=formats), stack("jax")], results)


def told(folder: Path, events: list[Event]) -> str:
    """The page of a run."""
    return page(report(folder, events), found=NO_POWER)


RUNS = [pytest.param(run(), id=run.__name__) for run in (realistic, varied, measured)]


@pytest.mark.parametrize("events", RUNS)
def test_every_link_leads_somewhere(events: list[Event], tmp_path: Path) -> None:
    """Every id is there once, and every address within the page is one of them."""
    parts = Parts(told(tmp_path, events))
    assert len(parts.ids) == len(set(parts.ids)) and len(parts.links) > 20
    assert {link[1:] for link in parts.links if link.startswith("#")} <= set(parts.ids)


@pytest.mark.parametrize("events", RUNS)
def test_nothing_comes_from_elsewhere(events: list[Event], tmp_path: Path) -> None:
    """No source, no import, no address in a style; other hosts are only linked to."""
    html = told(tmp_path, events)
    parts = Parts(html)
    assert parts.sources == [] and "url(" not in html and "@import" not in html
    assert all(link.startswith(("#", "https://", "data:,")) for link in parts.links)
    assert parts.tags.count("link") == 1 and "iframe" not in parts.tags and "img" not in parts.tags


@pytest.mark.parametrize("events", RUNS)
def test_hostile_text_stays_text(events: list[Event], tmp_path: Path) -> None:
    """It makes no tag, whatever a record holds."""
    harmless, hostile = (Parts(page(one, found=NO_POWER)) for one in (report(tmp_path, *[run]) for run in both(events)))
    assert HOSTILE[:12] in hostile.text and hostile.tags.count("script") == harmless.tags.count("script") == 1
    assert set(hostile.tags) == set(harmless.tags)
    assert not [link for link in hostile.links if not link.startswith(("#", "https://", "data:,"))]


def test_controls_are_spelled_out(tmp_path: Path) -> None:
    """Escapes, text that turns round and halves of pairs."""
    _, hostile = both(measured())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", told(tmp_path, hostile))


def test_a_message_of_megabytes_is_cut(tmp_path: Path) -> None:
    """And it is said how much is missing."""
    events = whole([stack("torch")], [result("max_norm_value", "torch", findings=[finding(observed="x" * 10_000_000)])])
    html = told(tmp_path, events)
    assert len(html) < 200_000 and "(9,996,000 more characters cut)" in html


def test_an_incomplete_record_is_no_pass(tmp_path: Path) -> None:
    """It is said at the top, and no cell claims that all is well."""
    html = told(tmp_path, whole([stack("torch")])[:3])
    assert "⚠ INCOMPLETE: this is not a pass." in html and "✔ Passed" not in html
    assert {
        square.state for row in grid(report(tmp_path, whole([stack("torch")])[:1])) for square in row.squares.values()
    } == {"missing"}


@pytest.mark.parametrize(("findings", "said"), [([], "✔ Passed."), ([finding()], "✘ Failed.")])
def test_the_verdict_stands_first(findings: list[Event], said: str, tmp_path: Path) -> None:
    """In words."""
    changes = {"grade": "DIVERGENT" if findings else "EXACT", "findings": findings}
    parts = Parts(told(tmp_path, whole([stack("torch")], [result("max_norm_value", "torch", **changes)])))
    assert said in parts.text.partition("What does")[0]


def test_what_users_expect_has_a_sign_of_its_own(tmp_path: Path) -> None:
    """It breaks no promise, and is no news, also where it shows under a rule that must hold."""
    mild = result("max_norm_value", "torch", findings=[finding(level="SHOULD")])
    text = Parts(told(tmp_path, whole([stack("torch")], [mild]))).text.partition("Divergences from SHOULD rules")[2]
    assert "△ DIVERGENT" in text and "SHOULD, seen under a rule that MUST hold." in text
    assert "It breaks no promise." in text and "New:" not in text


def test_a_hint_stands_with_the_verdict(tmp_path: Path) -> None:
    """What a subject does instead."""
    said = "It behaves as max_norm over axis 1, not axis 0."
    hint = Hint("torch", "eager", "cpu", said, cases=1, groups=9)
    *events, end = measured()
    assert said in Parts(told(tmp_path, [*events, hint, end])).text.partition("What does")[0]


def test_versions_and_devices_are_at_the_top(tmp_path: Path) -> None:
    """All of them."""
    top = Parts(told(tmp_path, measured())).text.partition("Do they agree?")[2].partition("Do they agree?")[0]
    assert "torch 3.15.1" in top and "Python 3.11.7" in top and "AMD EPYC" in top


def rows(folder: Path) -> dict[str, Row]:
    """The rows of max_norm by stack."""
    found = grid(report(folder, measured()))
    return {row.column.stack: row for row in found if row.contract == "max_norm"}


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("jax", "float32", "✔ 2.5"),
        ("jax", "float16", "– "),
        ("jax", "float64", "∅"),
        ("jax", "bfloat16", "∅"),
        ("torch", "float16", "◐ 2.5"),
        ("torch", "float32", "◆ known 4,194,304"),
        ("torch", "float64", "✘ new 12.5"),
    ],
)
def test_a_cell_says_how_badly(name: str, form: str, words: str, tmp_path: Path) -> None:
    """A glyph, a word and the worst distance."""
    assert rows(tmp_path)[name].squares[form].words == words.strip()


def test_what_is_counted_only_is_broken_too(tmp_path: Path) -> None:
    """A record shows a few kinds of what went wrong, and counts the rest."""
    counted = result("max_norm_value", "torch", grade="DIVERGENT", cells=[cell(grades={"DIVERGENT": 3})])
    (row, *_) = grid(report(tmp_path, whole([stack("torch")], [counted])))
    assert row.squares["float32"].state == "new"


def test_what_is_counted_beside_known_divergences_is_known(tmp_path: Path) -> None:
    """Of what is known a record shows all; it may show it in another format."""
    known = [finding(format="float64", known=REASON)]
    counted = result(
        "max_norm_value", "torch", grade="DIVERGENT", cells=[cell(grades={"DIVERGENT": 3})], findings=known
    )
    (row, *_) = grid(report(tmp_path, whole([stack("torch")], [counted])))
    assert row.squares["float32"].state == "known"


def test_what_becomes_of_a_format_that_is_lacked_breaks_no_must_rule(tmp_path: Path) -> None:
    """Users may expect another result type, and nobody promises it."""
    expected = [finding(format="float64", level="SHOULD")]
    counted = [cell(format="float64", grades={"DIVERGENT": 3})]
    lacked = result("max_norm_value", "torch", grade="DIVERGENT", cells=counted, findings=expected)
    (row, *_) = grid(report(tmp_path, whole([stack("torch")], [lacked])))
    assert row.squares["float64"].state == "unsupported"


def test_a_row_is_as_bad_as_its_worst_cell(tmp_path: Path) -> None:
    """What users expect is counted beside it."""
    row = rows(tmp_path)["torch"]
    assert (row.state, row.asked, row.broken) == ("new", 1, ("unchanged_inside_the_bound",))


def test_a_cell_leads_to_its_divergence(tmp_path: Path) -> None:
    """By the rule and the case."""
    html = told(tmp_path, measured())
    assert re.search(rf'class="square new"[^>]*><a href="#(max_norm_value-{CASE.id}[\w-]*)">', html)


def readout_of(folder: Path, *curves: Curve) -> Report:
    """A run of one stack for each curve."""
    names = [f"stack{place}" for place in range(len(curves))]
    results = [result("max_norm_value", name, curves=[one]) for name, one in zip(names, curves, strict=True)]
    return report(folder, whole(list(map(stack, names)), results))


def test_stacks_that_read_alike_share_a_line(tmp_path: Path) -> None:
    """Three digits are read; the first line is exact arithmetic."""
    near = curve(y=[0.0, 0.1000001, 1.0, 2.0])
    (one,) = responses(readout_of(tmp_path, curve(), near))["max_norm"]
    ((where, readings),) = one.rows
    assert [column.stack for column in where] == ["stack0", "stack1"] and not one.agree
    assert (one.sizes[3], one.exact[3], readings[3].said, readings[3].accepted) == ("0.0001", "9.99e-05", "0", False)


def test_another_bound_is_not_compared(tmp_path: Path) -> None:
    """A subject may have fixed its own."""
    other = curve(parameters={"max_value": "0x1p+2"})
    (one,) = responses(readout_of(tmp_path, curve(), other))["max_norm"]
    assert [column.stack for where, _ in one.rows for column in where] == ["stack0"]


def test_every_contract_has_a_section(tmp_path: Path) -> None:
    """With what it promises, and where that is written, also where nothing was drawn."""
    html = told(tmp_path, varied())
    section = Parts(html.partition('<section id="contract-renorm">')[2].partition("</section>")[0]).text
    assert "renorm(m) divides by N + epsilon where N exceeds m." in section and "torch.renorm" in section


def test_pictures_of_modes_that_give_the_same_are_drawn_once(tmp_path: Path) -> None:
    """Under both names; others stand apart."""
    jax = stack("jax", modes=["eager", "jit", "vmap"])
    ys = {"eager": [0.0, 0.1, 1.0, 2.0], "jit": [0.0, 0.1, 1.0, 2.0], "vmap": [1e-4, 0.1, 1.0, 2.0]}
    body = [result("max_norm_value", "jax", mode=mode, curves=[curve(y=y)]) for mode, y in ys.items()]
    html = told(tmp_path, [header([jax]), *body, footer(3)])
    assert re.findall("<summary>(max_norm on [^<]*)<", html) == [
        "max_norm on jax eager, jax jit",
        "max_norm on jax vmap",
    ]


def test_what_is_new_is_told_against_an_older_report(tmp_path: Path) -> None:
    """What was added stands open, with its case."""
    old, new = report(tmp_path, whole([stack("torch"), stack("jax")])), report(tmp_path, measured())
    text = Parts(page(new, old, found=NO_POWER)).text
    section = text.partition("Against the record from before: ")[2].partition("Where not, and how badly?")[0]
    assert section.startswith("2 added, 0 changed") and "1 is a divergence from a MUST rule that no" in section
    assert "max_norm_value (max_norm, float64): another value" in section


def test_reports_that_cannot_be_compared_are_not(tmp_path: Path) -> None:
    """The reason is said."""
    old = report(tmp_path, [header([stack("torch")], seed=1), footer(0)])
    assert "The old run has seed 1 and the new one 0" in page(report(tmp_path, measured()), old, found=NO_POWER)


def test_an_absent_stack_is_named_with_its_reason(tmp_path: Path) -> None:
    """In its own section."""
    assert "Not available: No module named &#39;tf_keras&#39;." in told(tmp_path, realistic())


SLUGS = [("max_norm", True), ("torch.renorm_", True), ("<a b>", False), ("..", False)]


@pytest.mark.parametrize(("text", "same"), SLUGS)
def test_an_anchor_is_made_of_plain_letters(text: str, same: bool) -> None:
    """Different texts have different anchors."""
    assert re.fullmatch("[A-Za-z0-9_-][A-Za-z0-9_.-]+", slug(text)) and (slug(text) == text) is same
    assert slug(text) != slug(text + "/")


def test_every_picture_can_be_a_file(tmp_path: Path) -> None:
    """Named by what it shows."""
    found = files(report(tmp_path, measured()))
    assert len(found) == 10 and set(found) > {"torch.norms.max_norm.float16.svg", "torch.errors.float32.svg"}
    assert all(svg.startswith("<svg xmlns=") and "<style>" in svg for svg in found.values())
