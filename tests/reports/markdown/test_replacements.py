"""Whether a call can be used in place of Keras's max_norm is said in words first, and in a table then."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.analysis.replacements import alike, offers
from reports.analysis.report import Report
from reports.markdown.page import render
from reports.record.measurements import Equivalence
from tests.support.builder import MORE, agreement, equivalence, footer, header, report, result, stack

FAR = agreement(within=3, difference=0.25)


def asked(folder: Path, *found: Equivalence, name: str = "torch.renorm") -> Report:
    """A run that asked one call, with these answers."""
    body = [result("stands_in", name, equivalences=list(found))]
    return report(folder, [header([stack(name, contracts=["renorm"])], rules=[MORE[2]]), *body, footer(1)])


def section(told: Report) -> str:
    """What the page says about it."""
    return render(told).partition("max_norm?\n")[2].partition("\n## ")[0]


ANSWERS: dict[str, tuple[list[Equivalence], str]] = {
    "exactly": ([equivalence(0, "exactly")], "Yes, exactly."),
    "rounding": ([equivalence(0, "exactly"), equivalence(1)], "Yes, up to rounding."),
    "some axes": ([equivalence(0), equivalence(None, "no such groups")], "Yes, up to rounding; only for some axes."),
    "above": (
        [equivalence(0, "only where N > max_value", inside=agreement(within=3, difference=1e-7))],
        "Nearly: where N is above max_value, the result is the same up to rounding; "
        "where not, it differs by up to 1e-07 of the norm.",
    ),
    "below": (
        [equivalence(0, "only where N <= max_value", outside=FAR)],
        "No: where N is above max_value, it differs by up to 0.25 of the norm; "
        "where not, the result is the same up to rounding.",
    ),
    "infinitely far": (
        [equivalence(0, "only where N <= max_value", outside=agreement(within=3, difference="inf"))],
        "where N is above max_value, the result is another one;",
    ),
    "mixed": ([equivalence(0), equivalence(1, "not at all", inside=FAR, outside=FAR)], "No: "),
    "not at all": (
        [equivalence(0, "not at all", inside=FAR, outside=FAR)],
        "No: where N is above max_value, it differs by up to 0.25 of the norm; where not",
    ),
    "no groups": (
        [equivalence(None, "no such groups")],
        "No, there is no way to ask it for any of these groups.",
    ),
}


@pytest.mark.parametrize(("found", "said"), ANSWERS.values(), ids=ANSWERS)
def test_the_paragraph_begins_with_the_answer(tmp_path: Path, found: list[Equivalence], said: str) -> None:
    """Yes only where every group that the call can form is the same."""
    (line,) = [line for line in section(asked(tmp_path, *found)).splitlines() if line.startswith("**torch.renorm**")]
    assert said.replace(">", "&#62;") in line and ("Yes" in said or "Yes" not in line)


def test_the_paragraph_says_what_to_write(tmp_path: Path) -> None:
    """For which call of Keras which call of the framework."""
    text = section(asked(tmp_path, equivalence(0), equivalence(1)))
    assert "- `torch.renorm(w, 2, 1, 3.0)` in place of `max_norm(max_value=3.0, axis=0)` on a matrix\n" in text


def test_one_call_for_several_targets_is_written_once(tmp_path: Path) -> None:
    """With all of them."""
    text = section(asked(tmp_path, equivalence(0, call="f(w)"), equivalence(1, call="f(w)")))
    assert text.count("`f(w)`") == 1 and "axis=0)` on a matrix and `max_norm(max_value=3.0, axis=1)` on a" in text


def test_the_paragraph_says_what_changes(tmp_path: Path) -> None:
    """In the words of the record, once for all calls of Keras."""
    text = section(asked(tmp_path, equivalence(0), equivalence(1)))
    assert text.count("Weights inside the bound keep their bits") == 1


def test_a_relation_without_words_has_its_own(tmp_path: Path) -> None:
    """So that no paragraph is silent on what changes."""
    assert "The result is the same up to rounding." in section(asked(tmp_path, equivalence(0, sentence=" ")))


def test_groups_that_a_call_cannot_form_are_named(tmp_path: Path) -> None:
    """With the reason of the record."""
    none = equivalence(None, "no such groups", sentence="one dimension is kept")
    text = section(asked(tmp_path, equivalence(0), none))
    said = "There is no way to ask it for `max_norm(max_value=3.0, axis=None)` on a matrix. One dimension is kept."
    assert said in text and "– no such groups" in text


def test_of_many_groups_that_a_call_cannot_form_the_first_are_named(tmp_path: Path) -> None:
    """The table has the others."""
    none = [equivalence(axis, "no such groups") for axis in (1, 2, 3)]
    text = section(asked(tmp_path, equivalence(0), *none))
    assert (
        "There is no way to ask it for the other 3 of these, `max_norm(max_value=3.0, axis=1)` on a matrix and" in text
    )


def test_formats_that_agree_are_not_named(tmp_path: Path) -> None:
    """One word stands for all."""
    text = section(asked(tmp_path, equivalence(0), equivalence(0, format="float64")))
    assert "| torch.renorm | ✔ within the interval |" in text and "In float" not in text


def test_formats_that_differ_are_told_apart(tmp_path: Path) -> None:
    """In the table and in the words."""
    other = equivalence(0, "not at all", format="float64", sentence="the bound is rounded")
    text = section(asked(tmp_path, equivalence(0), other))
    assert "✔ within the interval in float32<br>✘ not at all in float64" in text
    assert "In float64: The bound is rounded." in text


def test_the_commonest_words_are_told(tmp_path: Path) -> None:
    """Of targets and formats with the same relation."""
    said = {0: "it rounds", 1: "it keeps 5 groups", 2: "it keeps 7 groups"}
    found = [equivalence(axis, sentence=sentence) for axis, sentence in said.items()]
    (offer,) = offers(asked(tmp_path, *found))
    assert [one.sentence for one in alike(offer)] == ["it keeps 5 groups"]


def test_sentences_that_differ_in_numbers_are_one(tmp_path: Path) -> None:
    """The one with the largest difference is told."""
    near = equivalence(0, "not at all", sentence="off by up to 1e-7 of the norm", inside=agreement(difference=1e-7))
    far = equivalence(1, "not at all", sentence="off by up to 0.25 of the norm", inside=FAR)
    (offer,) = offers(asked(tmp_path, near, far))
    assert [one.sentence for one in alike(offer)] == ["off by up to 0.25 of the norm"]


def test_modes_that_answer_alike_are_one_call(tmp_path: Path) -> None:
    """Those that do not are told apart."""
    jax = stack("jax", modes=["eager", "jit", "other"], contracts=["renorm"])
    said = {"eager": "exactly", "jit": "exactly", "other": "not at all"}
    body = [
        result("stands_in", "jax", mode=mode, equivalences=[equivalence(0, relation)])
        for mode, relation in said.items()
    ]
    told = report(tmp_path, [header([jax], rules=[MORE[2]]), *body, footer(3)])
    assert [[column.mode for column in one.columns] for one in offers(told)] == [["eager", "jit"], ["other"]]


def test_a_call_that_was_not_asked_for_a_target_says_so(tmp_path: Path) -> None:
    """A hole in the table is no dash."""
    both = [stack(name, contracts=["renorm"]) for name in ("a", "b")]
    body = [result("stands_in", name, equivalences=[equivalence(axis)]) for name, axis in (("a", 0), ("b", 1))]
    text = section(report(tmp_path, [header(both, rules=[MORE[2]]), *body, footer(2)]))
    assert "| a | ✔ within the interval | · not asked |" in text


def test_the_numbers_are_there(tmp_path: Path) -> None:
    """Folded, for each side of the bound."""
    text = section(asked(tmp_path, equivalence(0)))
    assert "| 1,000: 900 exact, 1,000 in the interval, largest relative difference 6e-08 | none |" in text


def test_no_comparison_is_said(tmp_path: Path) -> None:
    """Not in a way that sounds like an answer."""
    assert section(asked(tmp_path)).strip() == "No call was compared."
