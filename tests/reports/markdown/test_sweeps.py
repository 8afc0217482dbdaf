"""The section on sweeps has a line for each outcome, and counts what it does not show."""

from __future__ import annotations

from pathlib import Path

from reports.charts.strips import strip
from reports.html.page import page
from reports.markdown.sweeps import sweeps
from tests.reports.analysis.sweeps.test_alike import BROKEN, OTHER, events, gathered
from tests.reports.analysis.sweeps.test_sentences import sweep
from tests.reports.markdown.test_page import HOSTILE, shown
from tests.support.builder import report, varied


def said(parts: list[str]) -> str:
    """The text that a reader sees."""
    return shown("\n\n".join(parts))


def test_stacks_that_came_out_alike_have_one_line(tmp_path: Path) -> None:
    """With what was swept and how many are inside."""
    parts = sweeps(gathered(tmp_path, {"torch": [sweep()], "jax": [sweep()]}))
    assert (
        "| **max_norm (max_value 2): every number of float16**<br>torch, jax | 65,536 | 0 | 0 | All 65,536" in parts[2]
    )


def test_other_parameters_are_counted(tmp_path: Path) -> None:
    """Where nothing is broken."""
    parts = sweeps(gathered(tmp_path, {"torch": [sweep(), sweep(**OTHER)]}))
    assert "1 other parameter set was swept as well, 65,536 groups" in parts[3] and "none of them is broken" in parts[3]
    assert "max_value 1" not in parts[2]


def test_other_parameters_at_which_something_is_broken_have_a_line(tmp_path: Path) -> None:
    """Known or not."""
    wrong = sweep(runs=BROKEN.runs, grades=BROKEN.grades, becomes=BROKEN.becomes, **OTHER)
    parts = sweeps(gathered(tmp_path, {"torch": [sweep(), wrong]}))
    assert "max_value 1): every number of float16**<br>torch | 2,052" in parts[2]
    assert "42,158 of them are broken" in parts[3]


def test_what_was_not_swept_is_said_once(tmp_path: Path) -> None:
    """With the reason and the stacks."""
    left = [{"what": "every float32 number", "reason": "it takes minutes", "cases": 0}]
    parts = sweeps(gathered(tmp_path, {"torch": [sweep()], "jax": [sweep()]}, unsupported=left))
    assert parts[-1] == "- every float32 number: it takes minutes (torch, jax)"


def test_a_record_without_sweeps_says_so(tmp_path: Path) -> None:
    """In one sentence."""
    assert sweeps(report(tmp_path, varied())) == ["No record holds a sweep."]


def test_a_page_has_pictures(tmp_path: Path) -> None:
    """In the line that they are of."""
    html = page(report(tmp_path, events({"torch": [BROKEN]})), found=Path("there is no such file"))
    section = html.partition('id="Every-number-of-a-format"')[2].partition("</section>")[0]
    assert section.count("<tr>") == 2 and strip(BROKEN) in section.partition("<tbody>")[2]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """In names, formats and reasons."""
    parts = []
    for place, text in enumerate(("harmless", HOSTILE)):
        (tmp_path / str(place)).mkdir()
        left = [{"what": text, "reason": text, "cases": 0}]
        one = sweep(contract=text, differing={"mode": text, "groups": 1, "first": 0})
        other = sweep(contract=text, format=text)
        parts.append(said(sweeps(gathered(tmp_path / str(place), {"torch": [one, other]}, unsupported=left), strip)))
    for tag in ("<table>", "<td", "<svg", "<a ", "<em>", "<strong>", "<script", "<li"):
        assert parts[0].count(tag) == parts[1].count(tag), tag
