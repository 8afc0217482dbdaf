"""The version of the suite, of which normconf.py is the one place, and what tells two states of its code apart."""

from __future__ import annotations

import hashlib
import re
from functools import cache

from conformance.stacks.workers import ROOT

# in a checkout, and in an installation, whose package it is
_PLACES = (ROOT / "normconf.py", ROOT / "__init__.py")
_ASKING = ("reference", "adapters", "conformance")
_KINDS = (".py", ".json", ".toml", ".ini")


def suite_version() -> str:
    """The version that normconf.py names; read as text, because another module may be imported by that name."""
    text = next(path for path in _PLACES if path.is_file()).read_text("utf-8")
    versions: list[str] = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return versions[0]


@cache
def code_digest() -> str:
    """Twelve digits that are others whenever the code or the data differ by which is asked and judged."""
    found = hashlib.sha256()
    for path in sorted(path for folder in _ASKING for path in (ROOT / folder).rglob("*") if path.suffix in _KINDS):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]
