"""What is published is of one run, and the documentation shows its verdicts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conformance.claims.catalog import load as load_claims
from conformance.known.entries import load as load_known
from reports.analysis.known import known_divergences
from reports.analysis.report import Report
from reports.analysis.summary import summary_sentence
from reports.export.report_json import load
from reports.markdown import claims
from reports.markdown.verdicts import verdict_table
from reports.text import pluralize

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "reports" / "published"


@pytest.fixture(scope="module")
def published() -> Report:
    """The published report."""
    return load(PUBLISHED / "report.json")


def test_the_guide_shows_the_published_verdicts(published: Report) -> None:
    """Line for line."""
    assert verdict_table(published) in (ROOT / "docs" / "reading-a-report.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_all_files_are_of_one_report(name: str, published: Report) -> None:
    """They begin with one verdict, and name the seed's records."""
    said, text = summary_sentence(published), (PUBLISHED / name).read_text("utf-8")
    assert said.partition(":")[0] in text and published.records[0].header.started in text


def test_the_published_run_was_a_whole_one(published: Report) -> None:
    """Thorough, complete, and of every stack in the pinned versions."""
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if "==" in line)
    versions = {(name, version) for stack in published.stacks for name, version in stack.versions.items()}
    depths = {record.header.depth for record in published.records if record.header.rules}
    assert published.complete and depths == {"thorough"}
    assert all(stack.available for stack in published.stacks) and len(published.stacks) == 27
    assert {(name, version.partition("+")[0]) for name, version in versions} <= set(pins.items())


def test_divergences_are_those_of_the_published_runs(published: Report) -> None:
    """The page of claims is what they say, letter by letter, and its pictures are there."""
    assert claims.render(published) == (PUBLISHED / "DIVERGENCES.md").read_text("utf-8")
    for name, picture in claims.files(published).items():
        assert (PUBLISHED / name).read_text("utf-8") == picture


def test_every_claim_was_tried_as_it_stands_in_the_catalogue(published: Report) -> None:
    """On every stack that it speaks about, and nothing of it is news."""
    claims = load_claims()
    assert list(published.statements) == [claim.stated() for claim in claims]
    assert {key[:2] for key in published.claims} == {(claim.id, name) for claim in claims for name in claim.expected}
    assert not any(claim.is_unexpected for claim in published.claims.values())


def test_every_program_of_a_claim_reproduced_what_it_shows(published: Report) -> None:
    """In a fresh process."""
    parts = [part for claim in published.claims.values() for part in claim.parts]
    trials = [trial for part in parts for trial in (part.counterexample, part.example) if trial]
    assert len(trials) > 300 and all(trial.reproduces for trial in trials)


def test_known_divergences_are_counted_once(published: Report) -> None:
    """The badge, both pages and the file have one count: that of root causes."""
    number = known_divergences(published)
    words = pluralize(number, "known divergence")
    assert len({entry.reason for entry in load_known()}) == number
    assert json.loads((PUBLISHED / "badge.json").read_text("utf-8"))["message"] == words
    assert f"Of {words}, {number} were seen again" in (PUBLISHED / "report.md").read_text("utf-8")
    assert f"{words} were seen again" in (PUBLISHED / "report.html").read_text("utf-8")


def test_the_page_is_small_enough_to_send() -> None:
    """At most 3 MB, and with pictures."""
    page = (PUBLISHED / "report.html").read_text("utf-8")
    assert len(page.encode()) <= 3_000_000 and page.count("<svg ") > 100


@pytest.mark.parametrize("name", ["report.html", "DIVERGENCES.md"])
def test_every_link_within_a_page_leads_somewhere(name: str) -> None:
    """To an element of that id."""
    text = (PUBLISHED / name).read_text("utf-8")
    wanted = set(re.findall(r'(?:href="#|\]\(#)([^")]+)', text))
    assert wanted and wanted <= set(re.findall(r'\bid="([^"]+)"', text))


def test_pictures_of_the_readme_are_there() -> None:
    """Each that it names."""
    parts = (ROOT / "README.md").read_text("utf-8").split("](reports/published/")[1:]
    named = [part.partition(")")[0] for part in parts]
    pictures = [name for name in named if name.endswith(".svg")]
    assert pictures and all((PUBLISHED / name).is_file() for name in pictures)
