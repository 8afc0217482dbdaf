"""Arrays on the wire and in memory: the content is what was sent, the memory is what the layout promises."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adapters.core import arrays
from adapters.core.arrays import Array, Weights

SHAPES = [(6,), (2, 3), (3, 1, 4), (2, 2, 2, 3, 2)]
EMPTY = [(0,), (3, 0), (0, 3), (2, 0, 4)]
LAYOUTS = ["C", "F", "strided", "reversed", "channels-last", "offset", "misaligned"]


def name_of(value: Any) -> str:
    """The value as it stands in a test's name."""
    return str(value).replace(" ", "")


def counting(shape: tuple[int, ...], format: str = "float32") -> Array:
    """An array of which no two elements are the same."""
    return np.arange(1, 1 + np.prod(shape, dtype=int)).astype(arrays.storage(format)).reshape(shape)


def laid_out(array: Array, layout: str, format: str = "float32") -> Weights:
    """An array with a layout."""
    return replace(arrays.encode(array, format), layout=layout)


@pytest.mark.parametrize("format", arrays.FORMATS)
@pytest.mark.parametrize("shape", [*SHAPES, *EMPTY, ()], ids=name_of)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_holds_the_same_content(layout: str, shape: tuple[int, ...], format: str) -> None:
    """Bits, shape and type are those that were sent, and the array can be written to."""
    array = counting(shape, format)
    decoded = arrays.decode(laid_out(array, layout, format))
    assert (decoded.shape, decoded.dtype) == (shape, arrays.storage(format))
    assert decoded.tobytes() == array.tobytes()
    assert decoded.flags.writeable


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_broadcast_holds_the_same_content(axis: int) -> None:
    """A broadcast layout shows along its axis the same elements again and again."""
    array = np.repeat(np.take(counting((2, 3, 4)), [0], axis), (2, 3, 4)[axis], axis)
    decoded = arrays.decode(laid_out(array, f"broadcast:{axis}"))
    assert (decoded.shape, decoded.tobytes()) == (array.shape, array.tobytes())


@pytest.mark.parametrize("shape", SHAPES, ids=name_of)
def test_layout_c_is_contiguous(shape: tuple[int, ...]) -> None:
    """Elements of layout C follow one another in C order."""
    assert arrays.decode(laid_out(counting(shape), "C")).flags.c_contiguous


@pytest.mark.parametrize("shape", SHAPES, ids=name_of)
def test_layout_f_is_contiguous_in_fortran_order(shape: tuple[int, ...]) -> None:
    """Elements of layout F follow one another in Fortran order, which from two long dimensions on is not C order."""
    flags = arrays.decode(laid_out(counting(shape), "F")).flags
    assert flags.f_contiguous
    assert flags.c_contiguous == (sum(size > 1 for size in shape) < 2)


@pytest.mark.parametrize("shape", SHAPES, ids=name_of)
def test_layout_strided_leaves_gaps(shape: tuple[int, ...]) -> None:
    """Each element of layout strided takes the room of two."""
    array, plain = arrays.decode(laid_out(counting(shape), "strided")), counting(shape)
    assert array.strides == tuple(2 * stride for stride in plain.strides)
    assert not array.flags.contiguous


@pytest.mark.parametrize("format", arrays.FORMATS)
def test_strided_gaps_hold_nan(format: str) -> None:
    """What lies between the elements of layout strided is NaN, so that reading it shows."""
    array = arrays.decode(laid_out(counting((2, 3), format), "strided", format))
    assert array.base is not None
    gaps = array.base[..., 1]
    assert set(gaps.tobytes()) == {0xFF}
    assert format == "bfloat16" or np.isnan(gaps).all()


@pytest.mark.parametrize("shape", SHAPES, ids=name_of)
def test_layout_reversed_has_a_negative_stride(shape: tuple[int, ...]) -> None:
    """Layout reversed runs backwards along its first axis, and forwards along the others."""
    array = arrays.decode(laid_out(counting(shape), "reversed"))
    assert array.strides[0] == -counting(shape).strides[0]
    assert array.strides[1:] == counting(shape).strides[1:]


