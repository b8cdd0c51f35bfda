from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.gallery.records import ModelIdentity
from deepvis.gallery.stale import staleness

MADE_WITH = ModelIdentity("resnet18", "aa", '{"fit": "crop", "input_size": [224, 224]}')


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"weights_sha256": ""}, ""),
        ({"preprocessing": ""}, ""),
        ({"model": "resnet50"}, "This was made with the model resnet18, not with resnet50. "),
        ({"weights_sha256": "bb"}, "This was made with other weights of resnet18. "),
        (
            {"preprocessing": '{"fit": "stretch", "input_size": [224, 256]}'},
            "This was made with other preprocessing (fit crop, now stretch; input size [224, 224], now [224, 256]). ",
        ),
        ({"preprocessing": "[1]"}, "This was made with other preprocessing. "),
        ({"preprocessing": "unreadable"}, "This was made with other preprocessing. "),
    ],
)
def test_what_differs_is_told_in_a_sentence(change, said):
    running = replace(MADE_WITH, **change)
    assert staleness(MADE_WITH, running) == (said and said + "Scan again to bring it up to date.")


def test_what_was_not_known_when_it_was_made_is_not_compared():
    assert staleness(ModelIdentity("resnet18", "", ""), MADE_WITH) == ""
