"""Jobs are for networks of one picture, and say so at once."""

from __future__ import annotations

import pytest

from deepvis.evaluation.request import EvaluationRequest
from deepvis.evaluation.running import run_evaluation
from deepvis.models.errors import ModelError
from deepvis.precompute.picture_request import PicturesRequest
from deepvis.precompute.progress import ScanControl
from deepvis.precompute.request import ScanError, ScanRequest
from deepvis.precompute.scan import run_scan
from deepvis.precompute.synthesize import PicturesError, run_synthesis
from deepvis.synthesis.recipes import recipe_named
from tests.pair_networks import pair_request


def test_a_scan_refuses_a_network_of_two_pictures(tmp_path, images_dir):
    request = ScanRequest(images_dir, pair_request(tmp_path), gallery=tmp_path / "g.sqlite", workers=0)
    with pytest.raises(ScanError, match=r"takes two pictures at once, and scanning works .*\.$"):
        run_scan(request, report=lambda _: None, control=ScanControl())
    assert not (tmp_path / "g.sqlite").exists()


def test_synthesis_refuses_it_too(tmp_path):
    request = PicturesRequest(recipe_named("clear"), tmp_path / "g.sqlite", model=pair_request(tmp_path))
    with pytest.raises(PicturesError, match="takes two pictures at once, and synthesis works"):
        run_synthesis(request, report=lambda _: None, control=ScanControl())
    assert not (tmp_path / "g.sqlite").exists()


def test_and_so_does_an_evaluation(tmp_path, images_dir):
    request = EvaluationRequest(pair_request(tmp_path), images_dir, ("clear",))
    with pytest.raises(ModelError, match="takes two pictures at once, and evaluation works"):
        run_evaluation(request)
