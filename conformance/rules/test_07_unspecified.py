"""Chapter 7, unspecified input: no contract says what happens, so it is recorded and compared across stacks."""

import numpy as np

from conformance.cases.case import AnyAxis, Axis, Case, Weights, weights_of
from conformance.judging.classify import classify_nan, classify_outcome
from conformance.rules.define import characterization
from conformance.rules.rule import UnspecifiedInput
from conformance.stacks.target import Trace
from reference.formats import FORMATS, Format
from reference.registry import CONTRACTS

NOWHERE = "not specified: outside the contract's domain"
F16, F32 = FORMATS["float16"], FORMATS["float32"]
_NAN, _INF = float("nan"), float("inf")


def _case(
    contract: str, weights: object, axis: AnyAxis = 0, fmt: Format = F32, access: str = "call", **parameters: object
) -> Case:
    array = weights if isinstance(weights, Weights) else weights_of(np.asarray(weights, dtype=np.float64), fmt)
    given: dict[str, float] = CONTRACTS[contract].defaults | parameters  # type: ignore[assignment]  # None and text are asked on purpose
    return Case(contract, given, axis, array, access=access)


def _array(values: object, dtype: str) -> Weights:
    array = np.asarray(values, dtype=dtype)
    return Weights(dtype, array.shape, array.tobytes())


_BOUNDS = [
    UnspecifiedInput("min_value > max_value", _case("min_max_norm", [2.0], min_value=3.0, max_value=1.0)),
    UnspecifiedInput(
        "min_value > max_value, rate 0.5", _case("min_max_norm", [2.0], min_value=3.0, max_value=1.0, rate=0.5)
    ),
    UnspecifiedInput("negative max_value", _case("max_norm", [3.0], max_value=-1.0)),
    UnspecifiedInput("negative max_value, zero weights", _case("max_norm", [0.0, 0.0], max_value=-1.0)),
    UnspecifiedInput("negative min_value and max_value", _case("min_max_norm", [3.0], min_value=-2.0, max_value=-1.0)),
    UnspecifiedInput("negative min_value", _case("min_max_norm", [0.5], min_value=-1.0, max_value=1.0)),
    UnspecifiedInput("max_value is NaN", _case("max_norm", [3.0, 4.0], max_value=_NAN)),
    UnspecifiedInput("max_value is infinite", _case("max_norm", [3.0, 4.0], max_value=_INF)),
    UnspecifiedInput("max_value is None", _case("max_norm", [3.0, 4.0], max_value=None)),
    UnspecifiedInput("max_value is a string", _case("max_norm", [3.0, 4.0], max_value="2")),
    UnspecifiedInput("min_value is NaN", _case("min_max_norm", [3.0, 4.0], min_value=_NAN)),
    UnspecifiedInput("min_value is None", _case("min_max_norm", [3.0, 4.0], min_value=None)),
]


@characterization(NOWHERE, _BOUNDS)
def test_bounds_outside_their_domain(target: Trace, case: Case) -> str:
    """Bounds that are negative, NaN, infinite, None, text, or the wrong way round are specified nowhere."""
    return classify_outcome(case, target.call(case, even_unsupported=True), *case.parameters)


_ROW, _COLUMN = [[3.0, 4.0]], [[3.0], [4.0]]
_OTHER_BOUNDS = [
    UnspecifiedInput(f"{name} is {value}", _case(contract, weights, axis, F32, "call", **{name: value}))
    for contract, name, weights, axis in (
        ("clip_by_norm", "clip_norm", _ROW, 1),
        ("renorm", "maxnorm", _ROW, 1),
        ("l2_ball", "scale", [3.0, 4.0], 0),
        ("clip_grad_norm", "max_norm", [3.0, 4.0], 0),
    )
    for value in (-1.0, 0.0, _NAN, _INF, None)
]
_OTHER_BOUNDS += [
    UnspecifiedInput("clip_norm is 0, zero weights", _case("clip_by_norm", [[0.0, 0.0]], 1, clip_norm=0.0)),
    UnspecifiedInput("maxnorm is 0, zero weights", _case("renorm", [[0.0, 0.0]], 1, maxnorm=0.0)),
    UnspecifiedInput("scale is 0, zero weights", _case("l2_ball", [0.0, 0.0], scale=0.0)),
    UnspecifiedInput("min > max", _case("clip_by_value", [2.0], (), clip_value_min=3.0, clip_value_max=1.0)),
    UnspecifiedInput("minimum is NaN", _case("clip_by_value", [2.0], (), clip_value_min=_NAN)),
]


