"""A way in which people run a constraint of their own, as text that the worker evaluates and a program shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.core.declaration import Declaration
from adapters.core.stack import Mode

# What models of whatever framework are asked beside weights in one place of `in_model`; `same` compares weights. A walk
# that meets shared weights twice may constrain them twice. Frozen weights may be constrained or not, if nobody says.
IN_PLACES = (
    "def in_shared(f, w):",
    "    once, shared = in_model(f, w, 'outer'), in_model(f, w, 'shared')",
    "    return once if same(shared, in_model(f, once, 'outer')) else shared",
    "def in_frozen(f, w, meant):",
    "    found = in_model(f, w, 'frozen')",
    "    if meant == 'left alone' and not same(found, w):",
    "        raise AssertionError('it changed frozen weights, which its mark says it leaves alone')",
    "    return in_model(f, w, 'outer') if meant != 'bounded' and same(found, w) else found",
)


# before a line that is there only if a mark says that what is no weight of a layer is left alone
OTHERS_LEFT_ALONE = "{others left alone}"


@dataclass(frozen=True)
class Use:
    """A way to run a function of weights.

    `around`: an expression in {f}, the function, and {frozen}, what its mark says of frozen weights; its value is a
    function of a plain tensor that gives one. `in_place`: the same of a function that changes its weights, empty where
    none can be used so. They may use what `definitions` define, some lines of which begin with OTHERS_LEFT_ALONE.
    `may_be_no_grad`: callers may do it under torch.no_grad(). `why_not`: why it cannot be done here, or an empty text.
    `compiles`: it does for every shape. `requires`: what is imported for it besides the framework.
    """

    sentence: str
    around: str = "{f}"
    in_place: str = ""
    definitions: tuple[str, ...] = ()
    may_be_no_grad: bool = False
    why_not: Callable[[], str] = str
    compiles: bool = False
    requires: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the function is called as it is."""
        return self.around == "{f}"

    def text(self, declared: Declaration) -> str:
        """The expression for a constraint, by what is declared of it."""
        text = (self.in_place if declared.in_place else self.around).replace("{frozen}", repr(declared.frozen))
        return text.replace("{f}", "torch.no_grad()({f})") if self.may_be_no_grad and declared.no_grad else text

    def defined(self, declared: Declaration) -> tuple[str, ...]:
        """The definitions for a constraint, by what is declared of it."""
        left_alone = declared.others == "left alone"
        asked = (line for line in self.definitions if left_alone or not line.startswith(OTHERS_LEFT_ALONE))
        return tuple(line.removeprefix(OTHERS_LEFT_ALONE) for line in asked)

    def mode(self, name: str, is_first: bool) -> Mode:
        """The mode that it is; all that is not the first is asked about values only."""
        return Mode(name, self.compiles, slow=not is_first, requires=self.requires)
