"""What is declared of a constraint that somebody brings: by its mark, on the command line, and by its signature."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Optional

from adapters.core.axes import decode_axes, decode_by_rank, encode_axes, encode_by_rank
from adapters.core.wire import to_wire

# the parameter that names the one dimension that is kept; parameters of other names name those that are reduced
KEPT = "dim"
# what may become of weights that are not trained
FROZEN = ("bounded", "left alone")
# what may become of biases and of the parameters of a normalisation
OTHERS = ("left alone", "not asked")


@dataclasses.dataclass(frozen=True)
class Declaration:
    """Where a subject is, what it promises, and how it is called.

    `names` are the subject's own names of parameters by those of the contract, and `takes` are the contract's names of
    those that it takes. A `factory` is called for something that is called with w; it may be a class (`is_class`), and
    say of itself what Keras saves (`has_config`). `axes`, `ranks`, `formats`, `devices` and `modes` are all that it is
    asked, or None for everything; `axes_by_rank`: the one axis of each rank that it takes, where that depends on the
    rank. `no_grad`: where weights require grad it is called under torch.no_grad(). `dimension` is the contract's name
    of the parameter that says over which dimensions norms are taken, None where there is none; `single_weights`: it is
    about each weight. `assumed`: what of all this nobody has said. `kind`: what it is if no function of weights, and of
    a layer `layer` are further arguments and `base` is the one it is derived from. `values` and `tied`: as in Limits.
    `frozen`: what a function of a model does to weights that are not trained, one of FROZEN, or empty where nobody
    says; `others`: what it does to parameters that are no weights of a layer, one of OTHERS.
    """

    where: str
    name: str
    file: str
    line: int
    contract: str
    framework: str
    names: Mapping[str, str]
    fixed: Mapping[str, float]
    takes: tuple[str, ...]
    factory: bool
    axes: Optional[tuple[Any, ...]] = dataclasses.field(metadata={"encode": encode_axes, "decode": decode_axes})
    ranks: Optional[tuple[int, ...]]
    formats: Optional[tuple[str, ...]]
    devices: Optional[tuple[str, ...]]
    in_place: bool
    dimension: Optional[str]
    single_weights: bool
    modes: Optional[tuple[str, ...]] = None
    no_grad: bool = False
    is_class: bool = False
    has_config: bool = True
    assumed: tuple[str, ...] = ()
    kind: str = ""
    frozen: str = ""
    others: str = OTHERS[0]
    base: str = ""
    layer: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    values: Mapping[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    tied: Mapping[str, str] = dataclasses.field(default_factory=dict)
    axes_by_rank: Optional[Mapping[int, Any]] = dataclasses.field(
        default=None, metadata={"encode": encode_by_rank, "decode": decode_by_rank}
    )

    def recorded(self) -> dict[str, Any]:
        """What a record says of it: everything but what its contract implies."""
        return {name: value for name, value in to_wire(self).items() if name not in ("dimension", "single_weights")}