@characterization(NOWHERE, _OTHER_BOUNDS)
def test_other_bounds_outside_their_domain(target: Trace, case: Case) -> str:
    """Bounds of calls other than Keras's that are negative, zero, NaN, infinite or None are specified nowhere."""
    return classify_outcome(case, target.call(case, even_unsupported=True), *case.parameters)


_RATES = [
    UnspecifiedInput(
        f"rate {rate:g}, norm 10, max_value 5", _case("min_max_norm", [6.0, 8.0], max_value=5.0, rate=rate)
    )
    for rate in (2.0, 3.0, -1.0, _NAN)
]


@characterization(NOWHERE, _RATES)
def test_rate_outside_zero_to_one(target: Trace, case: Case) -> str:
    """A rate outside [0, 1] is specified nowhere."""
    return classify_outcome(case, target.call(case, even_unsupported=True), "rate")


_MATRIX = np.arange(1.0, 7.0).reshape(2, 3)
_AXES = [
    UnspecifiedInput("axis 2 of a matrix", _case("max_norm", _MATRIX, axis=2)),
    UnspecifiedInput("axis -3 of a matrix", _case("max_norm", _MATRIX, axis=-3)),
    UnspecifiedInput("axis [0, 0]", _case("max_norm", _MATRIX, axis=[0, 0])),
    UnspecifiedInput("axis [0, -2] of a matrix", _case("max_norm", _MATRIX, axis=[0, -2])),
    UnspecifiedInput("axis ()", _case("max_norm", _MATRIX, axis=())),
    UnspecifiedInput("axis 1.0", _case("max_norm", _MATRIX, axis=1.0)),
    UnspecifiedInput("axis True", _case("max_norm", _MATRIX, axis=True)),
    UnspecifiedInput("axis numpy.int64(1)", _case("max_norm", _MATRIX, axis=np.int64(1))),
    UnspecifiedInput("axes 2 of a matrix", _case("clip_by_norm", _MATRIX, axis=2)),
    UnspecifiedInput("axes [0, 0]", _case("clip_by_norm", _MATRIX, axis=[0, 0])),
    UnspecifiedInput("axes ()", _case("clip_by_norm", _MATRIX, axis=())),
    UnspecifiedInput("axes 1.0", _case("clip_by_norm", _MATRIX, axis=1.0)),
    UnspecifiedInput("axes True", _case("clip_by_norm", _MATRIX, axis=True)),
    UnspecifiedInput("axes numpy.int64(1)", _case("clip_by_norm", _MATRIX, axis=np.int64(1))),
]


@characterization(NOWHERE, _AXES)
def test_axis_that_names_no_dimension(target: Trace, case: Case) -> str:
    """An axis that is out of range, given twice, empty, or no Python integer is specified nowhere."""
    return classify_outcome(case, target.call(case, even_unsupported=True), "axis", "axes", "dim")


def _arrays(contract: str, axis: Axis, whole: Axis) -> list[UnspecifiedInput]:
    """The same strange arrays for a contract; `whole` is the axis of a vector's only group."""
    vectors = {
        "int32 weights": _array([3, 4], "int32"),
        "boolean weights": _array([True, True], "bool"),
        "complex64 weights": _array([3.0, 4.0j], "complex64"),
        "float64 weights": weights_of([3.0, 4.0], FORMATS["float64"]),
        "bfloat16 weights": weights_of([3.0, 4.0], FORMATS["bfloat16"]),
        "float16 weights": weights_of([3.0, 4.0], F16),
        "no weights": weights_of(np.zeros(0), F32),
    }
    found = [UnspecifiedInput(name, _case(contract, array, whole)) for name, array in vectors.items()]
    found.append(UnspecifiedInput("rank 0", _case(contract, 3.0, axis)))
    return found


