"""What README.md and docs/ show is what comes out, and their links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from adapters.core.stack import discover
from conformance.strategies import Case
from reference.registry import CONTRACTS
from tests.golden.outputs import ROWS, golden

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def blocks(text: str, kind: str) -> list[str]:
    """The blocks of code of one language, in order."""
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them in links."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.framework
@pytest.mark.process
def test_the_answer_is_what_keras_prints() -> None:
    """The first program of the README prints the block below it."""
    program, printed = blocks(README, "python")[0], blocks(README, "text")[0]
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == printed


def test_the_gate_is_shown_with_its_subject() -> None:
    """The program of the README is the one whose output is kept."""
    assert blocks(README, "python")[1] == f"# rows.py\n{ROWS}"


@pytest.mark.parametrize(
    ("page", "number", "output"), [("README.md", 1, "gate.txt"), ("docs/running.md", 0, "report.txt")]
)
def test_an_output_is_shown_as_it_is_printed(page: str, number: int, output: str) -> None:
    """Every line of the block is one of the command's; three dots stand for what is left out."""
    shown = blocks((ROOT / page).read_text("utf-8"), "text")[number].splitlines()
    printed = [line.strip() for line in golden(output).splitlines()]
    lines = [line.strip().removesuffix("...").strip() for line in shown]
    assert not [line for line in lines if not any(other.startswith(line) for other in printed)]


def test_the_property_of_the_guide_holds() -> None:
    """The test of docs/strategies.md passes."""
    program = blocks((ROOT / "docs" / "strategies.md").read_text("utf-8"), "python")[0]
    namespace: dict[str, Any] = {}
    exec(program, namespace)
    settings(max_examples=50)(namespace["test_it_is_max_norm"])()


def test_what_the_guide_says_of_a_wrong_axis_is_said() -> None:
    """Line breaks apart."""
    shown = blocks((ROOT / "docs" / "strategies.md").read_text("utf-8"), "text")[0]
    case = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-07}, 1, np.array([[2.0], [2.0]], "float16"))
    norm = np.float16(np.sqrt(8.0))
    with pytest.raises(AssertionError) as raised:
        case.check((case.weights * (np.float16(2.0) / norm)).astype("float16"))
    assert f"AssertionError: {raised.value}" == " ".join(shown.split("\n")).strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """To a file of the project, and to a heading that it has."""
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not heading or heading in anchors(linked), heading


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_that_are_named_are_there(page: Path) -> None:
    """But for those with a placeholder in capitals."""
    named = re.findall(r"`((?:adapters|conformance|reference|reports|tests)/[a-z0-9_./]*)`", page.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_stack_is_in_the_guide() -> None:
    """By its name, in the table of docs/running.md."""
    guide = (ROOT / "docs" / "running.md").read_text("utf-8")
    assert not [name for name in discover() if f"`{name}`" not in guide]


def test_every_contract_is_in_the_guide() -> None:
    """By its name and parameters, but for constants that its source fixes, in the table of docs/contracts.md."""
    guide = (ROOT / "docs" / "contracts.md").read_text("utf-8")
    for contract in CONTRACTS.values():
        free = [parameter.name for parameter in contract.parameters if parameter.lowest < parameter.highest]
        assert f"`{contract.name}({', '.join(free)})`" in guide


def test_the_readme_is_read_in_five_minutes() -> None:
    """It has at most 150 lines; more belongs into docs/."""
    assert len(README.splitlines()) <= 150