def test_channels_are_last_in_memory() -> None:
    """The second axis is the one along which neighbours are neighbours in memory."""
    array = arrays.decode(laid_out(counting((2, 3, 4, 5)), "channels-last"))
    assert np.moveaxis(array, 1, -1).flags.c_contiguous and array.strides[1] == 4


@pytest.mark.parametrize(("layout", "aligned"), [("offset", True), ("misaligned", False)])
def test_weights_lie_behind_the_start_of_their_buffer(layout: str, aligned: bool) -> None:
    """By one element, or by one byte."""
    array = arrays.decode(laid_out(counting((2, 3)), layout))
    assert isinstance(array.base, np.ndarray) and array.ctypes.data > array.base.ctypes.data
    assert array.flags.aligned is aligned


def test_what_is_read_only_cannot_be_written_to() -> None:
    """And holds what was sent."""
    array = arrays.decode(laid_out(counting((2, 3)), "read-only"))
    assert not array.flags.writeable and array.tobytes() == counting((2, 3)).tobytes()


def test_windows_overlap() -> None:
    """One step down is one step along in memory."""
    windows = np.array([[1, 2, 3], [2, 3, 4]], np.float32)
    array = arrays.decode(laid_out(windows, "windows:0"))
    assert array.tolist() == windows.tolist() and array.strides == (4, 4)


@pytest.mark.parametrize(("shape", "axis"), [((2, 3), 0), ((2, 3), 1), ((3,), 0)], ids=name_of)
def test_windows_that_contradict_their_content_are_refused(shape: tuple[int, ...], axis: int) -> None:
    """Content that varies along the diagonals, or has none, is not sent as something else."""
    with pytest.raises(ValueError, match=f"windows:{axis}"):
        arrays.decode(laid_out(counting(shape), f"windows:{axis}"))


@pytest.mark.parametrize(("axis", "stride"), [(0, (0, 4)), (1, (4, 0)), (-1, (4, 0)), (-2, (0, 4))])
def test_layout_broadcast_has_stride_zero(axis: int, stride: tuple[int, int]) -> None:
    """Along the axis of layout broadcast:K there is one element in memory."""
    array = arrays.decode(laid_out(np.ones((3, 5), np.float32), f"broadcast:{axis}"))
    assert array.strides == stride


def test_a_write_to_a_broadcast_shows_along_the_axis() -> None:
    """The elements along a broadcast axis are one and the same."""
    array = arrays.decode(laid_out(np.ones((3, 2), np.float32), "broadcast:0"))
    array[0, 1] = 7
    assert array.tolist() == [[1, 7]] * 3


@pytest.mark.parametrize("axis", [0, 1])
def test_a_broadcast_that_contradicts_its_content_is_refused(axis: int) -> None:
    """Content that varies along the axis is not sent as something else."""
    with pytest.raises(ValueError, match=f"constant along axis {axis}"):
        arrays.decode(laid_out(counting((2, 3)), f"broadcast:{axis}"))


def test_a_broadcast_compares_bits() -> None:
    """A negative zero beside a positive one contradicts a broadcast, and a NaN beside the same NaN does not."""
    assert np.isnan(arrays.decode(laid_out(np.full(3, np.nan), "broadcast:0", "float64"))).all()
    with pytest.raises(ValueError, match="constant"):
        arrays.decode(laid_out(np.array([0.0, -0.0]), "broadcast:0", "float64"))


@pytest.mark.parametrize(("shape", "axis"), [((), 0), ((3,), 1), ((3,), -2)], ids=name_of)
def test_a_broadcast_along_no_axis_is_refused(shape: tuple[int, ...], axis: int) -> None:
    """The axis of a broadcast is one that the array has."""
    with pytest.raises(ValueError, match="needs that axis"):
        arrays.decode(laid_out(np.ones(shape, np.float32), f"broadcast:{axis}"))


