"""The catalogue of claims: that of the project is sound, and what is wrong in one is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.claims.catalog import VERDICTS, load, select_claims, verdict
from conformance.cli.main import main
from conformance.errors import EntryError, UsageError

GOOD = """\
[[claim]]
id = "one"
document = "A document"
url = "https://example.org/one"
version = "1"
sentence = "Norms are at most max_value."
says = "norm_is_at_most_the_maximum"
checked_with = "torch 2.13.0"
truth = "Up to rounding."
[claim.expect]
FALSE = ["torch.renorm"]
"""
WRONG = {
    "no TOML": (GOOD + "[claim", 12, "no TOML"),
    "another table": (GOOD + "[other]\nx = 1\n", 12, "other: only \\[\\[claim\\]\\] tables belong here"),
    "no source": (GOOD.replace('url = "https://example.org/one"\n', ""), 1, "it has no url"),
    "no address": (GOOD.replace("https://example.org/one", "a book"), 4, 'url: "a book" does not match'),
    "a field too many": (GOOD.replace("checked_with", 'colour = "red"\nchecked_with'), 1, "colour"),
    "an unknown property": (
        GOOD.replace("norm_is_at_most_the_maximum", "norms_are_nice"),
        7,
        "says: there is no property",
    ),
    "an unknown stack": (
        GOOD.replace("torch.renorm", "torch.norm"),
        10,
        "expect: there is no stack named 'torch.norm'",
    ),
    "an unknown verdict": (GOOD.replace("FALSE", "MAYBE"), 10, "MAYBE"),
    "two verdicts": (GOOD + 'TRUE = ["torch.*"]\n', 10, "expect: torch.renorm is expected to be FALSE and TRUE"),
    "says nothing": (GOOD.replace('says = "norm_is_at_most_the_maximum"\n', ""), 1, "says: a claim says one thing"),
    "another contract": (
        GOOD.replace("checked_with", 'contract = "non_neg"\nchecked_with'),
        8,
        "contract: norm_is_at_most",
    ),
    "a stack without it": (
        GOOD.replace("torch.renorm", "tf.clip_by_value"),
        10,
        "expect: tf.clip_by_value has no contract",
    ),
    "an unknown format": (
        GOOD.replace("checked_with", 'formats = ["float8"]\nchecked_with'),
        8,
        "formats: 'float8' is none of",
    ),
    "a correction that is no property": (
        GOOD.replace("[claim.expect]", 'truth_says = ["norms_are_nice"]\n[claim.expect]'),
        10,
        "truth_says: there is no property",
    ),
    "a correction on a stack of which nothing is expected": (
        GOOD.replace(
            "[claim.expect]", '[claim.truth_on]\nnorm_is_at_most_the_maximum = ["torch.norm*"]\n[claim.expect]'
        ),
        10,
        "truth_on: there is no stack named 'torch.norm\\*'",
    ),
    "a correction on another stack": (
        GOOD.replace("[claim.expect]", '[claim.truth_on]\nnorm_is_at_most_the_maximum = ["keras-jax"]\n[claim.expect]'),
        10,
        "truth_on: nothing is expected of keras-jax",
    ),
    "a contrary that is no experiment": (
        GOOD.replace("[claim.expect]", '[claim.truth_on]\n"never norm_is_one" = ["torch.renorm"]\n[claim.expect]'),
        10,
        "truth_on: there is no property named 'never norm_is_one'",
    ),
    "an anchor alone": (GOOD.replace("checked_with", 'anchor = "norm"\nchecked_with'), 1, "docstring"),
    "the same twice": (GOOD + GOOD, 13, "id: 'one' stands at .*:2 too"),
    "nothing": ("", None, "holds no claims"),
}


@pytest.mark.parametrize(("text", "line", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: int | None, said: str) -> None:
    """One sentence: file, line, field."""
    (tmp_path / "claims.toml").write_text(text)
    where = rf"claims\.toml:{line}: .*" if line else ""
    with pytest.raises(EntryError, match=where + said):
        load(tmp_path)


def test_a_good_entry_is_read(tmp_path: Path) -> None:
    """With its source's name, and the stack that it expects something of."""
    (tmp_path / "claims.toml").write_text(GOOD)
    (claim,) = load(tmp_path)
    assert (claim.source, dict(claim.expected)) == ("claims", {"torch.renorm": "FALSE"})


def test_the_projects_claims_are_many() -> None:
    """About eighty, of which every verdict is expected somewhere."""
    claims = load()
    assert len(claims) >= 75 and {verdict for claim in claims for verdict in claim.expected.values()} == set(VERDICTS)


def test_sources_are_chosen_by_name_or_pattern() -> None:
    """And what matches none is named."""
    assert {claim.source for claim in select_claims(load(), ["minmax*", "dropout-paper"])} == {
        "minmax-post",
        "dropout-paper",
    }
    with pytest.raises(UsageError, match="there is no source named 'caffe'; there are "):
        select_claims(load(), ["caffe"])


def test_every_correction_is_tried() -> None:
    """What we say in a sentence's place is a property on each stack that the sentence is tried on."""
    for claim in load():
        for stack in claim.expected:
            assert any(part.role == "would be true" and part.speaks_of(stack) for part in claim.parts), claim.id


PARTS = {
    "TRUE": [("says", True)],
    "FALSE": [("says", False), ("leaves out", True)],
    "INCOMPLETE": [("says", True), ("leaves out", False)],
    "AMBIGUOUS": [("read as", True), ("read as", False)],
}


@pytest.mark.parametrize(("expected", "parts"), PARTS.items())
def test_a_verdict_follows_from_the_parts(expected: str, parts: list[tuple[str, bool]]) -> None:
    """What it says, what it leaves out, how it can be read."""
    assert verdict(parts) == expected


def test_what_we_say_in_its_place_decides_no_verdict() -> None:
    """A sentence is as true as it is, however good the correction."""
    assert verdict([("says", False), ("would be true", True)]) == "FALSE"
    assert verdict([("says", True), ("would be true", False)]) == "TRUE"


def test_readings_that_all_fail_are_false() -> None:
    """There is nothing to choose between."""
    assert verdict([("read as", False), ("read as", False)]) == "FALSE"
    assert verdict([("read as", True), ("read as", True)]) == "TRUE"


@pytest.mark.parametrize(
    "given", [["--source", "caffe"], ["--stack", "caffe"], ["--source", "optax", "--stack", "torch"]]
)
def test_wrong_usage_ends_with_2(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """And one sentence."""
    assert main(["claims", *given]) == 2
    assert capsys.readouterr().err.startswith("normconf: ") and not capsys.readouterr().out
