"""A real browser, Debian's chromium without a window, and pages opened from disk in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from reports.html.page import page
from tests.reports.html.test_page import NO_POWER, measured
from tests.support.builder import report

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, or a clear word where there is none; where NORMCONF_BROWSER is set, one has to be there."""
    path = os.environ.get("NORMCONF_BROWSER") or shutil.which("chromium")
    if not path:
        pytest.skip("these tests need Debian's chromium (apt-get install chromium), and cannot run without it")
    # a container's root has no sandbox
    with sync_playwright() as started:
        launched = started.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a small run with something of everything, on disk."""
    folder = tmp_path_factory.mktemp("page")
    path = folder / "report.html"
    path.write_text(page(report(folder, measured()), found=NO_POWER), "utf-8")
    return path


@pytest.fixture
def opened(browser: Browser, file: Path) -> Iterator[Open]:
    """Opens a page from disk; in the end there were no errors in its console, and it asked nobody for anything."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def open_page(path: Path = file, anchor: str = "", **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        shown = context.new_page()
        shown.set_default_timeout(20_000)

        def console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                troubles.append(message.text)

        def request(asked: Request) -> None:
            if not asked.url.startswith((path.as_uri(), "data:")):
                troubles.append(f"asked for {asked.url}")

        shown.on("console", console)
        shown.on("pageerror", lambda error: troubles.append(str(error)))
        shown.on("request", request)
        shown.on("dialog", lambda dialog: troubles.append(f"a dialog: {dialog.message}"))
        shown.goto(path.as_uri() + anchor)
        return shown

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
