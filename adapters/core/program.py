"""Stand-alone programs that repeat calls without this project, as values: what is called, how it is shown, what for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Optional

# what a program imports where it uses it
IMPORTS = {
    "base64": r"\bbase64\.",
    "functools": r"\bfunctools\.",
    "inspect": r"\binspect\.",
    "json": r"\bjson\.",
    "math": r"\bmath\.",
    "numpy as np": r"\bnp\.",
    "tempfile": r"\btempfile\.",
}


@dataclass(frozen=True)
class Step:
    """One case of a program: the lines ahead of its call, the call as an expression in w, and how a result is shown.

    It is called `calls` times, each time on the result before; `show_all`: every result is shown, not only the last.
    """

    lines: tuple[str, ...]
    call: str
    show: str
    calls: int = 1
    show_all: bool = True

    def written(self) -> list[str]:
        """The lines of the program."""
        if self.calls == 1:
            return [*self.lines, f"y = {self.call}", f"print({self.show.format(y='y')})"]
        indent = "    " if self.show_all else ""
        shown = f"{indent}print({self.show.format(y='w')})"
        return [*self.lines, f"for _ in range({self.calls}):", f"    w = {self.call}", shown]


@dataclass(frozen=True)
class Program:
    """A program that makes calls and prints what they give.

    `before` are lines ahead of the imports, `after` are lines at the end, and `scope` is a with statement around all
    steps.
    """

    steps: tuple[Step, ...] = ()
    imports: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    scope: Optional[str] = None

    @property
    def source(self) -> str:
        """The text of the program."""
        body = [line for step in self.steps for line in step.written()]
        if self.scope:
            body = [self.scope, *("    " + line for line in body)]
        return "".join(f"{line}\n" for line in (*self.before, *self._import(body), *body, *self.after))

    def _import(self, body: list[str]) -> list[str]:
        text = "\n".join(body)
        used = [name for name, use in IMPORTS.items() if re.search(use, text) and name not in self.imports]
        line = f"import {', '.join([*self.imports, *used])}"
        return [line] if (self.imports or used) and line not in self.before else []

    def preceded_by(self, lines: tuple[str, ...]) -> Program:
        """The program with lines ahead of everything; an import that is among them is not repeated."""
        return replace(self, before=(*lines, *(line for line in self.before if line not in lines)))

    def showing_type(self) -> Program:
        """The program that shows the type of its last result, for one that cannot be shown as an array."""
        if not self.steps:
            return self
        *others, last = self.steps
        return replace(self, steps=(*others, replace(last, show="type({y}).__name__")))
