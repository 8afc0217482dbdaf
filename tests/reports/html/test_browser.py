"""The page in a real browser: it opens from disk, finds, sorts, links and copies, and acts on nothing that it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from reports.html.page import page
from tests.reports.html.conftest import Open
from tests.reports.html.test_page import NO_POWER, measured
from tests.reports.markdown.test_page import HOSTILE, both
from tests.support.builder import CASE, finding, report, result, stack, whole

pytestmark = pytest.mark.browser

PUBLISHED = Path(__file__).parents[3] / "reports" / "published" / "report.html"
ROWS = "#grid tbody tr:visible"
SOURCE = finding().program
DIVERGENCE = f"max_norm_value-{CASE.id}"


def stacks(shown: Page) -> list[str]:
    """The stacks of the rows that are seen, in order."""
    return [row.inner_text() for row in shown.locator(f"{ROWS} th").all()]


def width(shown: Page) -> int:
    """How wide what is shown is."""
    found: int = shown.evaluate("document.documentElement.scrollWidth")
    return found


def ground(shown: Page) -> str:
    """The colour behind the text."""
    found: str = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    return found


def test_it_opens_from_disk(opened: Open) -> None:
    """With its title, its verdict and its pictures."""
    shown = opened()
    assert shown.title() == "Weight-norm constraints: conformance report"
    assert shown.locator("#verdict").inner_text().count("✘ Failed.") == 1 and shown.locator("svg").count() > 5


def test_a_name_filters_the_matrix(opened: Open) -> None:
    """And the number of rows is said."""
    shown = opened()
    assert len(stacks(shown)) == 6
    shown.get_by_role("searchbox", name="Stack").fill("TORCH")
    assert set(stacks(shown)) == {"torch"} and shown.locator("#matrix output").inner_text() == "3 of 6 shown"


def test_a_state_and_a_contract_filter_the_matrix(opened: Open) -> None:
    """Rows are kept that have such a cell."""
    shown = opened()
    shown.get_by_role("combobox", name="State").select_option("new")
    assert stacks(shown) == ["torch"]
    shown.get_by_role("combobox", name="Contract").select_option("unit_norm")
    assert stacks(shown) == []


def test_a_column_sorts_the_matrix(opened: Open) -> None:
    """The worst first, then the other way round."""
    shown = opened()
    shown.get_by_role("button", name="float32").click()
    assert stacks(shown)[0] == "torch" and shown.locator("th[aria-sort=ascending]").inner_text() == "float32"
    shown.get_by_role("button", name="float32").click()
    assert stacks(shown)[-1] == "torch" and shown.locator("th[aria-sort=descending]").count() == 1


def test_names_sort_as_names(opened: Open) -> None:
    """In the order of the alphabet."""
    shown = opened()
    shown.get_by_role("button", name="stack").click()
    assert stacks(shown) == sorted(stacks(shown))


def test_a_cell_leads_to_its_divergence(opened: Open) -> None:
    """Which opens, with its case and its program."""
    shown = opened()
    assert not shown.locator(f"#{DIVERGENCE}-2 dl").is_visible()
    shown.locator(".square.known a").first.click()
    assert shown.locator(f"#{DIVERGENCE}-2 dl").is_visible()


@pytest.mark.parametrize("javaScriptEnabled", [True, False])
def test_a_permalink_opens_its_divergence(javaScriptEnabled: bool, opened: Open) -> None:
    """With a script and without."""
    shown = opened(anchor=f"#{DIVERGENCE}-2", java_script_enabled=javaScriptEnabled)
    assert shown.locator(f"#{DIVERGENCE}-2 dl").is_visible()


def test_an_old_case_id_is_an_address_too(opened: Open) -> None:
    """That of the first divergence with this case."""
    shown = opened(anchor=f"#case-{CASE.id}")
    assert shown.locator(f"#{DIVERGENCE} dl, #{DIVERGENCE}-2 dl").filter(visible=True).count() >= 1


def test_a_program_can_be_copied(opened: Open) -> None:
    """To the letter."""
    shown = opened(anchor=f"#{DIVERGENCE}", permissions=["clipboard-read", "clipboard-write"])
    shown.locator(f"#{DIVERGENCE} button.copy").click()
    shown.get_by_role("button", name="Copied").wait_for()
    assert SOURCE is not None and shown.evaluate("navigator.clipboard.readText()") == SOURCE.source


def test_everything_is_there_without_a_script(opened: Open) -> None:
    """All rows, the divergences and the pictures; what needs a script is not shown."""
    shown = opened(java_script_enabled=False)
    assert len(stacks(shown)) == 6 and not shown.locator(".filters").first.is_visible()
    shown.locator("details.gallery summary").first.click()
    assert shown.locator("svg").first.is_visible() and shown.locator("button").count() == 0


def test_it_is_dark_where_that_is_wanted(opened: Open) -> None:
    """And light elsewhere."""
    light, dark = (ground(opened(color_scheme=scheme)) for scheme in ("light", "dark"))
    assert light == "rgb(255, 255, 255)" and dark == "rgb(22, 24, 29)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_told_from_their_ground(scheme: str, opened: Open) -> None:
    """By the contrast that WCAG 2.2 asks for at level AA (1.4.3): 4.5 to 1."""
    shown = opened(color_scheme=scheme)
    assert shown.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0) return colour;
    }
  };
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  let least = 99;
  for (const element of document.querySelectorAll("body *:not(script):not(svg):not(svg *)")) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    least = Math.min(least, (a + 0.05) / (b + 0.05));
  }
  return least;
}"""


