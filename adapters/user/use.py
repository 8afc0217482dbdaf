"""A way in which people run a constraint of their own, as text that the worker evaluates and a program shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.core.declaration import Declaration
from adapters.core.stack import Mode


@dataclass(frozen=True)
class Use:
    """A way to run a function of weights.

    `around`: an expression in {f}, the function, whose value is a function of a plain tensor that gives one;
    `in_place`: the same of a function that changes its weights, empty where none can be used so. They may use what
    `definitions` define. `may_be_no_grad`: callers may do it under torch.no_grad(). `why_not`: why it cannot be done
    here, or an empty text. `compiles`: it does for every shape.
    """

    sentence: str
    around: str = "{f}"
    in_place: str = ""
    definitions: tuple[str, ...] = ()
    may_be_no_grad: bool = False
    why_not: Callable[[], str] = str
    compiles: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the function is called as it is."""
        return self.around == "{f}"

    def text(self, declared: Declaration) -> str:
        """The expression for a constraint, by what is declared of it."""
        text = self.in_place if declared.in_place else self.around
        return text.replace("{f}", "torch.no_grad()({f})") if self.may_be_no_grad and declared.no_grad else text

    def mode(self, name: str, is_first: bool) -> Mode:
        """The mode that it is; all that is not the first is asked about values only."""
        return Mode(name, self.compiles, slow=not is_first)
