"""Networks that people bring."""

from __future__ import annotations

import sys
import textwrap

import pytest
import torch
from torch import nn

from deepvis.models.loading import ModelError
from deepvis.models.own_model import guess_preprocessing, is_own
from deepvis.models.zoo import load_model
from deepvis.records import ModelRequest

CODE = """
    import torch
    from torch import nn
    from sibling import WIDTH

    def make():
        pooled = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return nn.Sequential(nn.Conv2d(3, WIDTH, 3), pooled, nn.Linear(WIDTH, 5))

    class Net(nn.Module):
        def __init__(self, width=4):
            super().__init__()
            self.conv = nn.Conv2d(3, width, 3)

        def forward(self, x):
            return self.conv(x).mean((2, 3))

    finished = Net()
    number = 3

    def nothing():
        return None

    def broken():
        raise RuntimeError("the disk is full")

    def leaving():
        raise SystemExit(2)

    def needy(width, *, depth):
        return Net(width)
    """


@pytest.fixture(autouse=True)
def _imports_are_forgotten():
    modules, path = set(sys.modules), list(sys.path)
    yield
    assert sys.path == path, "the folder of the network stays on sys.path"
    for name in set(sys.modules) - modules:
        if name.startswith(("own_net", "own_package", "sibling", "deepvis_own_")):
            del sys.modules[name]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "own_net.py").write_text(textwrap.dedent(CODE))
    (tmp_path / "sibling.py").write_text("WIDTH = 6\n")
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "__init__.py").write_text("")
    (tmp_path / "own_package" / "nets.py").write_text("from own_net import Net\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("factory", ["make", "Net", "finished"])
def test_a_function_a_class_and_a_finished_network_all_serve(folder, factory):
    model = load_model(ModelRequest(f"own_net:{factory}"))
    assert model.name == f"own_net:{factory}"
    assert model.labels == ()
    assert not model.network.training
    assert model.network(model.preprocessing.batch(torch.zeros(9, 9, 3, dtype=torch.uint8).numpy())).ndim == 2


def test_a_module_in_a_package_serves(folder):
    assert load_model(ModelRequest("own_package.nets:Net")).name == "own_package.nets:Net"


def test_a_file_serves_from_anywhere_and_finds_its_neighbors(folder, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    model = load_model(ModelRequest(f"{folder / 'own_net.py'}:make"))
    assert model.name == "own_net:make"
    assert model.network[0].out_channels == 6


def test_an_edited_file_is_read_again(folder):
    request = ModelRequest(f"{folder / 'own_net.py'}:Net")
    load_model(request)
    changed = textwrap.dedent(CODE).replace("width=4", "width=11")
    (folder / "own_net.py").write_text(changed)
    assert load_model(request).network.conv.out_channels == 11


def test_the_factorys_weights_are_told_apart_by_their_hash(folder):
    one, same = load_model(ModelRequest("own_net:make")), load_model(ModelRequest("own_net:make"))
    other = load_model(ModelRequest("own_net:Net"))
    assert len(one.weights_sha256) == 64
    assert one.weights_sha256 == same.weights_sha256 != other.weights_sha256


def test_a_weights_file_is_loaded_strictly(folder):
    tensors = {"conv.weight": torch.ones(4, 3, 3, 3), "conv.bias": torch.zeros(4)}
    torch.save({"model": {f"module.{name}": value for name, value in tensors.items()}}, folder / "mine.pth")
    model = load_model(ModelRequest("own_net:Net", str(folder / "mine.pth")))
    assert model.network.conv.weight.min() == 1
    assert model.weights == "mine.pth"
    torch.save({"conv.weight": tensors["conv.weight"]}, folder / "half.pth")
    with pytest.raises(ModelError, match=r"half\.pth does not fit Net: missing: conv\.bias"):
        load_model(ModelRequest("own_net:Net", str(folder / "half.pth")))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_net:mak", r"has no mak\. Did you mean make"),
        ("own_net:number", "is neither a function nor a network but of type int"),
        ("own_net:nothing", "returned NoneType; a torch.nn.Module is wanted"),
        ("own_net:broken", "failed: RuntimeError: the disk is full"),
        ("own_net:leaving", "failed: SystemExit"),
        ("own_net:needy", r"needs arguments \(width, depth\)"),
        ("no_such_module:make", "There is no module no_such_module, neither installed nor in"),
        ("own_package.gone:make", r"There is no module own_package\.gone"),
        ("gone/net.py:make", r"There is no file gone/net\.py"),
    ],
)
def test_what_goes_wrong_is_a_sentence(folder, name, message):
    with pytest.raises(ModelError, match=message):
        load_model(ModelRequest(name))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import no_such_library", "its module no_such_library is not installed"),
        ("def make(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(1)", "SystemExit"),
    ],
)
@pytest.mark.parametrize("name", ["own_net_bad:make", "own_net_bad.py:make"])
def test_a_module_that_cannot_be_imported_is_a_sentence(folder, name, code, message):
    (folder / "own_net_bad.py").write_text(code)
    with pytest.raises(ModelError, match=f"Importing own_net_bad.*{message.split('its module ')[-1].split(' is')[0]}"):
        load_model(ModelRequest(name))


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("package.module:make", True),
        ("dir/file.py:make", True),
        ("C:/dir/file.py:make", True),
        ("resnet50", False),
        ("timm:resnet50", False),
        ("torchvision:resnet50", False),
        (":make", False),
        ("C:/dir/file.py", False),
    ],
)
def test_own_networks_are_told_from_named_ones(name, own):
    assert is_own(name) is own


@pytest.mark.parametrize(
    ("network", "channels", "size"),
    [
        (nn.Conv2d(3, 8, 3), 3, (224, 224)),
        (nn.Sequential(nn.Dropout(), nn.Conv2d(1, 8, 3)), 1, (224, 224)),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), 1, (28, 28)),
        (nn.Sequential(nn.Flatten(), nn.Linear(3072, 10)), 3, (32, 32)),
        (nn.Sequential(nn.LayerNorm(768), nn.Linear(768, 192)), 3, (224, 224)),  # patches of 16×16
        (nn.Identity(), 3, (224, 224)),
    ],
)
def test_channels_and_size_are_guessed_from_the_first_layer(network, channels, size):
    guess = guess_preprocessing(network)
    assert (guess.channels, guess.input_size) == (channels, size)
    assert len(guess.mean) == len(guess.std) == channels


def test_a_network_for_other_than_pictures_is_refused(folder):
    (folder / "own_net_deep.py").write_text("from torch import nn\ndef make():\n    return nn.Conv2d(7, 8, 3)\n")
    with pytest.raises(ModelError, match="1 or 3 channels"):
        load_model(ModelRequest("own_net_deep:make"))


def test_a_timm_network_inside_a_factory_keeps_its_preprocessing(folder):
    (folder / "own_net_timm.py").write_text(
        "import timm\n"
        "def rgb():\n    return timm.create_model('test_vit')\n"
        "def gray():\n    return timm.create_model('test_vit', in_chans=1)\n"
    )
    rgb = load_model(ModelRequest("own_net_timm:rgb")).preprocessing
    assert (rgb.input_size, rgb.mean, rgb.interpolation) == ((160, 160), (0.5, 0.5, 0.5), "bicubic")
    gray = load_model(ModelRequest("own_net_timm:gray")).preprocessing
    assert (gray.input_size, gray.channels, gray.mean) == ((160, 160), 1, (0.5,))
