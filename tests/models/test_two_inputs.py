"""Networks that take two pictures at once."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from deepvis.models.errors import ModelError
from deepvis.models.preprocess import Preprocessing
from deepvis.models.receptive_field import receptive_boxes
from deepvis.models.twin import twin
from deepvis.models.two_inputs import refuse_pairs
from deepvis.models.zoo import load_model
from deepvis.records import SOFTMAX, ModelRequest, Precision
from tests.pair_networks import pair_engine, pair_request


@pytest.fixture
def prepared(make_picture):
    """Two prepared pictures in one tensor, for a network."""

    def make(engine, seeds=(1, 2)):
        shape = engine.loaded.preprocessing
        return torch.cat([shape.prepare(make_picture(seed=seed))[0] for seed in seeds])

    return make


def plain(engine, pictures):
    """The two tensors that the person's own `forward` is called with."""
    return engine.loaded.preprocessing.normalize(pictures, "cpu", torch.float32).chunk(2, dim=1)


def test_a_network_with_two_required_tensors_takes_two_pictures(tmp_path, prepared):
    engine = pair_engine(tmp_path)
    info = engine.info()
    assert (info.pictures, info.input_size) == (2, (3, 32, 48))
    pictures = prepared(engine)
    with torch.inference_mode():
        expected = engine.loaded.network.of_two(*plain(engine, pictures)).softmax(1)[0]
    found = engine.ask(pictures, SOFTMAX, to_the_end=True)
    np.testing.assert_allclose(found.activations.maps.flatten(), expected, rtol=1e-5)
    assert [answer.index for answer in found.predictions] == expected.argsort(descending=True).tolist()


def test_the_order_of_the_pictures_is_kept(tmp_path, prepared):
    engine = pair_engine(tmp_path, "Apart")
    pictures = prepared(engine)
    left, right = plain(engine, pictures)
    network = engine.loaded.network
    with torch.inference_mode():
        expected = {"left.0": network.left[0](left), "right.0": network.right[0](right)}
    for layer, maps in expected.items():
        # the network overwrites it later
        np.testing.assert_allclose(engine.ask(pictures, layer, to_the_end=False).activations.maps, maps[0], rtol=1e-5)


def test_layers_keep_the_names_that_the_person_gave_them(tmp_path):
    names = list(pair_engine(tmp_path).taps)
    assert names == [
        *("branch.0:1", "branch.1:1", "branch.2:1", "branch:1", "act:1"),
        *("branch.0", "branch.1", "branch.2", "branch", "act:2"),
        *("join", "act", "head", SOFTMAX),
    ]


def test_the_calls_for_each_picture_are_a_pair_and_what_comes_after_is_none(tmp_path):
    layers = {tap.name: tap.info for tap in pair_engine(tmp_path).taps.values()}
    pairs = {name: info.pair for name, info in layers.items() if info.pair}
    assert pairs == {"branch.0": "branch.0:1", "branch.1": "branch.1:1", "branch.2": "branch.2:1"} | {
        "branch": "branch:1",
        "act:2": "act:1",
    }
    of = {name: info.of_picture for name, info in layers.items()}
    assert {name for name, picture in of.items() if picture == 1} == set(pairs.values())
    assert {name for name, picture in of.items() if picture == 2} == set(pairs)
    assert {of[name] for name in ("join", "act", "head")} == {0}


def test_one_entry_of_the_default_list_stands_for_a_pair(tmp_path):
    info = pair_engine(tmp_path).info()
    shown = [layer.name for layer in info.shown_layers()]
    assert not [name for name in shown if name.endswith(":1")]
    assert {"head", SOFTMAX} <= set(shown)
    assert any(info.layer(name).pair for name in shown)


def test_branches_of_their_own_are_no_pairs_but_it_is_known_what_they_look_at(tmp_path):
    layers = {tap.name: tap.info for tap in pair_engine(tmp_path, "Apart").taps.values()}
    assert not any(info.pair for info in layers.values())
    assert (layers["left.2"].of_picture, layers["right.2"].of_picture, layers["head"].of_picture) == (1, 2, 0)


def test_a_branch_that_runs_once_for_both_pictures_says_how_it_could_be_shown(tmp_path):
    layers = {tap.name: tap.info for tap in pair_engine(tmp_path, "AsOneBatch").taps.values()}
    assert "once for each picture" in layers["branch.0"].reason
    assert not layers["head"].reason


def test_what_differs_by_chance_makes_no_pair(tmp_path):
    layers = {tap.name: tap.info for tap in pair_engine(tmp_path, "never_steady").taps.values()}
    assert layers["branch"].pair == "branch:1"
    assert not layers["act:2"].pair
    assert layers["act:2"].of_picture == 0


def test_two_layers_come_side_by_side_from_one_pass(tmp_path, prepared):
    engine = pair_engine(tmp_path)
    pictures = prepared(engine)
    first, second = (engine.ask(pictures, name, to_the_end=False).activations.maps for name in ("branch:1", "branch"))
    runs = []
    handle = engine.loaded.network.branch.register_forward_hook(lambda *_: runs.append(1))
    both = engine.ask(pictures, "branch", to_the_end=True, beside="branch:1")
    handle.remove()
    torch.testing.assert_close(both.activations.maps, torch.cat([first, second], dim=2))
    assert len(runs) == 2
    assert both.complete


