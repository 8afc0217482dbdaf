"""What a report is written as, and the writing of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from reports.analysis.report import Report
from reports.export.junit import junit
from reports.export.report_json import as_json
from reports.markdown import claims
from reports.markdown.page import render
from reports.record.file import ReportError

# of a report, and of the one from before, where there is one
Render: TypeAlias = Callable[[Report, Report | None], str]


def _page(report: Report, since: Report | None) -> str:
    from reports.html.page import page  # only here are its pictures drawn

    return page(report, since)


FORMATS: Mapping[str, Render] = {
    ".html": _page,
    ".md": lambda report, _: render(report),
    ".json": lambda report, _: as_json(report),
    ".xml": lambda report, _: junit(report),
}


def renders(paths: Iterable[Path]) -> dict[Path, Render]:
    """What writes each of the files, by their suffixes; raises ReportError where a suffix is none of ours."""
    found = {}
    for path in paths:
        if path.suffix not in FORMATS:
            raise ReportError(f"a report ends with {', '.join(FORMATS)}, and {str(path)!r} with none of these")
        found[path] = FORMATS[path.suffix]
    return found


def write_all(report: Report, outputs: Mapping[Path, Render], since: Report | None = None) -> None:
    """The report is in every file."""
    for path, rendered in outputs.items():
        write(path, rendered(report, since))


def write_divergences(report: Report, path: Path) -> None:
    """The page of claims is in the file, and its pictures are beside it."""
    write(path, claims.render(report))
    for name, picture in claims.files(report).items():
        write(path.with_name(name), picture)


def write(path: Path, text: str, mode: str = "w") -> None:
    """The text is in the file, whose folder is made where there is none; raises ReportError where it cannot be."""
    make_folder(path.parent)
    try:
        with path.open(mode, encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror}") from error


def require_writable(paths: Iterable[Path]) -> None:
    """Raise ReportError for the first of some paths to which no file can be written; nothing is made."""
    for path in paths:
        try:
            if path.is_dir():
                raise ReportError(f"{path} cannot be written: it is a folder")
            above = next(folder for folder in path.absolute().parents if folder.exists())
            if not above.is_dir():
                raise ReportError(f"{path} cannot be written: {above} is no folder")
        except OSError as error:
            raise ReportError(f"{path} cannot be written: {error.strerror}") from error


def make_folder(path: Path) -> None:
    """The folder is there; raises ReportError where it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror}") from error


def to_step_summary(text: str) -> None:
    """The text stands at the end of the summary of a step of GitHub Actions, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        write(Path(path), text, "a")