@pytest.mark.parametrize("pixels", [360, 800, 1600])
def test_it_is_never_wider_than_the_window(pixels: int, opened: Open) -> None:
    """With everything open; tables and programs scroll by themselves."""
    shown = opened(viewport={"width": pixels, "height": 800})
    shown.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert width(shown) <= pixels


def test_a_narrow_window_shows_each_cell_with_its_format(opened: Open) -> None:
    """Below its stack, without a table to be pushed about."""
    shown = opened(viewport={"width": 360, "height": 800})
    cell = shown.locator(".square.known").first
    box = cell.bounding_box()
    assert box is not None and box["x"] < 360 and not shown.locator("#grid thead").is_visible()
    assert cell.evaluate("(one) => getComputedStyle(one, '::before').content") == '"float32"'


def test_the_keyboard_reaches_what_the_mouse_reaches(opened: Open) -> None:
    """The first stop leads past the list of sections, and every scrolling table can be scrolled."""
    shown = opened()
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.textContent") == "To the verdict"
    reached = shown.locator(".scroll[tabindex='0'][role=region][aria-label]").count()
    assert shown.locator(".scroll").count() == reached > 3


def test_paper_has_no_controls(opened: Open) -> None:
    """And no list of sections."""
    shown = opened()
    shown.emulate_media(media="print")
    assert not shown.locator("nav").is_visible() and not shown.locator(".filters").first.is_visible()


def test_hostile_text_is_shown_as_text(opened: Open, tmp_path: Path) -> None:
    """Script tags, quotes, links, controls and halves of pairs: none of it is acted upon (see the fixture)."""
    path = tmp_path / "hostile.html"
    _, events = both(measured())
    path.write_text(page(report(tmp_path, events), found=NO_POWER), "utf-8")
    shown = opened(path)
    assert "<script>alert(1)</script>" in shown.locator("main").inner_text()
    assert shown.locator("script").count() == 1 and HOSTILE[:8] in shown.locator("main").inner_text()


def test_a_message_of_megabytes_does_no_harm(opened: Open, tmp_path: Path) -> None:
    """It is cut, with a note."""
    events = whole([stack("torch")], [result("max_norm_value", "torch", findings=[finding(sentence="x" * 10_000_000)])])
    path = tmp_path / "long.html"
    path.write_text(page(report(tmp_path, events), found=NO_POWER), "utf-8")
    assert "more characters cut" in opened(path).locator("#divergences").inner_text()


ANSWERS = {
    "which stacks disagree on min > max": (
        "[id^=unspecified-min_value-max_value-min_max_norm]",
        ["≠ disagree", "norm 1: ", "norm 3: tf-keras, keras-tensorflow"],
    ),
    "what happens to float16 weights of 1e-4 under min_max_norm": (
        "#contract-min_max_norm",
        ["of one weight in float16: not every stack gives what exact arithmetic gives"],
    ),
    "whether torch.renorm can replace max_norm": ("#stand-ins", ["torch.renorm: Nearly: where N is above max_value"]),
    "what of it is new": ("#new", ["known divergences were seen again"]),
}


@pytest.mark.parametrize("pixels", [400, 1400])
def test_the_published_page_opens(pixels: int, opened: Open) -> None:
    """As any other: without an error, asking nobody, and no wider than the window."""
    shown = opened(PUBLISHED, viewport={"width": pixels, "height": 900})
    assert shown.locator("#verdict .verdict").is_visible() and width(shown) <= pixels


@pytest.mark.parametrize(("place", "said"), ANSWERS.values(), ids=ANSWERS)
def test_the_published_page_answers(place: str, said: list[str], opened: Open) -> None:
    """What people come for, where the list of sections leads."""
    found = opened(PUBLISHED).locator(place).inner_text()
    assert [words for words in said if words not in found] == []
