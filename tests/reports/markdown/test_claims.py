"""Where documents and code part ways: the page, the console, and what counts as news."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from reports.analysis.claims import answered, summary
from reports.analysis.merge import merge
from reports.analysis.summary import summary_sentence
from reports.console.claims import show
from reports.export.junit import junit
from reports.export.report_json import as_json, load
from reports.html.page import page
from reports.markdown import claims
from reports.record.claims import ClaimPart
from reports.record.codec import to_json
from reports.record.file import RecordError, read
from tests.support.builder import claim, claimed, report, stack, statement, trial, tried, whole, write

STACKS = [stack("keras-jax"), stack("keras-torch")]
BOTH = claimed(
    STACKS,
    [claim("keras-jax"), claim("keras-torch", verdict="TRUE", expected="TRUE", parts=[tried(broken=0)])],
)


def test_stacks_that_agree_are_named_together(tmp_path: Path) -> None:
    """Verdict by verdict, the gravest first."""
    text = claims.render(report(tmp_path, BOTH))
    assert "✘ **FALSE** on keras-jax<br>✔ **TRUE** on keras-torch" in text


def test_a_claim_says_what_was_asked_and_what_would_be_true(tmp_path: Path) -> None:
    """In one row, with the smallest counterexample; the program stands below."""
    text = claims.render(report(tmp_path, BOTH))
    row = next(line for line in text.splitlines() if "Norms are at most max_value." in line)
    assert "`constrain([3.0])` gives `[1.0000001]` on keras-jax" in row and "up to rounding" in row
    assert (
        "```python\nprint([1.0000001])\n```" in text
        and "held in 99.65 % of 2,000 groups of weights on 2 stacks, and not in 7." in text
    )


def test_the_page_begins_with_the_answer(tmp_path: Path) -> None:
    """Made of the sentences that would be true."""
    asked = [statement(answers="What does max_norm(3) do?")]
    text = claims.render(report(tmp_path, claimed(STACKS, [claim("keras-jax")], asked)))
    beginning = "# Where the documents and the code part ways\n\n## What does max_norm&#40;3"
    assert text.replace("(3", "&#40;3").startswith(beginning)
    assert "- Norms are at most max\\_value up to" in text or "- Norms are at most max_value up to" in text


def test_what_is_counted_is_of_one_kind(tmp_path: Path) -> None:
    """Checks that a program makes are no groups of weights, and properties are not added up."""
    parts = [tried(broken=0), tried(role="leaves out", property="second", unit="check", tried=12, broken=3)]
    both = [statement(parts=[to_json(ClaimPart(part.role, part.property, "")) for part in parts], answers="What?")]
    text = claims.render(report(tmp_path, claimed(STACKS[:1], [claim("keras-jax", parts=parts)], both)))
    assert "in all of 1,000 groups of weights on 1 stack." in text and "in 75 % of 12 checks on 1 stack" in text
    assert "1,012" not in text


def test_what_was_last_checked_is_not_since_when_it_is_so(tmp_path: Path) -> None:
    """`since` stands only where older versions were tried; a record from before says with what it was checked."""
    one, other = statement(since="Keras 2.0"), replace(statement(), checked_with="", since="Keras 3.15.1")
    assert (one.last_checked, one.oldest, other.last_checked, other.oldest) == (
        "Keras 3.15.1",
        "Keras 2.0",
        "Keras 3.15.1",
        "",
    )
    text = claims.render(report(tmp_path, claimed(STACKS[:1], [claim("keras-jax")], [one])))
    assert "Last checked with Keras 3.15.1. The same since Keras 2.0." in text and "Seen since" not in text


NEWS = {
    "a correction that does not hold": {"parts": [tried(), tried(role="would be true", broken=1)]},
    "another verdict": {"verdict": "TRUE"},
    "the document changed": {"document": "changed"},
    "not tried": {"verdict": "NOT TRIED", "parts": [], "reason": "train raised ValueError: no"},
}


@pytest.mark.parametrize("changes", NEWS.values(), ids=NEWS)
def test_news_is_said_everywhere(tmp_path: Path, changes: dict[str, Any]) -> None:
    """On the page, in the verdict, and no report passes with it."""
    told = report(tmp_path, whole([stack("keras-jax")]), claimed([stack("keras-jax")], [claim("keras-jax", **changes)]))
    assert not told.passed and "news in norm-at-most" in summary_sentence(told) and "**NEWS: " in claims.render(told)


def test_what_comes_out_as_expected_passes(tmp_path: Path) -> None:
    """False sentences in documents are no failure of a run."""
    told = report(tmp_path, whole([stack("keras-jax")]), claimed([stack("keras-jax")], [claim("keras-jax")]))
    assert told.passed and "1 sentence of 1 document: 1 false on some stack; no news" in summary_sentence(told)


def test_a_record_of_claims_alone_is_a_report(tmp_path: Path) -> None:
    """Though no rule was asked."""
    told = report(tmp_path, BOTH)
    assert told.passed and "nothing was checked" not in summary_sentence(told)


def test_the_html_page_has_the_section(tmp_path: Path) -> None:
    """And none where no claim was tried."""
    assert '<section id="claims">' in page(report(tmp_path, BOTH))
    assert '<section id="claims">' not in page(report(tmp_path, whole(STACKS)))


def test_reports_for_machines_keep_claims(tmp_path: Path) -> None:
    """What is read back is what was written; JUnit has a case for each."""
    told = report(tmp_path, BOTH)
    (tmp_path / "report.json").write_text(as_json(told))
    assert load(tmp_path / "report.json").claims == told.claims
    assert 'name="norm-at-most [claims keras-jax cpu]"' in junit(told)


def test_hostile_text_is_shown_as_text(tmp_path: Path) -> None:
    """In every field that a stack or a document can fill."""
    bad = "<script>alert(1)</script> | `x` \ud800"
    parts = [tried(counterexample=trial(call=bad, observed=bad, printed=bad, source=bad))]
    told = report(tmp_path, claimed(STACKS, [claim("keras-jax", parts=parts)], [statement(sentence=bad, truth=bad)]))
    assert "<script>alert" not in page(told)
    # Markdown holds it in fences, and nowhere else
    fenced = "".join(re.split(r"(?ms)^```\w+$.*?^```$", claims.render(told)))
    assert "<script>" not in fenced and "\ud800" not in claims.render(told)


def test_the_console_says_the_same(tmp_path: Path) -> None:
    """Sentence, verdict, counterexample, truth, and the sum."""
    out = io.StringIO()
    told = answered(report(tmp_path, BOTH))
    show(told, Console(file=out, width=200))
    wanted = ("norm-at-most: Norms are", "✘ FALSE on keras-jax", "constrain([3.0]) gives [1.0000001]", summary(told))
    assert all(words in out.getvalue() for words in wanted)


def test_records_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    """Verdict against verdict, statement against statement."""
    one = read(write(tmp_path / "one.jsonl", BOTH))
    for events in (
        claimed(STACKS, [claim("keras-jax", verdict="TRUE")]),
        claimed(STACKS, [claim("keras-jax")], [statement(truth="No.")]),
    ):
        two = read(write(tmp_path / "two.jsonl", events))
        with pytest.raises(RecordError, match="norm-at-most"):
            merge([one, two])


def test_a_claim_that_the_header_does_not_name_is_refused(tmp_path: Path) -> None:
    """With its line."""
    path = write(tmp_path / "one.jsonl", claimed(STACKS, [claim("keras-jax", "another")]))
    with pytest.raises(RecordError, match="line 2: claim 'another' on stack 'keras-jax'"):
        read(path)
