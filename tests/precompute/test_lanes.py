from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import torch

from deepvis.gallery.reader import GalleryReader
from deepvis.models.engine import build_engine
from deepvis.precompute import synthesize as synthesizing
from deepvis.precompute.lanes import MOST_LANES, Lanes, lane_count


@pytest.fixture
def engine(networks):
    return build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_there_are_no_more_lanes_than_threads_and_blocks():
    cpu = torch.device("cpu")
    assert lane_count(cpu, 4, 100) == 4
    assert lane_count(cpu, 4, 3) == 3
    assert lane_count(cpu, 1, 100) == 1
    assert lane_count(cpu, 64, 100) == MOST_LANES
    assert lane_count(torch.device("cuda"), 16, 100) == 1


def test_lanes_work_at_the_same_time_each_with_a_network_of_its_own(engine):
    both = threading.Barrier(2, timeout=20)

    def work(own):
        both.wait()
        return own.loaded.network

    with Lanes(engine, 2) as lanes:
        lanes.start(work)
        assert lanes.free
        lanes.start(work)
        assert not lanes.free
        found = []
        while not lanes.idle:
            found += [future.result() for future in lanes.finished(5.0)]
    assert len({id(network) for network in found}) == 2
    weights = [next(network.parameters()).data_ptr() for network in found]
    assert weights[0] == weights[1]


def test_a_network_that_cannot_be_copied_has_one_lane(engine):
    engine.loaded.network.lock = threading.Lock()
    with Lanes(engine, 4) as lanes:
        assert lanes.count == 1


def test_pictures_made_at_the_same_time_are_those_made_one_after_the_other(
    synthesize, pictures, two_threads, monkeypatch
):
    meeting, met = threading.Barrier(2), []
    whole = synthesizing.ascend

    def together(*args):
        # the first two blocks meet here: they really run at the same time
        if len(met) < 2:
            met.append(threading.current_thread().name)
            meeting.wait(20)
        return whole(*args)

    alone = synthesize(layers=("body",), threads=1)
    monkeypatch.setattr(synthesizing, "ascend", together)
    both = synthesize(layers=("body",), threads=2)
    assert len(set(met)) == 2
    assert both.made == alone.made > 3
    ours, theirs = pictures(both.gallery), pictures(alone.gallery)
    assert ours.keys() == theirs.keys()
    assert all(ours[key].data == theirs[key].data for key in ours)


def test_a_fault_in_one_lane_ends_the_others_and_keeps_what_is_finished(synthesize, two_threads, monkeypatch, tmp_path):
    whole, lock, calls = synthesizing.ascend, threading.Lock(), []
    gallery = tmp_path / "some.sqlite"

    def breaks(engine, request, *more):
        with lock:
            calls.append(request.units)
            third = len(calls) == 3
        if third:
            raise TypeError("not expected")
        return whole(engine, replace(request, steps=2), *more)

    monkeypatch.setattr(synthesizing, "ascend", breaks)
    with pytest.raises(TypeError, match="not expected"):
        synthesize(layers=("body",), threads=2, batch_size=1, gallery=gallery)
    with GalleryReader(gallery) as reader:
        job = reader.jobs()[0]
        assert 1 <= len(reader.image_rows("body", job.id)) <= len(calls) - 1
    assert torch.get_num_threads() == 2
