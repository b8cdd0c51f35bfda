from __future__ import annotations

import pytest
import torch
from torch import nn

from deepvis.attribution.occlusion import refine, rounds, windows
from deepvis.attribution.options import Options
from deepvis.attribution.subject import Subject
from deepvis.kinds import Method, SeedKind
from deepvis.records import Target


def by_loop(engine, picture, cells, worth):
    """One window after the other, written down plainly."""
    batch = engine.batch(picture)
    whole, drops = worth(batch), torch.zeros(cells, cells)
    size = batch.shape[2] / cells
    for row in range(cells):
        for column in range(cells):
            covered = batch.clone()
            for y in range(batch.shape[2]):
                for x in range(batch.shape[3]):
                    inside_rows = (row - 0.5) * size <= y < (row + 1.5) * size
                    if inside_rows and (column - 0.5) * size <= x < (column + 1.5) * size:
                        covered[0, :, y, x] = 0
            drops[row, column] = whole - worth(covered)
    return drops


@pytest.mark.parametrize("chunk", [0, 1, 5])
def test_a_class_loses_what_a_loop_finds(residual, picture, chunk):
    target = Target("act", 0, SeedKind.CLASS, class_index=1)
    ours = Subject(residual, picture).attribute(target, Method.OCCLUSION, Options(cells=(2, 6), chunk=chunk))
    expected = by_loop(residual, picture, 6, lambda batch: residual.loaded.network(batch)[0, 1])
    torch.testing.assert_close(ours.values, expected, atol=1e-5, rtol=1e-4)


def test_a_channel_counts_every_position_as_much_as_it_is_active(residual, picture):
    network = residual.loaded.network
    up_to = nn.Sequential(network.conv, network.norm, network.act, network.pool)
    weights = up_to(residual.batch(picture))[0, 3]
    ours = Subject(residual, picture).attribute(Target("pool", 3), Method.OCCLUSION, Options(cells=(4,)))
    expected = by_loop(residual, picture, 4, lambda batch: (up_to(batch)[0, 3] * weights).sum())
    torch.testing.assert_close(ours.values, expected, atol=1e-4, rtol=1e-4)


def test_a_position_keeps_its_place(residual, picture):
    network = residual.loaded.network
    up_to = nn.Sequential(network.conv, network.norm, network.act)
    target = Target("act", 2, SeedKind.MAXIMUM)
    ours = Subject(residual, picture).attribute(target, Method.OCCLUSION, Options(cells=(4,)))
    row, column = ours.target.position
    expected = by_loop(residual, picture, 4, lambda batch: up_to(batch)[0, 2, row, column])
    torch.testing.assert_close(ours.values, expected, atol=1e-5, rtol=1e-4)
    assert ours.values.any()
    assert (ours.values.abs() > 1e-5).sum() <= 9  # nothing but the windows that reach there


def test_it_refines_from_coarse_to_fine_a_batch_at_a_time(residual, picture):
    options = Options(cells=(2, 4), chunk=3)
    subject, target = Subject(residual, picture), Target("block2", 1)
    steps = list(refine(subject, target, options))
    assert len(steps) == rounds(options, 3) == 2 + 6
    assert [each.values.shape[0] for each in steps] == [2, 2, 4, 4, 4, 4, 4, 4]
    assert [each.complete for each in steps] == [False] * 7 + [True]
    coarse, first, last = steps[1].values, steps[2].values, steps[-1].values
    assert torch.equal(first.flatten()[3:], coarse.repeat_interleave(2, 0).repeat_interleave(2, 1).flatten()[3:])
    assert torch.equal(first.flatten()[:3], last.flatten()[:3])
    torch.testing.assert_close(last, subject.attribute(target, Method.OCCLUSION, options).values)


def test_what_was_given_is_not_changed_later(residual, picture):
    steps = refine(Subject(residual, picture), Target("block2", 1), Options(cells=(3,), chunk=4))
    first = next(steps)
    kept = first.values.clone()
    list(steps)
    assert torch.equal(first.values, kept)


def test_a_unit_that_is_off_ends_at_once(engines, network_of, picture):
    network = network_of(nn.ReLU)
    network.norm.weight.data[5] = 0
    network.norm.bias.data[5] = -100
    (only,) = refine(Subject(engines(network), picture), Target("act", 5), Options(cells=(2, 4)))
    assert only.complete
    assert not only.values.any()
    assert only.reason


@pytest.mark.parametrize(("cells", "height", "width"), [(4, 224, 224), (7, 30, 45), (16, 224, 200), (3, 10, 10)])
def test_windows_cover_every_pixel_and_grow_over_their_cell(cells, height, width):
    covered = torch.zeros(height, width)
    for rows, columns in windows(cells, height, width):
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width
        covered[rows, columns] += 1
    assert covered.min() >= 1
    assert covered[height // 2, width // 2] >= 4