_ARRAYS = [
    *_arrays("max_norm", 0, 0),
    UnspecifiedInput("rank 0, axis None", _case("max_norm", 3.0, axis=None)),
    UnspecifiedInput("no groups", _case("max_norm", np.zeros((3, 0)))),
    UnspecifiedInput("groups without weights", _case("max_norm", np.zeros((0, 3)))),
    *_arrays("clip_by_norm", None, None),
    *_arrays("l2_ball", None, None),
    *_arrays("clip_grad_norm", None, None),
    *_arrays("clip_by_value", (), ()),
    *_arrays("non_neg", (), ()),
    UnspecifiedInput("int32 weights", _case("renorm", _array([[3, 4]], "int32"), 1)),
    UnspecifiedInput("boolean weights", _case("renorm", _array([[True, True]], "bool"), 1)),
    UnspecifiedInput("complex64 weights", _case("renorm", _array([[3.0, 4.0j]], "complex64"), 1)),
]


@characterization(NOWHERE, _ARRAYS)
def test_arrays_that_are_no_ordinary_weights(target: Trace, case: Case) -> str:
    """Arrays of rank 0, without elements, or of another type than float32 are specified nowhere."""
    return classify_outcome(case, target.call(case, even_unsupported=True), "w", "dtype", "input", "weights", "shape")


_TINY = 1e-40
_RANGE = [
    UnspecifiedInput("float16 zero, min_value 1", _case("min_max_norm", [0.0], fmt=F16, min_value=1.0, max_value=2.0)),
    UnspecifiedInput("float16 1e-4, min_value 1", _case("min_max_norm", [1e-4], fmt=F16, min_value=1.0, max_value=2.0)),
    UnspecifiedInput("float16 zero, unit_norm", _case("unit_norm", [0.0], fmt=F16)),
    UnspecifiedInput("float16 300 four times, max_value 2", _case("max_norm", [300.0] * 4, fmt=F16)),
    UnspecifiedInput("float32 3e19, max_value 2", _case("max_norm", [3e19])),
    UnspecifiedInput("float32 subnormal, min_value 1", _case("min_max_norm", [_TINY], min_value=1.0, max_value=2.0)),
    UnspecifiedInput("float32 subnormal, max_norm", _case("max_norm", [_TINY, 1.0])),
    UnspecifiedInput("a NaN in the group", _case("max_norm", [_NAN, 1.0])),
    UnspecifiedInput("an infinity in the group", _case("max_norm", [_INF, 1.0])),
    UnspecifiedInput("float16 300 four times, maxnorm 2", _case("renorm", [[300.0] * 4], 1, fmt=F16, maxnorm=2.0)),
    UnspecifiedInput(
        "float16 300 four times, clip_norm 2", _case("clip_by_norm", [[300.0] * 4], 1, fmt=F16, clip_norm=2.0)
    ),
    UnspecifiedInput("float32 1e15, clip_norm 1e25", _case("clip_by_norm", [[1e15]], 1, clip_norm=1e25)),
    UnspecifiedInput("float32 1e-30, clip_norm 1e-10", _case("clip_by_norm", [[1e-30]], 1, clip_norm=1e-10)),
    UnspecifiedInput("float16 300 four times, scale 2", _case("l2_ball", [300.0] * 4, fmt=F16, scale=2.0)),
    UnspecifiedInput("float32 1, scale 1e20", _case("l2_ball", [1.0], scale=1e20)),
    UnspecifiedInput("float16 300 four times, max_norm 2", _case("clip_grad_norm", [300.0] * 4, fmt=F16, max_norm=2.0)),
]


