from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepvis.gallery.histogram import BINS, edges
from deepvis.statistics.layer import LayerOptions, LayerStatistics
from tests.statistics.conftest import HEIGHT, UNITS, WIDTH, good, layer_statistics, random_maps, same

LABELS = torch.arange(60) % 5 - 1


def scanned(maps, **options):
    statistics = layer_statistics(**options)
    for start in range(0, len(maps), 16):
        part = slice(start, start + 16)
        statistics.update(maps[part], torch.arange(len(maps))[part], LABELS[: len(maps)][part])
    return statistics


@pytest.mark.parametrize("largest", [True, False])
def test_the_best_samples_and_their_positions_are_those_of_a_plain_loop(maps, largest):
    statistics = scanned(maps)
    ranked = statistics.top() if largest else statistics.bottom()
    flat = maps.flatten(2).numpy()
    for unit in range(UNITS):
        rows = []
        for sample in np.flatnonzero(good(maps)[:, unit]):
            values = flat[sample, unit]
            position = int(values.argmax() if largest else values.argmin())
            rows.append((float(values[position]), int(sample), position))
        rows.sort(key=lambda row: (-row[0] if largest else row[0], row[1]))
        found = zip(ranked.values[unit], ranked.samples[unit], ranked.positions[unit], strict=True)
        assert [tuple(entry) for entry in found] == rows[:3]


def test_the_figures_are_those_of_numpy(maps):
    found = scanned(maps).moments()
    values = maps.double().flatten(2).numpy()
    for unit in range(UNITS):
        seen = values[good(maps)[:, unit], unit]
        assert found.count[unit] == 60
        assert found.nan_count[unit] == 60 - len(seen)
        assert found.mean[unit] == pytest.approx(seen.mean(), rel=1e-6, abs=1e-6)
        assert found.std[unit] == pytest.approx(seen.std(), rel=1e-5, abs=1e-12)
        assert found.active_fraction[unit] == pytest.approx((seen > 0).mean(), rel=1e-12)
        assert found.minimum[unit] == seen.min()
        assert found.maximum[unit] == seen.max()
        assert found.mean_maximum[unit] == pytest.approx(seen.max(1).mean(), rel=1e-12)


def test_every_maximum_is_in_its_bin(maps):
    counts = scanned(maps).histogram()
    maxima = maps.flatten(2).amax(2).numpy()
    assert counts.shape == (UNITS, BINS)
    for unit in range(UNITS):
        expected, _ = np.histogram(maxima[good(maps)[:, unit], unit], edges())
        assert counts[unit].sum() == expected.sum()
        # numpy's bins hold their lower edge; those below zero hold the upper one
        assert (counts[unit] == expected).all()


