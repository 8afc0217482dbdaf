"""The version of the suite, of which normconf.py is the one place."""

from __future__ import annotations

import re

from conformance.stacks.workers import ROOT

# in a checkout, and in an installation, whose package it is
_PLACES = (ROOT / "normconf.py", ROOT / "__init__.py")


def suite_version() -> str:
    """The version that normconf.py names; read as text, because another module may be imported by that name."""
    text = next(path for path in _PLACES if path.is_file()).read_text("utf-8")
    versions: list[str] = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return versions[0]
