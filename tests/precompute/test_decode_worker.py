"""Decoding in processes of its own, or in this one."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis.models.preprocess import Preprocessing
from deepvis.models.samples import SampleRecipe
from deepvis.precompute.decode_worker import DecodePool, FileTask, Task, decode_task
from deepvis.precompute.request import ScanError
from deepvis.sources.decode import decode_image

RECIPE = SampleRecipe(Preprocessing((32, 32)), crops=2)


@pytest.fixture
def tasks(tmp_path, make_picture):
    """Five tasks of two images each; the fourth image is damaged, the whole third task missing."""
    found = []
    for task in range(5):
        files = []
        for number in (2 * task, 2 * task + 1):
            path = tmp_path / f"{number}.png"
            if task != 2:
                Image.fromarray(make_picture(40 + number, 50, seed=number)).save(path)
            if number == 3:
                path.write_bytes(path.read_bytes()[:200])
            files.append(FileTask(number, str(path)))
        found.append(Task(RECIPE, tuple(files)))
    return found


def test_a_task_gives_every_sample_of_every_file_it_can_read(tasks, make_picture):
    good, half, lost = (decode_task(task) for task in tasks[:3])
    assert good.samples.tolist() == list(range(20))
    assert good.pictures.shape == (20, 3, 32, 32)
    assert good.pictures.dtype == torch.uint8
    assert good.sizes == {0: (40, 50), 1: (41, 50)}
    assert torch.equal(good.pictures[13], RECIPE.make(make_picture(41, 50, seed=1), 3))
    assert half.samples.tolist() == list(range(20, 30))
    assert half.problems.keys() == {3}
    assert "damaged" in half.problems[3]
    assert lost.pictures is None
    assert lost.problems.keys() == {4, 5}
    assert good.files == half.files == lost.files == 2


def test_single_samples_and_the_whole_picture_can_be_asked_for(tasks, make_picture):
    one = FileTask(0, tasks[0].files[0].path, indices=(1, 7), quality=95)
    decoded = decode_task(Task(RECIPE, (one,)))
    assert decoded.samples.tolist() == [1, 7]
    picture = decode_image(decoded.encoded[0], "stored")
    assert np.abs(picture.astype(int) - make_picture(40, 50)).mean() < 8


def test_workers_give_the_same_as_this_process_in_order_and_serve_again(tasks):
    expected = [decode_task(task) for task in tasks]
    with DecodePool(2) as pool:
        assert len(multiprocessing.active_children()) == 2
        for _ in range(2):
            found = list(pool.decode(tasks))
            assert [one.samples.tolist() for one in found] == [one.samples.tolist() for one in expected]
            assert [one.problems for one in found] == [one.problems for one in expected]
            assert all(torch.equal(a.pictures, b.pictures) for a, b in zip(found, expected, strict=True) if a.sizes)
        next(iter(pool.decode(tasks)))  # breaking off early
        assert [one.files for one in pool.decode(tasks[:1])] == [2]
    assert not multiprocessing.active_children()
    with pytest.raises(ScanError, match="ended already"):
        next(iter(pool.decode(tasks)))


def test_a_worker_that_dies_is_told(tasks):
    with DecodePool(1) as pool:
        (worker,) = multiprocessing.active_children()
        found = pool.decode(tasks * 200)
        next(found)
        worker.kill()
        with pytest.raises(ScanError, match="ended unexpectedly"):
            list(found)
