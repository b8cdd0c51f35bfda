from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from deepvis.gallery.arrays import RAW, ZLIB, decode, encode, pack_correlation, unpack_correlation
from deepvis.gallery.blocks import pack, pack_histogram, pack_similar, unpack, unpack_histogram, unpack_similar
from deepvis.gallery.histogram import BINS
from deepvis.gallery.rows import ExemplarRows, SimilarRows

DTYPES = st.sampled_from([np.bool_, np.uint8, np.int16, np.int64, np.float16, np.float32, np.float64, ">i4", "<U3"])


@given(arrays_of.arrays(DTYPES, arrays_of.array_shapes(min_dims=0, min_side=0, max_side=4)), st.sampled_from([1, 6]))
def test_an_array_comes_back_as_it_was(array, level):
    back = decode(encode(array, level=level))
    assert back.dtype == array.dtype.newbyteorder("<")
    np.testing.assert_array_equal(back, array)


def test_an_array_that_cannot_be_compressed_is_kept_as_it_is():
    assert encode(np.random.default_rng(0).integers(0, 1 << 62, 1000)).codec == RAW
    assert encode(np.zeros(1000)).codec == ZLIB


def test_an_array_of_objects_is_refused():
    with pytest.raises(TypeError, match="cannot be stored"):
        encode(np.array([object()]))


@pytest.mark.parametrize(
    "change", [{"data": b"x"}, {"shape": "[3]"}, {"shape": "{"}, {"dtype": "what"}, {"codec": "raw"}]
)
def test_an_array_that_was_damaged_is_told(change):
    with pytest.raises(ValueError, match="cannot be read"):
        decode(replace(encode(np.arange(5)), **change))


def test_correlations_are_kept_to_half_a_step_with_those_that_do_not_exist():
    matrix = np.corrcoef(np.random.default_rng(0).normal(size=(9, 20)))
    matrix[4] = matrix[:, 4] = np.nan
    back = unpack_correlation(pack_correlation(matrix), 9)
    np.testing.assert_array_equal(np.isnan(back), np.isnan(matrix))
    assert np.nanmax(np.abs(back - matrix)) <= 1 / 254 + 1e-6
    np.testing.assert_array_equal(back, back.T)


@pytest.mark.parametrize("units", [0, 1, 2])
def test_few_units_have_correlations_too(units):
    assert unpack_correlation(pack_correlation(np.ones((units, units))), units).shape == (units, units)


def test_correlations_of_another_number_of_units_are_told():
    with pytest.raises(ValueError, match="not those of 3 units"):
        unpack_correlation(pack_correlation(np.ones((4, 4))), 3)


@given(arrays_of.arrays(np.int64, BINS, elements=st.integers(0, 1 << 40), fill=st.just(0)))
def test_a_histogram_comes_back_as_it_was(counts):
    np.testing.assert_array_equal(unpack_histogram(pack_histogram(counts)), counts)


def test_similar_units_come_back_and_empty_places_do_not():
    rows = SimilarRows(np.array([[70000, 1, -1], [-1, -1, -1]]), np.array([[-1.0, 0.5, 0], [0, 0, 0]]))
    first, second = pack_similar(rows)
    others, correlations = unpack_similar(first)
    assert others.tolist() == [70000, 1]
    assert correlations == pytest.approx([-1, 0.5], abs=1 / 32767)
    assert second == b""


@st.composite
def exemplars(draw):
    units, ranks = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    places = [(kind, unit, rank) for kind in range(3) for unit in range(units) for rank in range(ranks)]
    chosen = draw(st.lists(st.sampled_from(places), unique=True, max_size=len(places)))
    n = len(chosen)
    largest = draw(st.sampled_from([1, 200, 70_000, 20_000_000]))
    boxes = draw(arrays_of.arrays(np.int64, (n, 4), elements=st.integers(1, largest)))
    whole = draw(arrays_of.arrays(np.bool_, n))
    boxes[whole] = -1
    kind, unit, rank = np.array(chosen, np.int64).reshape(-1, 3).T
    finite = st.floats(width=32, allow_nan=False)
    return units, ExemplarRows(
        kind=kind,
        unit=unit,
        rank=rank,
        sample=draw(arrays_of.arrays(np.int64, n, elements=st.integers(0, largest))),
        value=draw(arrays_of.arrays(np.float32, n, elements=finite)),
        row=draw(arrays_of.arrays(np.int64, n, elements=st.integers(0, 300))),
        column=draw(arrays_of.arrays(np.int64, n, elements=st.integers(0, 300))),
        box=boxes,
    )


@settings(max_examples=60)
@given(exemplars())
def test_exemplars_come_back_from_their_bytes(drawn):
    units, rows = drawn
    packed = pack(rows, units, 301)
    if not packed.places:
        assert len(rows.unit) == 0
        return
    fields = unpack(packed.blocks.tobytes(), len(packed.places), packed.format, lambda numbers: packed.boxes[numbers])
    assert (~np.isnan(fields.value)).sum() == len(rows.unit)
    for index, (kind, unit, rank) in enumerate(zip(rows.kind, rows.unit, rows.rank, strict=True)):
        place = packed.places.index((kind, rank))
        assert fields.value[unit, place] == rows.value[index]
        assert fields.sample[unit, place] == rows.sample[index]
        assert divmod(fields.position[unit, place], 301) == (rows.row[index], rows.column[index])
        assert fields.box[unit, place].tolist() == rows.box[index].tolist()


def test_an_exemplar_without_a_value_is_left_out(made):
    rows = made.exemplar_rows(3)
    rows.value[7] = np.nan
    packed = pack(rows, 3, 7)
    fields = unpack(packed.blocks.tobytes(), len(packed.places), packed.format, lambda numbers: packed.boxes[numbers])
    assert np.isnan(fields.value).sum() == 1


def test_a_number_below_zero_is_refused(made):
    rows = made.exemplar_rows(3)
    rows.sample[2] = -5
    with pytest.raises(ValueError, match="-5 is below 0"):
        pack(rows, 3, 7)
