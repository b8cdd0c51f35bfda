from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.precompute.picture_request import PicturesError, PicturesRequest
from deepvis.precompute.work_list import digest, parse_units, work_list
from deepvis.records import LayerInfo
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.registry import Piece

WIDE, NARROW = LayerInfo("wide", "Conv2d", 10, 4, 4), LayerInfo("narrow", "Conv2d", 3, 4, 4)


def blocks(*layers, size=4, even=False, **options):
    return work_list(PicturesRequest(Recipe("any"), Path("g.sqlite"), **options), layers, size, even=even)


def units(*layers, **options):
    return [unit for block in blocks(*layers, **options) for unit in block.units]


def test_units_are_written_as_numbers_and_ranges():
    assert parse_units("0-99,151") == (range(100), range(151, 152))
    assert parse_units(" 7 , 3-3") == (range(7, 8), range(3, 4))


@pytest.mark.parametrize("text", ["", "a", "3-", "5-2", "1,,2", "-4", "1.5"])
def test_units_written_in_another_way_are_refused_with_the_form(text):
    with pytest.raises(PicturesError, match="--units must look like 0-99,151"):
        parse_units(text)


def test_blocks_hold_one_layer_each_and_the_last_one_of_a_layer_may_be_small():
    found = blocks(WIDE, NARROW)
    assert [(block.layer.name, block.units) for block in found] == [
        ("wide", (0, 1, 2, 3)),
        ("wide", (4, 5, 6, 7)),
        ("wide", (8, 9)),
        ("narrow", (0, 1, 2)),
    ]


def test_all_units_come_before_any_gets_its_second_picture():
    found = blocks(NARROW, per_unit=2, seed=3)
    assert [(block.units, block.seeds) for block in found] == [((0, 1, 2, 0), (3, 3, 3, 4)), ((1, 2), (4, 4))]


def test_two_batches_at_once_get_as_many_blocks_of_one_size():
    found = blocks(WIDE, NARROW, even=True)
    assert [(block.layer.name, block.units) for block in found] == [
        ("wide", (0, 1)),
        ("wide", (2, 3, 4)),
        ("wide", (5, 6)),
        ("wide", (7, 8, 9)),
        ("narrow", (0, 1, 2)),
    ]
    assert [len(block) for block in blocks(WIDE, even=True, size=12)] == [5, 5]
    assert [len(block) for block in blocks(WIDE, even=True, size=12, units=(range(9),))] == [9]


def test_more_pictures_per_unit_leave_even_blocks_as_they_were():
    once, thrice = (blocks(WIDE, even=True, per_unit=count) for count in (1, 3))
    assert thrice[: len(once)] == once
    assert sorted(entry for block in thrice for entry in block.entries) == [(u, s) for u in range(10) for s in range(3)]


def test_units_named_twice_come_once_and_in_order():
    assert units(WIDE, units=(range(5, 8), range(2, 7))) == [2, 3, 4, 5, 6, 7]


def test_every_nth_and_a_spread_thin_units_out_evenly():
    assert units(WIDE, every=3) == [0, 3, 6, 9]
    assert units(WIDE, spread=4) == [0, 2, 5, 7]
    assert units(WIDE, spread=99) == list(range(10))
    assert units(WIDE, units=(range(2, 10),), every=2, spread=2) == [2, 6]


def test_a_range_without_end_costs_nothing():
    with pytest.raises(PicturesError, match="there is no unit 999999999999"):
        units(WIDE, units=(range(10**12),))


def test_parts_of_a_block_are_the_block():
    (block, *_) = blocks(WIDE, size=7)
    parts = block.parts(3)
    assert [len(part) for part in parts] == [3, 3, 1]
    assert frozenset().union(*(part.entries for part in parts)) == block.entries


def test_lists_with_other_batches_are_told_apart():
    assert digest(blocks(WIDE)) == digest(blocks(WIDE))
    assert len({digest(blocks(WIDE)), digest(blocks(WIDE, size=5)), digest(blocks(WIDE, per_unit=2))}) == 3


def diverse(*layers, size, **options):
    recipe = Recipe("any", objective=Piece("diverse channel"))
    return work_list(PicturesRequest(recipe, Path("g.sqlite"), **options), layers, size, even=True)


def test_pictures_that_depend_on_each_other_are_made_together():
    found = diverse(WIDE, size=8, per_unit=3, seed=2, units=(range(5),))
    assert [block.units for block in found] == [(0, 0, 0, 1, 1, 1), (2, 2, 2, 3, 3, 3), (4, 4, 4)]
    assert {block.seeds[:3] for block in found} == {(2, 3, 4)}
    assert [part.units for part in found[0].parts(4)] == [(0, 0, 0), (1, 1, 1)]
    assert [part.units for part in found[0].parts(1)] == [(0, 0, 0), (1, 1, 1)]
    # more than a batch of one unit
    assert [block.units for block in diverse(NARROW, size=2, per_unit=3)] == [(0,) * 3, (1,) * 3, (2,) * 3]
