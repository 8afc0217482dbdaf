"""What is swept: a contract with its parameters over a space, and where its groups lie in the arrays of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.core.spaces import Space, shape_of
from adapters.core.stack import Stack
from conformance.cases.case import AnyAxis, Case, Weights
from conformance.cases.shapes import takes
from reference.contract import Contract
from reference.formats import FORMATS, Format
from reference.registry import CONTRACTS

# groups of a small space: the numbers of a format of 16 bits
MOST_OF_SMALL = 1 << 16


@dataclass(frozen=True)
class Job:
    """A contract with its parameters, to be swept over a space."""

    contract: str
    parameters: Mapping[str, float]
    space: Space

    @property
    def held_to(self) -> Contract:
        """The contract."""
        return CONTRACTS[self.contract]

    @property
    def fmt(self) -> Format:
        """The format of the weights."""
        return FORMATS[self.space.format]

    @property
    def is_small(self) -> bool:
        """Whether the space is asked in a moment: its results can all be told apart, and count as any other calls."""
        return self.space.size <= MOST_OF_SMALL

    @property
    def name(self) -> str:
        """What is swept, in a few words."""
        set_to = ", ".join(f"{name} {value:g}" for name, value in self.parameters.items())
        return f"{self.contract}{f' ({set_to})' if set_to else ''}, {self.space.kind} of {self.space.format}"


@dataclass(frozen=True)
class Place:
    """Where groups lie in an array: along the first of the `reduced` dimensions of so many; and the axis for a call."""

    rank: int
    reduced: tuple[int, ...]

    @property
    def axis(self) -> AnyAxis:
        """As a call is given it: a number where that is enough."""
        return self.reduced[0] if len(self.reduced) == 1 else self.reduced

    def case(self, job: Job, bits: bytes, count: int) -> Case:
        """The case of so many groups, of which `bits` are those of an array in this place."""
        shape = shape_of(job.space.length, count, self.rank, self.reduced)
        return Case(job.contract, job.parameters, self.axis, Weights(job.space.format, shape, bits))


# where groups may lie: in columns or rows of a matrix, or as the weights of units of a convolution
_PLACES = tuple(
    Place(*place)
    for place in (
        (2, (0,)),
        (2, (1,)),
        (4, (0, 1, 2)),
        (4, (1, 2, 3)),
        (3, (0, 1)),
        (3, (1, 2)),
        (3, (0,)),
        (5, (0, 1, 2, 3)),
        (5, (1, 2, 3, 4)),
    )
)


def places_of(job: Job, stack: Stack) -> Iterator[Place]:
    """Where a stack takes many groups in one call: nowhere where it takes one at a time."""
    if stack.one_group_per_call:
        return
    single = job.held_to.single_weights
    for place in [Place(rank, ()) for rank in (1, 2, 4)] if single else _PLACES:
        if takes(stack, place.case(job, b"", 2)):
            yield place
