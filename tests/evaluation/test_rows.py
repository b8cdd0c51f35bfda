from __future__ import annotations

import math

import numpy as np
import pytest

from deepvis.evaluation.judges import Opinion
from deepvis.evaluation.measurement import Kind, Measurement, Motif, Role
from deepvis.evaluation.picture_figures import PictureFigures
from deepvis.evaluation.response import Response
from deepvis.evaluation.rows import layer_activations, rows_of, seed_distance, unit_means

USUAL = PictureFigures(slope=-1.2, fine=0.1, variation=10.0, kurtosis=20.0, color=1.0)


def measured(unit, value, *, number=0, layer="head", kind=Kind.CLASSES, arm="clear", natural=2.0, rank=0, **more):
    values = {
        "role": Role.RECIPE,
        "figures": PictureFigures(slope=-1.0, fine=0.2, variation=5.0, kurtosis=10.0, color=0.5),
        "response": Response(value, rank, {"shift": 0.5, "blur": 1.0}),
        "cpu_s": 2.0,
        "wall_s": 4.0,
        **more,
    }
    return Measurement(
        arm=arm, motif=Motif(kind, layer, unit, "", number), natural_maximum=natural, usual=USUAL, **values
    )


def opinion(probability, rank):
    return Opinion(probability, rank, "cat", 0.5)


def test_a_row_gives_every_figure_over_the_units():
    (row,) = rows_of([measured(0, 4.0), measured(1, 1.0, rank=3), measured(2, 10.0)])
    assert (row.arm, row.kind, row.role, row.pictures, row.off) == ("clear", Kind.CLASSES, Role.RECIPE, 3, 0)
    values = {name: interval.value for name, interval in row.figures.items()}
    assert values["activation"] == 2.0  # the median of 2, 0.5 and 5
    assert values["reached"] == pytest.approx(2 / 3)
    assert values["first"] == pytest.approx(2 / 3)
    assert values["robustness"] == pytest.approx(0.75)
    assert values["slope"] == pytest.approx(0.2)
    assert values["variation"] == pytest.approx(0.5)
    assert values["fine"] == pytest.approx(2.0)
    assert (values["cpu_s"], values["wall_s"]) == (2.0, 4.0)


def test_arms_and_kinds_have_rows_of_their_own_in_the_order_they_come():
    rows = rows_of(
        [
            measured(0, 1.0, arm="b"),
            measured(0, 1.0, arm="a"),
            measured(0, 1.0, arm="b", kind=Kind.HIDDEN, layer="body"),
        ]
    )
    assert [(row.arm, row.kind) for row in rows] == [
        ("b", Kind.CLASSES),
        ("a", Kind.CLASSES),
        ("b", Kind.HIDDEN),
    ]


def test_pictures_of_one_unit_count_once():
    found = [measured(0, 2.0), measured(0, 6.0, number=1), measured(1, 2.0)]
    assert unit_means(found, lambda m: m.response.value) == [4.0, 2.0]
    assert rows_of(found)[0].figures["activation"].count == 2


def test_units_without_a_natural_maximum_are_left_out_of_the_ratio_only():
    (row,) = rows_of([measured(0, 4.0), measured(1, 4.0, natural=math.nan), measured(2, 4.0, natural=0.0)])
    assert row.figures["activation"].count == row.figures["reached"].count == 1
    assert row.figures["robustness"].count == 3


def test_units_that_stayed_off_are_counted():
    (row,) = rows_of([measured(0, 0.0, reason="It stayed off."), measured(1, 1.0)])
    assert row.off == 1


def test_transfer_has_shares_and_a_mean_for_every_judge():
    said = [(0.8, 0), (0.2, 3), (0.1, 7), (0.5, 0)]
    found = [measured(unit, 1.0, opinions={"j": opinion(*said[unit])}) for unit in range(4)]
    (row,) = rows_of(found)
    values = {name: interval.value for name, interval in row.transfer["j"].items()}
    assert values == pytest.approx({"top1": 0.5, "top5": 0.75, "probability": 0.4})
    assert row.transfer["j"]["top1"].low == pytest.approx(0.15, abs=0.01)


def test_hidden_units_have_no_transfer():
    (row,) = rows_of([measured(0, 1.0, kind=Kind.HIDDEN, opinions={})])
    assert row.transfer == {}


def test_seeds_are_0_apart_where_pictures_are_alike_and_1_where_units_cannot_be_told_apart():
    generator = np.random.default_rng(0)
    own = {unit: generator.normal(size=200) for unit in range(6)}

    def pictures(noise):
        return [
            measured(unit, 1.0, number=number, features=own[unit] + noise * generator.normal(size=200))
            for unit in own
            for number in range(3)
        ]

    assert np.mean(seed_distance(pictures(0.0))) == pytest.approx(0, abs=1e-9)
    assert np.mean(seed_distance(pictures(1.0))) == pytest.approx(0.5, abs=0.1)
    assert np.mean(seed_distance(pictures(100.0))) == pytest.approx(1, abs=0.1)
    assert rows_of(pictures(1.0))[0].figures["seeds"].count == 6


def test_one_picture_per_unit_says_nothing_about_seeds():
    assert seed_distance([measured(unit, 1.0, features=np.arange(5.0)) for unit in range(3)]) == []
    assert "seeds" not in rows_of([measured(0, 1.0)])[0].figures


def test_every_layer_is_told_by_itself():
    found = [measured(0, 2.0, layer="a"), measured(1, 6.0, layer="b"), measured(2, 2.0, layer="a", arm="other")]
    assert {layer: interval.value for layer, interval in layer_activations(found, "clear").items()} == {"a": 1, "b": 3}
