"""The contracts: what the weight-norm constraints that people use promise, each with its source.

To add a contract, add a `GainContract` to this module, made of parts from reference.parts.
"""

from __future__ import annotations

from dataclasses import replace

from reference import parts
from reference.contract import HUGE, TINY, GainContract, Parameter
from reference.norms import NormName

_EPSILON = Parameter("epsilon", 1e-7, TINY, HUGE, scales=True, monotonicity=-1)
_KERAS = "https://keras.io/api/layers/constraints/"

MAX_NORM = GainContract(
    name="max_norm",
    statement="max_norm multiplies each group by min(N, max_value) / (epsilon + N), where N is its L2 norm.",
    share=5,
    formula="w * min(max(N, 0), max_value) / (epsilon + N)",
    source=_KERAS + " (MaxNorm)",
    parameters=(Parameter("max_value", 2.0, 0.0, HUGE, scales=True, monotonicity=+1), _EPSILON),
    numerator=parts.norm_up_to_max,
    denominator=parts.epsilon_plus_norm,
    numerator_slope=parts.up_to_max,
    denominator_slope=parts.one,
    breakpoints=("max_value",),
    roundings=4,  # epsilon + N, the quotient as reciprocal and product (2), times w
    degree=1,
)

MIN_MAX_NORM = GainContract(
    name="min_max_norm",
    statement="min_max_norm multiplies each group by (rate * clip(N, min, max) + (1 - rate) * N) / (epsilon + N).",
    share=5,
    formula="w * (rate * min(max(N, min_value), max_value) + (1 - rate) * N) / (epsilon + N)",
    source=_KERAS + " (MinMaxNorm)",
    parameters=(
        Parameter("min_value", 0.0, 0.0, HUGE, scales=True, monotonicity=+1),
        Parameter("max_value", 1.0, 0.0, HUGE, scales=True, monotonicity=+1),
        Parameter("rate", 1.0, 0.0, 1.0, scales=False, monotonicity=0),
        _EPSILON,
    ),
    numerator=parts.norm_moved_by_rate,
    denominator=parts.epsilon_plus_norm,
    numerator_slope=parts.share_of_norm_kept,
    denominator_slope=parts.one,
    breakpoints=("min_value", "max_value"),
    roundings=8,  # 1 - rate, its product, the sum (3), epsilon + N, reciprocal and product (2), times w, a conversion
    degree=1,
)

UNIT_NORM = GainContract(
    name="unit_norm",
    statement="unit_norm divides each group by epsilon + N.",
    share=4,
    formula="w / (epsilon + N)",
    source=_KERAS + " (UnitNorm)",
    parameters=(_EPSILON,),
    numerator=parts.one,
    denominator=parts.epsilon_plus_norm,
    numerator_slope=parts.zero,
    denominator_slope=parts.one,
    breakpoints=(),
    roundings=3,  # epsilon + N, the quotient as reciprocal and product
    degree=0,
)


def _bound(name: str, default: float) -> Parameter:
    return Parameter(name, default, TINY, HUGE, scales=True, monotonicity=+1)


def _fixed(name: str, value: float) -> Parameter:
    return Parameter(name, value, value, value, scales=True, monotonicity=-1)


CLIP_BY_NORM = GainContract(
    name="clip_by_norm",
    statement="clip_by_norm multiplies each group by clip_norm / max(N, clip_norm).",
    share=4,
    formula="(w * clip_norm) / max(N, clip_norm)",
    source="https://www.tensorflow.org/api_docs/python/tf/clip_by_norm",
    parameters=(_bound("clip_norm", 1.0),),
    numerator=parts.itself("clip_norm"),
    denominator=parts.at_least("clip_norm"),
    numerator_slope=parts.zero,
    denominator_slope=parts.above("clip_norm"),
    breakpoints=("clip_norm",),
    roundings=3,  # the quotient as reciprocal and product (2), times w
    degree=1,
    dimension="axes",
)

RENORM = GainContract(
    name="renorm",
    statement="renorm multiplies each group with N > maxnorm by maxnorm / (N + 1e-7), and the others by 1.",
    share=4,
    formula="w * (maxnorm / (N + epsilon) where N > maxnorm, else 1), epsilon = 1e-7",
    source="https://docs.pytorch.org/docs/stable/generated/torch.renorm.html",
    parameters=(_bound("maxnorm", 1.0), _fixed("epsilon", 1e-7)),
    numerator=parts.bound_outside("maxnorm"),
    denominator=parts.norm_plus_epsilon_outside("maxnorm"),
    numerator_slope=parts.zero,
    denominator_slope=parts.above("maxnorm"),
    breakpoints=("maxnorm",),
    roundings=4,  # N + epsilon, the quotient as reciprocal and product (2), times w
    degree=1,
    dimension="dim",
)

L2_BALL = GainContract(
    name="l2_ball",
    statement="l2_ball multiplies each group with N > scale by scale / N, and the others by 1.",
    share=4,
    formula="w * (scale / max(N, scale))",
    source="https://optax.readthedocs.io/en/latest/api/projections.html (projection_l2_ball)",
    parameters=(_bound("scale", 1.0),),
    numerator=parts.itself("scale"),
    denominator=parts.at_least("scale"),
    numerator_slope=parts.zero,
    denominator_slope=parts.above("scale"),
    breakpoints=("scale",),
    # max(N, scale) may be the root of max(S, scale ** 2): the square, which the root halves, and the root are 3 / 2, so
    # 2; then the quotient as reciprocal and product (2), times w
    roundings=5,
    degree=1,
    dimension=None,
)