@pytest.mark.parametrize("shape", EMPTY, ids=name_of)
def test_an_empty_broadcast_stays_empty(shape: tuple[int, ...]) -> None:
    """An array without elements can be broadcast along any axis it has."""
    assert arrays.decode(laid_out(np.ones(shape, np.float32), "broadcast:0")).shape == shape


@pytest.mark.parametrize("layout", ["", "c", "broadcast", "sparse"])
def test_an_unknown_layout_is_refused(layout: str) -> None:
    """There are no layouts but those of the list."""
    with pytest.raises(ValueError, match="no layout named"):
        arrays.decode(laid_out(counting((2, 3)), layout))


@pytest.mark.parametrize("size", [0, 1, 23, 28])
def test_bits_that_do_not_fill_the_shape_are_refused(size: int) -> None:
    """Six float32 numbers are 24 bytes."""
    with pytest.raises(ValueError, match=r"size|shape"):
        arrays.decode(Weights("float32", (2, 3), bytes(size)))


def test_an_array_without_a_layout_is_contiguous() -> None:
    """It is the layout of what is encoded."""
    assert arrays.decode(arrays.encode(counting((2, 3)), "float32")).flags.c_contiguous


@pytest.mark.parametrize("layout", [*LAYOUTS, "broadcast:0"])
def test_the_request_is_not_written_through(layout: str) -> None:
    """A write to a decoded array leaves the bits of the request as they were."""
    sent = laid_out(np.ones((2, 3), np.float32), layout)
    arrays.decode(sent)[...] = 9
    assert sent.bits == np.ones((2, 3), np.float32).tobytes()


@pytest.mark.parametrize("format", ["float16", "float32", "float64", "int32", "bool"])
def test_bits_are_little_endian(format: str) -> None:
    """An array of the other byte order has the same bits."""
    array = np.array([1, 0, 1]).astype(format)
    swapped = array.astype(array.dtype.newbyteorder(">"))
    assert arrays.encode(swapped, format) == arrays.encode(array, format)
    assert arrays.decode(arrays.encode(swapped, format)).tolist() == array.tolist()


def test_bits_are_in_c_order() -> None:
    """An array in Fortran order has the same bits as its copy in C order."""
    array = counting((2, 3))
    assert arrays.encode(np.asfortranarray(array), "float32") == arrays.encode(array, "float32")


@pytest.mark.parametrize("format", arrays.FORMATS)
def test_the_sample_is_one_and_minus_two_and_a_half(format: str) -> None:
    """Each format's sample holds the same two numbers."""
    sample = arrays.sample(format)
    if format == "bfloat16":
        sample = (sample.astype(np.uint32) << 16).view(np.float32)
    assert sample.tolist() == [1.0, -2.5]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bfloat16_needs_no_ml_dtypes(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bits of bfloat16 travel as uint16 where ml_dtypes is not installed."""
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    sent = laid_out(arrays.sample("bfloat16"), layout, "bfloat16")
    array, name = arrays.named(arrays.decode(sent))
    assert (array.tolist(), name) == ([0x3F80, 0xC020], "uint16")


def test_bfloat16_numbers_need_ml_dtypes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A framework that takes bfloat16 from NumPy cannot do so where ml_dtypes is not installed."""
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(ImportError):
        arrays.as_bfloat16(arrays.sample("bfloat16"), "bfloat16")


def test_bfloat16_keeps_its_name_and_bits() -> None:
    """An array of ml_dtypes goes back to the bits and the name that it came from."""
    array, name = arrays.named(arrays.as_bfloat16(arrays.sample("bfloat16"), "bfloat16"))
    assert (array.tolist(), name) == ([0x3F80, 0xC020], "bfloat16")


@pytest.mark.parametrize("format", ["float16", "float32", "float64"])
def test_other_formats_are_left_as_they_are(format: str) -> None:
    """Only bfloat16 is viewed as something else."""
    array = arrays.sample(format)
    assert arrays.as_bfloat16(array, format) is array
    assert arrays.named(array)[1] == format