def test_the_correlation_is_numpys_over_the_samples_without_nan(maps):
    statistics = scanned(maps)
    rows = good(maps).all(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.corrcoef(maps.flatten(2).amax(2).numpy()[rows], rowvar=False)
    found = statistics.correlation()
    constant = [1, 2]
    assert np.isnan(found[constant]).all()
    assert np.isnan(found[:, constant]).all()
    rest = np.ix_([0, 3, 4], [0, 3, 4])
    assert found[rest] == pytest.approx(expected[rest], abs=2e-3)


def test_similar_units_come_best_first_and_never_the_unit_itself():
    units, correlation = scanned(random_maps(60)).similar(4)
    full = scanned(random_maps(60)).correlation()
    assert units[1].tolist() == [-1] * 4
    assert sorted(units[0].tolist()) == [-1, -1, 3, 4]
    assert correlation[0, 0] >= correlation[0, 1]
    assert correlation[0, 0] == full[0, units[0, 0]]


def test_classes_are_ranked_by_the_mean_of_their_maxima(maps):
    ranking = scanned(maps).classes(3)
    maxima = maps.flatten(2).amax(2).double().numpy()
    labels = LABELS.numpy()
    for unit in (0, 3, 4):
        usable = good(maps)[:, unit]
        means = np.array([maxima[usable & (labels == label), unit].mean() for label in range(4)])
        order = np.argsort(-means, kind="stable")
        assert ranking.means[unit] == pytest.approx(means[order[:3]], rel=1e-6)
        assert ranking.classes[unit, 0] == order[0]
        assert ranking.counts[unit, 0] == (usable & (labels == order[0])).sum()
        best, rest = means[order[0]], means[order[1:]].mean()
        assert ranking.selectivity[unit] == pytest.approx((best - rest) / (abs(best) + abs(rest)), rel=1e-5)
    assert ranking.selectivity[1] == 0


def test_the_drawn_samples_lie_in_their_bands():
    statistics = scanned(random_maps(60))
    drawn = statistics.quantiles()
    maxima = random_maps(60).flatten(2).amax(2).numpy()
    assert drawn.samples.shape == (UNITS, 15)
    for unit in (3, 4):
        ranks = maxima[:, unit].argsort().argsort()
        shares = (ranks[drawn.samples[unit]] + 0.5) / 60
        lower = np.repeat([0, 0.25, 0.5, 0.75, 0.95], 3)
        upper = np.repeat([0.25, 0.5, 0.75, 0.95, 1.0], 3)
        assert ((shares >= lower) & (shares < upper)).all()
        assert len(set(drawn.samples[unit].tolist())) == 15
        assert (drawn.values[unit] == maxima[drawn.samples[unit], unit]).all()
        flat = random_maps(60).flatten(2)[drawn.samples[unit], unit]
        assert (drawn.positions[unit] == flat.argmax(1).numpy()).all()


def test_bands_that_cannot_be_filled_say_so():
    drawn = scanned(random_maps(4)).quantiles()
    assert (drawn.samples[3] >= 0).sum() == 4
    assert drawn.samples[3, 12:].tolist() == [-1, -1, -1]
    assert np.isnan(drawn.values[3, 12:]).all()


def test_all_samples_that_a_page_names_are_referenced():
    statistics = scanned(random_maps(60))
    referenced = set(statistics.referenced_samples().tolist())
    for ranked in (statistics.top(), statistics.bottom(), statistics.quantiles()):
        assert set(ranked.samples[ranked.samples >= 0].tolist()) <= referenced
    assert -1 not in referenced


def test_no_sample_is_referenced_later_that_was_not_kept_before_or_is_new():
    statistics = layer_statistics(samples=20)
    statistics.update(random_maps(40), torch.arange(40))
    kept = set(statistics.kept_samples().tolist())
    assert set(statistics.referenced_samples().tolist()) <= kept
    statistics.update(random_maps(40, seed=1), torch.arange(40, 80))
    assert {sample for sample in statistics.referenced_samples().tolist() if sample < 40} <= kept


@settings(max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=30, max_size=30), st.randoms(use_true_random=False), st.booleans())
def test_any_split_into_shards_and_batches_merged_in_any_order_is_the_single_pass(shard_of, chance, sick):
    maps = random_maps(30, sick=sick)
    single = layer_statistics(samples=10)
    single.update(maps, torch.arange(30), LABELS[:30])
    shards = []
    for shard in range(4):
        statistics = layer_statistics(samples=10)
        members = [sample for sample in range(30) if shard_of[sample] == shard]
        chance.shuffle(members)
        while members:
            count = chance.randint(1, len(members))
            batch, members = torch.tensor(members[:count]), members[count:]
            statistics.update(maps[batch], batch, LABELS[batch])
        shards.append(statistics)
    chance.shuffle(shards)
    while len(shards) > 1:
        other, into = shards.pop(), chance.choice(shards[:-1] or shards)
        into.merge(LayerStatistics.from_arrays(other.arrays()))
        chance.shuffle(shards)
    assert same(shards[0].arrays(), single.arrays())


