"""Where files lie, and by which name they are imported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.core.framework import Unsupported
from adapters.core.place import hides_others, place_of

BY_PATH = ["my-file.py", "1.py", "a.b.py", "sub[1].py", "class.py", "json.py", "package/my-file.py", "it's.py", "-x.py"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a package."""
    monkeypatch.chdir(tmp_path)
    Path("package").mkdir()
    Path("package", "__init__.py").touch()
    return tmp_path


@pytest.mark.parametrize("name", BY_PATH)
def test_what_cannot_be_imported_by_name_is_loaded_from_its_file(name: str, folder: Path) -> None:
    """Because Python has no such name, or another module has it."""
    Path(name).touch()
    place = place_of(name)
    assert place.by_path and (place.folder, place.file) == (str(folder), str(folder / name))
    assert all(part.isidentifier() for part in place.module.split("."))


@pytest.mark.parametrize(("name", "module"), [("mine.py", "mine"), ("package/mine.py", "package.mine")])
def test_other_files_are_modules(name: str, module: str, folder: Path) -> None:
    """Of the package in which they lie."""
    Path(name).touch()
    assert (place_of(name).module, place_of(name).by_path) == (module, False)


@pytest.mark.usefixtures("folder")
def test_what_is_no_file_is_refused() -> None:
    """In one sentence, whatever it is."""
    os.mkfifo("pipe.py")
    os.symlink("loop.py", "loop.py")
    for name in ("pipe.py", "loop.py", "nothing.py", "a" * 300 + ".py", "a\0.py"):
        with pytest.raises(Unsupported, match=r"no file|cannot be read"):
            place_of(name)


def test_a_folder_may_hide_what_others_need(folder: Path) -> None:
    """Then it must not come first."""
    before = hides_others(str(folder))
    Path("random.py").touch()
    assert (before, hides_others(str(folder))) == (False, True)
