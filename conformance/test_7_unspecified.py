"""Chapter 7, unspecified input: no contract says what happens, so it is recorded and compared across stacks."""

import numpy as np

from conformance.cases import Axis, Case, Weights, weights_of
from conformance.rules import Probe, probes
from conformance.subjects import Subject
from conformance.unspecified import in_words
from reference.contracts import CONTRACTS
from reference.formats import FORMATS, Format

NOWHERE = "not specified: outside the contract's domain"
F16, F32 = FORMATS["float16"], FORMATS["float32"]


def _case(contract: str, weights: object, axis: Axis = 0, fmt: Format = F32, **parameters: float) -> Case:
    defaults = {p.name: p.default for p in CONTRACTS[contract].parameters}
    array = weights if isinstance(weights, Weights) else weights_of(np.asarray(weights, dtype=np.float64), fmt)
    return Case(contract, defaults | parameters, axis, array)


def _integers(values: object, dtype: str) -> Weights:
    array = np.asarray(values, dtype=dtype)
    return Weights(dtype, array.shape, array.tobytes())


_BOUNDS = [
    Probe("min_value > max_value", _case("min_max_norm", [2.0], min_value=3.0, max_value=1.0)),
    Probe("min_value > max_value, rate 0.5", _case("min_max_norm", [2.0], min_value=3.0, max_value=1.0, rate=0.5)),
    Probe("negative max_value", _case("max_norm", [3.0], max_value=-1.0)),
    Probe("negative max_value, zero weights", _case("max_norm", [0.0, 0.0], max_value=-1.0)),
    Probe("negative min_value and max_value", _case("min_max_norm", [3.0], min_value=-2.0, max_value=-1.0)),
    Probe("negative min_value", _case("min_max_norm", [0.5], min_value=-1.0, max_value=1.0)),
    Probe("max_value is NaN", _case("max_norm", [3.0, 4.0], max_value=float("nan"))),
    Probe("max_value is infinite", _case("max_norm", [3.0, 4.0], max_value=float("inf"))),
    Probe("min_value is NaN", _case("min_max_norm", [3.0, 4.0], min_value=float("nan"))),
]


@probes(NOWHERE, _BOUNDS)
def test_bounds_outside_their_domain(subject: Subject, case: Case) -> str:
    """Bounds that are negative, NaN, infinite, or the wrong way round are specified nowhere."""
    return in_words(case, subject.ask(case, even_unsupported=True))


_RATES = [
    Probe(f"rate {rate:g}, norm 10, max_value 5", _case("min_max_norm", [6.0, 8.0], max_value=5.0, rate=rate))
    for rate in (2.0, 3.0, -1.0, float("nan"))
]


@probes(NOWHERE, _RATES)
def test_rate_outside_zero_to_one(subject: Subject, case: Case) -> str:
    """A rate outside [0, 1] is specified nowhere."""
    return in_words(case, subject.ask(case, even_unsupported=True))


_MATRIX = np.arange(1.0, 7.0).reshape(2, 3)
_AXES = [
    Probe("axis 2 of a matrix", _case("max_norm", _MATRIX, axis=2)),
    Probe("axis -3 of a matrix", _case("max_norm", _MATRIX, axis=-3)),
    Probe("axis [0, 0]", _case("max_norm", _MATRIX, axis=[0, 0])),
    Probe("axis [0, -2] of a matrix", _case("max_norm", _MATRIX, axis=[0, -2])),
    Probe("axis ()", _case("max_norm", _MATRIX, axis=())),
    Probe("axis 1.0", _case("max_norm", _MATRIX, axis=1.0)),
    Probe("axis True", _case("max_norm", _MATRIX, axis=True)),
]


@probes(NOWHERE, _AXES)
def test_axis_that_names_no_dimension(subject: Subject, case: Case) -> str:
    """An axis that is out of range, given twice, empty, or no integer is specified nowhere."""
    return in_words(case, subject.ask(case, even_unsupported=True))


_ARRAYS = [
    Probe("rank 0, axis 0", _case("max_norm", 3.0)),
    Probe("rank 0, axis None", _case("max_norm", 3.0, axis=None)),
    Probe("no weights", _case("max_norm", np.zeros((0,)))),
    Probe("no groups", _case("max_norm", np.zeros((3, 0)))),
    Probe("groups without weights", _case("max_norm", np.zeros((0, 3)))),
    Probe("int32 weights", _case("max_norm", _integers([3, 4], "int32"))),
    Probe("boolean weights", _case("max_norm", _integers([True, True], "bool"))),
    Probe("float64 weights", _case("max_norm", [3.0, 4.0], fmt=FORMATS["float64"])),
    Probe("bfloat16 weights", _case("max_norm", [3.0, 4.0], fmt=FORMATS["bfloat16"])),
    Probe("float16 weights", _case("max_norm", [3.0, 4.0], fmt=F16)),
]


@probes(NOWHERE, _ARRAYS)
def test_arrays_that_are_no_ordinary_weights(subject: Subject, case: Case) -> str:
    """Arrays of rank 0, without elements, or of another type than float32 are specified nowhere."""
    return in_words(case, subject.ask(case, even_unsupported=True))


_TINY = 1e-40
_RANGE = [
    Probe("float16 zero, min_value 1", _case("min_max_norm", [0.0], fmt=F16, min_value=1.0, max_value=2.0)),
    Probe("float16 1e-4, min_value 1", _case("min_max_norm", [1e-4], fmt=F16, min_value=1.0, max_value=2.0)),
    Probe("float16 zero, unit_norm", _case("unit_norm", [0.0], fmt=F16)),
    Probe("float16 300 four times, max_value 2", _case("max_norm", [300.0] * 4, fmt=F16)),
    Probe("float32 3e19, max_value 2", _case("max_norm", [3e19])),
    Probe("float32 subnormal, min_value 1", _case("min_max_norm", [_TINY], min_value=1.0, max_value=2.0)),
    Probe("float32 subnormal, max_norm", _case("max_norm", [_TINY, 1.0])),
    Probe("a NaN in the group", _case("max_norm", [float("nan"), 1.0])),
    Probe("an infinity in the group", _case("max_norm", [float("inf"), 1.0])),
]


@probes(NOWHERE, _RANGE)
def test_ends_of_the_range(subject: Subject, case: Case) -> str:
    """Where the formula overflows, underflows, or meets NaN and infinity, what comes out is specified nowhere."""
    return in_words(case, subject.ask(case, even_unsupported=True))
