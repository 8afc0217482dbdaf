"""Every mutant of the suite is refused where it is offered as a file, but for what no file's function can show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli.commands import gate
from conformance.cli.main import main
from reports.markdown.power import read_power
from tests.mutants.wrong import MUTANTS
from tests.support import SUBJECTS
from tests.support.subjects.mutants import ELSEWHERE, contract_of, rule_of

pytestmark = [pytest.mark.framework, pytest.mark.process, pytest.mark.slow]

FILE = str(SUBJECTS / "mutants.py")
ANOTHER = "It keeps another contract, "
# where a variant of the contract explains all that the mutant gives
HINTS = {
    "axis_is_always_zero": "max_norm over axis 0, whichever axis it is given",
    "axis_is_ignored": "max_norm over the whole array, whichever axis it is given",
    "axis_is_ignored_in_clip_by_norm": "clip_by_norm over the whole array, whichever axis it is given",
    "axis_is_the_one_kept": "max_norm over the dimensions that axis does not name",
    "axis_is_the_one_kept_in_renorm": "renorm over the dimensions that axis does not name",
    "bits_alternate": "The same call gives different results, depending on the calls before",
    "bound_below_is_ignored": "min_max_norm that ignores min_value",
    "bound_is_a_sphere": ANOTHER + "l2_sphere",
    "bound_is_squared": "max_norm with max_value squared",
    "bound_of_each_weight": "a clamp of each weight to [-max_value, max_value]",
    "bounds_are_swapped": "min_max_norm with min_value and max_value exchanged",
    "epsilon_inside_the_root": "max_norm with epsilon inside the square root of the denominator",
    "epsilon_inside_too": ANOTHER + "max_norm",
    "epsilon_is_a_floor": "max_norm with epsilon as a floor, max(N, epsilon)",
    "epsilon_is_added_twice": "max_norm with epsilon added twice",
    "epsilon_is_fixed": "max_norm with epsilon 0.001",
    "epsilon_is_missing": "max_norm without epsilon",
    "epsilon_is_missing_in_max_norm": "max_norm without epsilon",
    "epsilon_is_missing_in_renorm": ANOTHER + "clip_by_norm",
    "epsilon_is_missing_in_unit_norm": "unit_norm without epsilon",
    # they differ where N is between maxnorm - 1e-7 and maxnorm
    "epsilon_of_clip_grad_norm_is_smaller": ANOTHER + "renorm",
    "epsilon_of_renorm_is_smaller": "renorm with epsilon 1e-08",
    "epsilon_only_outside": "max_norm with a threshold: weights inside the bound are left as they are",
    "floor_is_added": ANOTHER + "unit_norm",
    "floor_of_clipping_is_missing": ANOTHER + "max_norm_projection",
    "floor_is_missing": "normalize without epsilon",
    "norm_is_always_l2": ANOTHER + "max_norm",
    "norm_is_a_mean": "max_norm of the mean square's root, not of the L2 norm",
    "norm_is_a_sum": ANOTHER + "max_norm_l1",
    "norm_is_the_largest": ANOTHER + "max_norm_linf",
    "norm_without_a_root": "max_norm with N squared in place of N",
    "only_in_float64": "max_norm computed in float32",
    "projection_with_an_epsilon": ANOTHER + "max_norm",
    "rate_is_ignored": "min_max_norm that ignores rate",
    "rate_is_squared": "min_max_norm with rate squared",
    "rate_is_turned_round": "min_max_norm with 1 - rate for rate",
    "rate_of_the_weights": "min_max_norm with the rate on the weights: rate * clipped + (1 - rate) * w",
    "sphere_is_a_ball": ANOTHER + "max_norm_projection",
}
OF_FEW_CASES = ("axes", "memories", "memory", "numbers", "sizes")
# A quick gate asks two cases of a rule. What its first case does not show for sure is looked for at default depth: what
# the first one of the mutants' own does not show, and what shows at some sizes, axes, places, numbers or calls only.
RARE = {"floor_of_clipping_is_missing", "only_at_the_second_call"}
RARE |= {power.miniature for power in read_power() if power.cases > 1}
RARE |= {name for name, each in MUTANTS.items() if each.function.__module__.rpartition(".")[2] in OF_FEW_CASES}
# together under the rule that they break, because a gate asks all its subjects the rules that it is given
OFFERED: dict[tuple[str, str, str], list[str]] = {}
for name, mutant in MUTANTS.items():
    if name != "correct" and not set(mutant.rules) <= set(ELSEWHERE):
        place = contract_of(mutant), rule_of(mutant), "default" if name in RARE else "quick"
        OFFERED.setdefault(place, []).append(name)


OFFERED["max_norm", "max_norm_value", "default"].append("correct")
CHOSEN = [pytest.param(*place, id=" ".join(place)) for place in OFFERED]


@pytest.mark.parametrize(("contract", "rule", "depth"), CHOSEN)
def test_they_are_refused(
    contract: str, rule: str, depth: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the rule that they break, with the hint that explains them; the right one is not."""
    names = OFFERED[contract, rule, depth]
    # reducing is tried elsewhere, and would take most of the time
    monkeypatch.setitem(gate.MAX_FINDINGS, "should", {"MUST": 1, "SHOULD": 1, "RECORD": 0})
    monkeypatch.chdir(tmp_path)
    subjects = [f"{FILE}:{name}" for name in names]
    asked = ["--sweep", "--level", "should", "--json", "gate.json", "-k", rule, "--depth", depth]
    code = main(["gate", *subjects, *asked])
    told = {one["name"].rpartition(":")[2]: one for one in json.loads(Path("gate.json").read_text())["subjects"]}
    assert {name for name, one in told.items() if one["conforms"]} == {"correct"} & set(names)
    hints = {name: _named(one["hint"]) for name, one in told.items() if one["hint"]}
    assert code == 1 and hints == {name: said for name, said in HINTS.items() if name in names}


def _named(hint: str) -> str:
    """What a hint names, without how it is seen or what to do about it."""
    said = hint.removeprefix("It behaves as ").partition(": 8 in a row")[0].removesuffix(".")
    return said.partition(": gate it ")[0]


def test_all_but_twelve_are_offered() -> None:
    """Those are left out of which nothing that is wrong shows in what a file's function returns."""
    assert len(MUTANTS) - sum(map(len, OFFERED.values())) == 12