@pytest.mark.parametrize(
    ("factory", "wish", "channels", "pictures"),
    [
        ("Siamese", None, 3, 2),
        ("gray", None, 1, 2),
        ("Any", "2", 3, 2),
        ("stacked", None, 3, 2),
        ("stacked", "stacked", 3, 2),
        ("stacked_gray", None, 1, 2),
        ("single", None, 3, 1),
        ("single", "1", 3, 1),
    ],
)
def test_what_a_network_takes_is_seen_or_said(tmp_path, factory, wish, channels, pictures):
    shape = pair_engine(tmp_path, factory, inputs=wish).loaded.preprocessing
    assert (shape.channels, shape.pictures, shape.input_channels) == (channels, pictures, channels * pictures)


def test_stacked_pictures_lie_one_behind_the_other_along_the_channels(tmp_path, prepared):
    engine = pair_engine(tmp_path, "stacked")
    pictures = prepared(engine)
    with torch.inference_mode():
        expected = engine.loaded.network[0](torch.cat(plain(engine, pictures), dim=1))[0]
    np.testing.assert_allclose(engine.ask(pictures, "0", to_the_end=False).activations.maps, expected, rtol=1e-4)


def test_what_a_network_is_said_to_take_and_cannot_take_is_told_in_its_own_words(tmp_path):
    with pytest.raises(ModelError, match="missing 1 required positional argument"):
        pair_engine(tmp_path, inputs="1")


def test_networks_by_name_take_one_picture(tmp_path):
    with pytest.raises(ModelError, match="--inputs 2 is for networks of your own"):
        load_model(ModelRequest("resnet18", weights="random", inputs="2"))


def test_a_copy_of_the_structure_has_the_same_weights_and_hooks_of_its_own(tmp_path, prepared):
    engine = pair_engine(tmp_path)
    other = twin(engine)
    pictures = prepared(engine)
    hook = other.loaded.network.branch.register_forward_hook(lambda *_: pytest.fail("this is the other network"))
    before = engine.ask(pictures, "head", to_the_end=False).activations.maps
    hook.remove()
    torch.testing.assert_close(other.ask(pictures, "head", to_the_end=False).activations.maps, before)
    pointers = [next(each.loaded.network.parameters()).data_ptr() for each in (engine, other)]
    assert pointers[0] == pointers[1]


def test_a_network_of_two_pictures_is_converted_like_any_other(tmp_path, prepared):
    engine = pair_engine(tmp_path)
    pictures = prepared(engine)
    before = engine.ask(pictures, "branch", to_the_end=False).activations.maps
    engine.move(torch.device("cpu"), Precision.BFLOAT16)
    after = engine.ask(pictures, "branch", to_the_end=False).activations.maps
    assert after.dtype is torch.bfloat16
    torch.testing.assert_close(after.float(), before, rtol=0.05, atol=0.05)


def test_weights_come_from_a_file_by_the_names_of_the_persons_own_network(tmp_path):
    engine = pair_engine(tmp_path)
    state = {name: value + 1 for name, value in engine.loaded.network.of_two.state_dict().items()}
    file = tmp_path / "weights.pt"
    torch.save(state, file)
    again = pair_engine(tmp_path, weights=str(file)).loaded.network
    torch.testing.assert_close(again.state_dict(), state)


def test_a_receptive_field_is_the_same_part_of_either_picture(tmp_path):
    engine = pair_engine(tmp_path)
    batch = torch.zeros(1, 6, 32, 48)
    boxes = receptive_boxes(engine.loaded.network, batch, tuple(engine.taps.values()))
    np.testing.assert_array_equal(boxes["branch:1"], boxes["branch"])
    np.testing.assert_array_equal(boxes["join"], boxes["branch"])
    assert boxes["branch"][:, 1, 1].tolist() == [4, 4, 11, 11]


def test_galleries_of_networks_of_one_picture_are_known_by_what_they_were_known_by_before():
    one, two = Preprocessing(), Preprocessing(pictures=2)
    assert "pictures" not in json.loads(one.identity())
    assert json.loads(two.identity())["pictures"] == 2
    with pytest.raises(ValueError, match="1 or 2 pictures"):
        Preprocessing(pictures=3)


def test_what_needs_one_picture_refuses_two_with_a_sentence():
    refuse_pairs("net", Preprocessing(), "scanning")
    with pytest.raises(ModelError, match=r"^net takes two pictures at once, and scanning works with .*\.$"):
        refuse_pairs("net", Preprocessing(pictures=2), "scanning")


def test_a_network_that_is_loaded_again_is_wrapped_once(tmp_path):
    request = pair_request(tmp_path)
    first, second = load_model(request), load_model(request)
    assert list(dict(first.network.named_modules())) == list(dict(second.network.named_modules()))
    assert first.weights_sha256 == second.weights_sha256
