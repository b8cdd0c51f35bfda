"""Random maps that hold what real ones do: equal values, silent units, NaN."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.statistics.covariance import calibrate
from deepvis.statistics.layer import LayerOptions, LayerStatistics

UNITS, HEIGHT, WIDTH = 5, 4, 6


def random_maps(samples, seed=0, units=UNITS, height=HEIGHT, width=WIDTH, *, sick=False):
    """Float32 `(samples, units, height, width)`: 0 saturates, 1 is silent, 2 constant, the rest normal."""
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(samples, units, height, width, generator=generator) * 3
    maps[:, 0] = (maps[:, 0] - 5).clamp(0, 1).round()
    maps[:, 1] = 0.0
    maps[:, 2] = -1.7
    if sick:
        maps[1::4, 3, 1, 2] = torch.nan
        maps[2::7, 4, 0, 0] = torch.inf
    return maps


def layer_statistics(units=UNITS, samples=256, **options):
    exponents = calibrate(random_maps(8, units=units).flatten(2).amax(2).numpy())
    return LayerStatistics(units, LayerOptions(top=3, classes=4, sample=samples, **options), exponents=exponents)


def same(first, second):
    """Two dictionaries of arrays agree bit for bit."""
    assert first.keys() == second.keys()
    for name, array in first.items():
        assert array.dtype == second[name].dtype, name
        assert array.shape == second[name].shape, name
        assert array.tobytes() == second[name].tobytes(), name
    return True


@pytest.fixture(params=[False, True], ids=["healthy", "sick"])
def maps(request):
    return random_maps(60, sick=request.param)


def good(maps):
    """Bool `(samples, units)`: the map is finite."""
    return np.isfinite(maps.numpy()).all((2, 3))