CLIP_GRAD_NORM = GainContract(
    name="clip_grad_norm",
    statement="clip_grad_norm multiplies each group by min(1, max_norm / (N + 1e-6)).",
    share=4,
    formula="w * min(max_norm / (N + epsilon), 1), epsilon = 1e-6",
    source="https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html",
    parameters=(_bound("max_norm", 1.0), _fixed("epsilon", 1e-6)),
    numerator=parts.max_norm_outside,
    denominator=parts.norm_plus_epsilon_outside_max_norm,
    numerator_slope=parts.zero,
    denominator_slope=parts.above_max_norm_less_epsilon,
    breakpoints=("max_norm",),
    rearranged=((parts.itself("max_norm"), parts.norm_plus_epsilon_at_least("max_norm")),),
    # N is the norm of a stack of norms: each is rounded and squared again, which the root halves: 3 / 2, so 2; then
    # N + epsilon, the quotient as reciprocal and product (2), times w
    roundings=6,
    degree=1,
    dimension=None,
)

NORMALIZE = GainContract(
    name="normalize",
    statement="normalize divides each group by max(N, epsilon).",
    share=4,
    formula="w / max(N, epsilon)",
    source="https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html",
    parameters=(replace(_EPSILON, default=1e-12),),
    numerator=parts.one,
    denominator=parts.at_least("epsilon"),
    numerator_slope=parts.zero,
    denominator_slope=parts.above("epsilon"),
    breakpoints=("epsilon",),
    roundings=2,  # the quotient as reciprocal and product
    degree=0,
    floor="epsilon",
)

L2_SPHERE = GainContract(
    name="l2_sphere",
    statement="l2_sphere multiplies each group by scale / N; what becomes of a group of zeros is not specified.",
    share=4,
    formula="w * (scale / N)",
    source="https://optax.readthedocs.io/en/latest/api/projections.html (projection_l2_sphere)",
    parameters=(_bound("scale", 1.0),),
    numerator=parts.itself("scale"),
    denominator=parts.norm,
    numerator_slope=parts.zero,
    denominator_slope=parts.one,
    breakpoints=(),
    roundings=3,  # the quotient as reciprocal and product (2), times w
    degree=1,
    zero_is_specified=False,
)

MAX_NORM_PROJECTION = GainContract(
    name="max_norm_projection",
    statement="max_norm_projection multiplies each group with N > max_value by max_value / N, and the others by 1.",
    share=4,
    formula="w * (max_value / N where N > max_value, else 1)",
    source="https://jmlr.org/papers/v15/srivastava14a.html (section 5.1: projected onto the ball of radius c)",
    parameters=(_bound("max_value", 2.0),),
    numerator=parts.bound_outside("max_value"),
    denominator=parts.norm_outside("max_value"),
    numerator_slope=parts.zero,
    denominator_slope=parts.above("max_value"),
    breakpoints=("max_value",),
    rearranged=((parts.itself("max_value"), parts.at_least("max_value")),),
    roundings=3,  # the quotient as reciprocal and product (2), times w
    degree=1,
)

UNITWISE_CLIP = GainContract(
    name="unitwise_clip",
    statement="unitwise_clip multiplies each group with N >= max_norm by max_norm / max(N, 1e-6), and the others by 1.",
    share=4,
    formula="w * (max_norm / max(N, epsilon) where N >= max_norm, else 1), epsilon = 1e-6; "
    "max_norm = clipping * max(norm of the unit's parameters, eps)",
    source="https://arxiv.org/abs/2102.06171 (Brock et al., section 4, equation 3), "
    "https://optax.readthedocs.io/en/latest/api/transformations.html (adaptive_grad_clip)",
    parameters=(_bound("max_norm", 1.0), _fixed("epsilon", 1e-6)),
    numerator=parts.max_norm_from_there,
    denominator=parts.norm_at_least_epsilon_from_max_norm,
    numerator_slope=parts.zero,
    denominator_slope=parts.from_max_norm_and_epsilon,
    breakpoints=("max_norm",),
    # max_norm is a product of a norm of one weight (the root of a rounded square: 3 / 2, so 2) and 1; then the quotient
    # as reciprocal and product (2), times w
    roundings=5,
    degree=1,
    floor="epsilon",
)


def _of(contract: GainContract, norm: NormName, words: str, source: str = "") -> GainContract:
    """The same contract of another norm."""
    return replace(
        contract,
        name=f"{contract.name}_{norm}",
        statement=f"{contract.name}_{norm} is {contract.name} of the {words}.",
        share=2,
        formula=f"{contract.formula}, N the {words}",
        source=source or contract.source,
        norm=norm,
    )


_L1, _LINF = "L1 norm, the sum of sizes", "L-infinity norm, the largest size"
_OF_KERAS = _KERAS + " (the formula of MaxNorm, whose own norm is L2)"
MAX_NORM_L1, MAX_NORM_LINF = _of(MAX_NORM, "l1", _L1, _OF_KERAS), _of(MAX_NORM, "linf", _LINF, _OF_KERAS)
RENORM_L1, RENORM_LINF = _of(RENORM, "l1", _L1), _of(RENORM, "linf", _LINF)
NORMALIZE_L1, NORMALIZE_LINF = _of(NORMALIZE, "l1", _L1), _of(NORMALIZE, "linf", _LINF)

GAIN_CONTRACTS: dict[str, GainContract] = {c.name: c for c in tuple(vars().values()) if isinstance(c, GainContract)}