SHAPES = [(1, 1), (1, 9), (3, 1), (7, 7), (14, 14), (17, 30)]


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("units", [1, 3, 24, 64])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_sample_gives_the_same_bits_in_any_batch_and_memory_order(size, units, threads):
    maps = torch.randn(9, units, *size, generator=torch.Generator().manual_seed(1))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        together = LayerStatistics(units, LayerOptions(covariance=False))
        together.update(maps.contiguous(memory_format=torch.channels_last), torch.arange(9))
        alone = LayerStatistics(units, LayerOptions(covariance=False))
        for sample in range(9):
            alone.update(maps[sample : sample + 1], torch.tensor([sample]))
        planar = LayerStatistics(units, LayerOptions(covariance=False))
        planar.update(maps, torch.arange(9))
    finally:
        torch.set_num_threads(before)
    assert same(alone.arrays(), together.arrays())
    assert same(planar.arrays(), together.arrays())


def test_maps_are_cut_into_pieces_without_a_trace(monkeypatch):
    whole = scanned(random_maps(60, sick=True)).arrays()
    monkeypatch.setattr("deepvis.statistics.reduction._PIECE", 2 * UNITS * HEIGHT * WIDTH)
    assert same(scanned(random_maps(60, sick=True)).arrays(), whole)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_number_formats_count_as_float32(dtype):
    maps = random_maps(20).to(dtype)
    assert same(scanned(maps).arrays(), scanned(maps.float()).arrays())


def test_the_maps_are_only_read():
    maps = random_maps(8, sick=True).contiguous(memory_format=torch.channels_last)
    before = maps.clone()
    scanned(maps)
    assert torch.equal(maps.nan_to_num(), before.nan_to_num())


def test_nothing_scanned_is_told_as_nothing():
    empty = layer_statistics()
    empty.update(random_maps(0), torch.empty(0, dtype=torch.int64))
    assert empty.count == 0
    assert np.isnan(empty.moments().mean).all()
    assert (empty.top().samples == -1).all()
    assert (empty.quantiles().samples == -1).all()
    assert np.isnan(empty.correlation()).all()
    assert empty.classes(2).classes.tolist() == [[-1, -1]] * UNITS
    assert not len(empty.referenced_samples())


def test_it_can_be_stored_without_covariance_and_classes():
    statistics = LayerStatistics(UNITS, LayerOptions(covariance=False))
    statistics.update(random_maps(5), torch.arange(5))
    again = LayerStatistics.from_arrays(statistics.arrays())
    assert same(again.arrays(), statistics.arrays())
    assert again.correlation() is None
    assert again.classes(3) is None
    assert (again.similar(2)[0] == -1).all()


def test_large_layers_keep_no_covariance_unless_it_is_wanted():
    assert LayerOptions().wants_covariance(4096)
    assert not LayerOptions().wants_covariance(4097)
    assert LayerOptions(covariance=True).wants_covariance(5000)


def test_an_unknown_class_is_refused_before_anything_is_added():
    statistics = layer_statistics()
    with pytest.raises(ValueError, match="Class 4"):
        statistics.update(random_maps(1), torch.tensor([0]), torch.tensor([4]))
    assert same(statistics.arrays(), layer_statistics().arrays())


def test_missing_exponents_and_other_layers_are_refused():
    with pytest.raises(ValueError, match="exponent"):
        LayerStatistics(UNITS, LayerOptions())
    with pytest.raises(ValueError, match="same layer"):
        layer_statistics().merge(layer_statistics(seed=1))


@pytest.mark.gpu
def test_a_gpu_gives_the_same_in_any_batch_and_the_same_places_as_the_cpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    maps = random_maps(30, sick=True)
    runs = []
    for size in (30, 7):
        statistics = LayerStatistics(UNITS, LayerOptions(covariance=False, top=3), device="cuda")
        for start in range(0, 30, size):
            ids = torch.arange(start, min(30, start + size))
            statistics.update(maps[ids].cuda().contiguous(memory_format=torch.channels_last), ids)
        runs.append(statistics)
    assert same(runs[0].arrays(), runs[1].arrays())
    host = LayerStatistics(UNITS, LayerOptions(covariance=False, top=3))
    host.update(maps, torch.arange(30))
    for ranking in ("top", "bottom", "quantiles"):
        there, here = getattr(runs[0], ranking)(), getattr(host, ranking)()
        assert (there.samples == here.samples).all()
        assert (there.positions == here.positions).all()
    assert (runs[0].histogram() == host.histogram()).all()
