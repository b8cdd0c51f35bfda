"""Weight files that people give."""

from __future__ import annotations

import argparse
import warnings

import pytest
import torch
from torch import nn

from deepvis.models.loading import ModelError
from deepvis.models.weights import class_count, load_strictly, misfit, read_state_dict


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 10))


@pytest.fixture
def tensors():
    torch.manual_seed(1)
    return small().state_dict()


WRAPPERS = {
    "bare": lambda tensors: tensors,
    "state_dict": lambda tensors: {"state_dict": tensors, "epoch": 3, "best": torch.tensor(0.5)},
    "model": lambda tensors: {"model": tensors, "optimizer": {"lr": 0.1}, "args": argparse.Namespace(lr=0.1)},
    "model_state_dict": lambda tensors: {"model_state_dict": tensors},
    "twice": lambda tensors: {"model": {"state_dict": tensors}},
    "DataParallel": lambda tensors: {f"module.{name}": value for name, value in tensors.items()},
    "compiled": lambda tensors: {f"_orig_mod.{name}": value for name, value in tensors.items()},
    "both": lambda tensors: {"state_dict": {f"module._orig_mod.{name}": value for name, value in tensors.items()}},
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS.keys())
def test_a_state_dict_is_found_in_its_usual_wrappings(tmp_path, tensors, wrap):
    torch.save(wrap(tensors), tmp_path / "weights.pth")
    network = small()
    load_strictly(network, read_state_dict(tmp_path / "weights.pth"), "weights.pth")
    assert all(torch.equal(value, tensors[name]) for name, value in network.state_dict().items())


def test_safetensors_are_read(tmp_path, tensors):
    from safetensors.torch import save_file

    save_file(tensors, tmp_path / "weights.safetensors")
    found = read_state_dict(tmp_path / "weights.safetensors")
    assert found.keys() == tensors.keys()
    assert misfit(small(), found) == ""


class Trap:
    """Leaves a trace where its pickle is opened."""

    def __init__(self, trace) -> None:
        self.trace = trace

    def __reduce__(self):
        return (open, (str(self.trace), "w"))


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path):
    torch.save({"state_dict": {}, "extra": Trap(tmp_path / "trace")}, tmp_path / "evil.pth")
    with pytest.raises(ModelError, match="holds more than tensors"):
        read_state_dict(tmp_path / "evil.pth")
    assert not (tmp_path / "trace").exists()


def test_a_pickled_module_is_refused_with_the_reason_and_the_remedy(tmp_path):
    torch.save(small(), tmp_path / "whole.pth")
    with pytest.raises(ModelError, match=r"pickled torch\.nn.*run code.*state_dict\(\)"):
        read_state_dict(tmp_path / "whole.pth")


def test_a_torchscript_archive_is_refused_with_the_reason_and_the_remedy(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(small()), tmp_path / "scripted.pt")
    with pytest.raises(ModelError, match=r"TorchScript archive.*code.*state_dict\(\)"):
        read_state_dict(tmp_path / "scripted.pt")


def test_damaged_and_foreign_files_are_named(tmp_path, tensors):
    torch.save(tensors, tmp_path / "whole.pth")
    whole = (tmp_path / "whole.pth").read_bytes()
    contents = {
        "cut.pth": whole[: len(whole) // 2],
        "text.pth": b"hello " * 50,
        "empty.pth": b"",
        "cut.safetensors": b"x",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=name):
            read_state_dict(tmp_path / name)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"no weights file .*gone\.pth"):
        read_state_dict(tmp_path / "gone.pth")


@pytest.mark.parametrize("content", [{"epoch": 3}, [1, 2], {}, {"model": {"epoch": 3}}], ids=str)
def test_a_file_without_tensors_says_what_is_wanted(tmp_path, content):
    torch.save(content, tmp_path / "odd.pth")
    with pytest.raises(ModelError, match="holds no state dict"):
        read_state_dict(tmp_path / "odd.pth")


def test_the_first_tensors_that_do_not_fit_are_named(tensors):
    wrong = {f"body.{name}": value for name, value in tensors.items()}
    with pytest.raises(
        ModelError, match=r"missing: 0\.weight, 0\.bias, 1\.weight and 6 more; unexpected: body\.0\.weight"
    ):
        load_strictly(small(), wrong, "mine.pth")


def test_a_tensor_of_another_shape_is_named_with_both_shapes(tensors):
    tensors["0.weight"] = torch.zeros(4, 3, 5, 5)
    with pytest.raises(ModelError, match=r"mine\.pth.*0\.weight is 4×3×5×5 where the network has 4×3×3×3"):
        load_strictly(small(), tensors, "mine.pth")


def test_another_number_of_classes_is_recognized(tensors):
    assert class_count(small(), tensors) is None
    tensors["3.weight"], tensors["3.bias"] = torch.zeros(7, 16), torch.zeros(7)
    assert class_count(small(), tensors) == 7


def test_another_width_is_not_taken_for_classes(tensors):
    tensors["3.weight"] = torch.zeros(10, 20)
    assert class_count(small(), tensors) is None
    tensors["3.weight"], tensors["3.bias"] = torch.zeros(7, 16), torch.zeros(8)
    assert class_count(small(), tensors) is None
    assert class_count(small(), {"other": torch.zeros(1)}) is None
