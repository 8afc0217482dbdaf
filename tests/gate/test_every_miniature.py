"""Every miniature of the suite is refused where it is offered as a file, but for what no file's function can show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.gate.miniatures import ELSEWHERE, contract_of, rule_of
from tests.gate.test_gate import gate
from tests.gate.test_miniatures_as_files import FILE
from tests.miniatures.wrong import MINIATURES

# together under the rule that they break, because a gate asks all its subjects the rules that it is given
OFFERED: dict[tuple[str, str], list[str]] = {}
for name, miniature in MINIATURES.items():
    if name != "correct" and not set(miniature.rules) <= set(ELSEWHERE):
        OFFERED.setdefault((contract_of(miniature), rule_of(miniature)), []).append(name)


OFFERED["max_norm", "max_norm_value"].append("correct")
CHOSEN = [pytest.param(*place, id=" ".join(place)) for place in OFFERED]


@pytest.mark.parametrize(("contract", "rule"), CHOSEN)
def test_they_are_refused(contract: str, rule: str, tmp_path: Path) -> None:
    """By the rule that they break; the right one is not."""
    names = OFFERED[contract, rule]
    subjects = [f"{FILE}:{name}" for name in names]
    found = gate(tmp_path, *subjects, "--level", "should", "--json", "gate.json", "-k", rule)
    told = json.loads(found.text("gate.json"))["subjects"]
    refused = {one["name"].rpartition(":")[2] for one in told if not one["conforms"]}
    assert refused == set(names) - {"correct"}, found.said + found.errors


def test_all_but_eleven_are_offered() -> None:
    """Those are left out of which nothing that is wrong shows in what a file's function returns."""
    assert len(MINIATURES) - sum(map(len, OFFERED.values())) == 11