@characterization(NOWHERE, _RANGE)
def test_ends_of_the_range(target: Trace, case: Case) -> str:
    """Where the formula overflows, underflows, or meets NaN and infinity, what comes out is specified nowhere."""
    return classify_outcome(case, target.call(case, even_unsupported=True))


def _with_nan(contract: str, axis: Axis, shape: tuple[int, ...], fmt: Format, quiet: bool) -> UnspecifiedInput:
    """A negative NaN with payload 3, and a weight beside it."""
    one, two = weights_of([_NAN, 1.0], fmt).raw.tolist()
    quiet_bit = 1 << fmt.precision - 2
    bits = (one | 1 << fmt.bits - 1 | 3) & ~(0 if quiet else quiet_bit)
    weights = Weights(fmt.name, shape, np.array([bits, two], f"<u{fmt.bits // 8}").tobytes())
    kind = "quiet" if quiet else "signalling"
    return UnspecifiedInput(f"a {kind} {fmt.name} NaN with a payload", _case(contract, weights, axis))


_PAYLOADS = [
    _with_nan(contract, axis, shape, fmt, quiet)
    for contract, axis, shape in (
        ("max_norm", 0, (2,)),
        ("clip_by_norm", 1, (1, 2)),
        ("renorm", 1, (1, 2)),
        ("l2_ball", 0, (2,)),
        ("clip_grad_norm", 0, (2,)),
        ("clip_by_value", (), (2,)),
        ("non_neg", (), (2,)),
    )
    for fmt in (F16, F32)
    for quiet in (True, False)
]
IEEE_NAN = "not specified: IEEE 754-2019, 6.2.3, says only which payload a result should have"


@characterization(IEEE_NAN, _PAYLOADS)
def test_bits_of_a_nan(target: Trace, case: Case) -> str:
    """Which sign and payload a NaN has in the result, and whether it signals, is specified nowhere."""
    return classify_nan(case, target.call(case, even_unsupported=True))


_NAMES = [
    UnspecifiedInput(f"{name} by its name, {access}", _case(name, [3.0, 4.0], axis, access=access))
    for name, axis in (("max_norm", 0), ("min_max_norm", 0), ("unit_norm", 0), ("non_neg", ()))
    for access in ("identifier", "identifier_class", "identifier_old")
]


@characterization(NOWHERE, _NAMES, suits=lambda stack: "identifier" in stack.accesses)
def test_constraints_by_name(target: Trace, case: Case) -> str:
    """Which strings name a constraint (max_norm, MaxNorm, maxnorm), and with which defaults, is specified nowhere."""
    return classify_outcome(case, target.call(case, even_unsupported=True), "identifier")


_CONFIGS = [
    UnspecifiedInput(f"{what}, from_config", _case("max_norm", _MATRIX, axis=axis, access="from_config"))
    for what, axis in (
        ("axis 1", 1),
        ("axis [0, 1]", [0, 1]),
        ("axis (0, 1)", (0, 1)),
        ("axis None", None),
        ("axis numpy.int64(1)", np.int64(1)),
    )
]
_CONFIGS += [
    UnspecifiedInput("max_value NaN, from_config", _case("max_norm", [3.0, 4.0], max_value=_NAN, access="from_config")),
    UnspecifiedInput(
        "max_value infinite, from_config", _case("max_norm", [3.0, 4.0], max_value=_INF, access="from_config")
    ),
    UnspecifiedInput(
        "max_value None, from_config", _case("max_norm", [3.0, 4.0], max_value=None, access="from_config")
    ),
]


@characterization(NOWHERE, _CONFIGS, suits=lambda stack: "from_config" in stack.accesses)
def test_strange_configs_through_json(target: Trace, case: Case) -> str:
    """What survives get_config, JSON and from_config where the arguments are no plain numbers is specified nowhere."""
    return classify_outcome(case, target.call(case, even_unsupported=True), "axis", "max_value", "json")
