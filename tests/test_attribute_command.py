from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from PIL import Image

from deepvis.attribution.methods import METHODS
from deepvis.cli import app, main
from deepvis.imaging.attribution_views import overlaid
from deepvis.kinds import BackView, Method, Overlay, SeedKind
from deepvis.models.zoo import model_key

SIZE = (32, 48)
MORE_NETWORKS = """

    def dark():
        conv = nn.Conv2d(3, 4, 3, stride=2)
        nn.init.constant_(conv.bias, -100)
        return nn.Sequential(OrderedDict(conv=conv, act=nn.ReLU()))

    def smooth():
        return nn.Sequential(OrderedDict(
            conv=nn.Conv2d(3, 4, 3, stride=2), act=nn.GELU(), last=nn.Conv2d(4, 4, 3, stride=2)
        ))
"""


@pytest.fixture
def image(tmp_path, make_picture):
    path = tmp_path / "picture.png"
    Image.fromarray(make_picture(*SIZE)).save(path)
    return path


@pytest.fixture
def labels(tmp_path):
    """Seven classes; two are called alike."""
    path = tmp_path / "labels.txt"
    path.write_text("tabby cat\ntiger cat\ndog\ncrane\ncrane\ncup\nbow\n")
    return path


@pytest.fixture
def chain(networks):
    """The network that the command runs."""
    return runpy.run_path(str(networks.folder / "nets.py"))["chain"]().eval()


@pytest.fixture
def attribute(networks, chain, image, labels, tmp_path):
    """Runs the command on a tiny network."""
    file = networks.folder / "nets.py"
    file.write_text(file.read_text() + textwrap.dedent(MORE_NETWORKS))
    weights = tmp_path / "chain.pt"
    torch.save(chain.state_dict(), weights)

    def run(unit, *more, net="chain"):
        model = ["--model", networks.request(net).name, "--input-size", "32x48", "--labels", str(labels)]
        model += ["--weights", str(weights)] if net == "chain" else []
        model += ["--crop-ratio", "1"]
        model += [] if net == "gray" else ["--mean", ".5,.5,.5", "--std", ".25,.25,.25"]
        return main(["attribute", unit, "--image", str(image), *model, *more])

    return run


@pytest.fixture
def found(attribute, capsys):
    """What the command says of it as JSON, and the array."""

    def run(unit, *more, net="chain"):
        capsys.readouterr()
        code = attribute(unit, "--json", *more, net=net)
        captured = capsys.readouterr()
        assert code == 0, captured.err
        return json.loads(captured.out)

    return run


@pytest.fixture
def refused(attribute, capsys):
    """What it says where it cannot be done."""

    def run(unit, *more, net="chain"):
        capsys.readouterr()
        assert attribute(unit, *more, net=net) == 2
        captured = capsys.readouterr()
        assert not captured.out
        return captured.err.strip()

    return run


def network_input(image):
    pixels = np.asarray(Image.open(image).convert("RGB"), dtype=np.float32) / 255
    return torch.tensor((pixels - 0.5) / 0.25).permute(2, 0, 1)[None]


def answered(network, image):
    with torch.no_grad():
        return network(network_input(image))[0]


def plain_gradient(network, image, layer, worth):
    """By autograd alone, of a number made of the layer's output."""
    batch = network_input(image).requires_grad_()
    kept = []
    handle = network.get_submodule(layer).register_forward_hook(lambda _module, _given, out: kept.append(out.clone()))
    network(batch)
    handle.remove()
    worth(kept[0]).backward()
    return batch.grad[0].numpy()


def test_the_array_is_the_gradient_with_respect_to_the_networks_input_tensor(attribute, chain, image, tmp_path):
    to = tmp_path / "a.npy"
    assert attribute("body/2", "--position", "3", "5", "--save", str(to)) == 0
    values = np.load(to)
    assert values.dtype == np.float32
    expected = plain_gradient(chain, image, "body", lambda out: out[0, 2, 3, 5])
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_without_a_seed_every_position_counts_as_much_as_it_is_active(attribute, chain, image, tmp_path):
    to = tmp_path / "a.npy"
    assert attribute("body/2", "--save", str(to)) == 0
    expected = plain_gradient(chain, image, "body", lambda out: (out[0, 2] * out[0, 2].detach()).sum())
    np.testing.assert_allclose(np.load(to), expected, atol=1e-5)


def test_a_class_is_the_logit_whatever_unit_is_named(attribute, found, chain, image, tmp_path):
    to = tmp_path / "a.npy"
    record = found("stem/0", "--class", "dog", "--save", str(to))
    assert record["seed"] == "class"
    assert record["class"] == {"index": 2, "label": "dog"}
    assert record["title"] == "dog"
    logits = answered(chain, image)
    assert record["activation"] == pytest.approx(float(logits[2]), abs=1e-5)
    expected = plain_gradient(chain, image, "head", lambda out: out[0, 2])
    np.testing.assert_allclose(np.load(to), expected, atol=1e-6)


def test_a_class_may_be_taken_from_another(found, chain, image, tmp_path):
    to = tmp_path / "a.npy"
    record = found("stem/0", "--class", "5", "--other-class", "tiger", "--save", str(to))
    assert record["seed"] == "difference"
    assert record["title"] == "cup − tiger cat"
    expected = plain_gradient(chain, image, "head", lambda out: out[0, 5] - out[0, 1])
    np.testing.assert_allclose(np.load(to), expected, atol=1e-6)


def test_a_class_that_is_not_named_is_the_networks_first_answer(found, chain, image):
    logits = answered(chain, image)
    assert found("head/0", "--seed", "class")["class"]["index"] == int(logits.argmax())


def test_a_unit_of_a_layer_of_classes_is_a_unit_as_any_other(found):
    record = found("head/2", "--seed", "maximum")
    assert (record["seed"], record["position"], record["class"]) == ("maximum", [0, 0], None)
    assert record["title"].endswith("/head/2 (dog)")


def test_maximum_starts_at_the_largest_activation(found, chain, image):
    maps = answered(chain[:3], image)[4]
    record = found("body/4", "--seed", "maximum")
    assert record["position"] == [int(place) for place in np.unravel_index(int(maps.argmax()), maps.shape)]
    assert record["activation"] == pytest.approx(float(maps.max()), abs=1e-5)


@pytest.mark.parametrize("method", list(Method))
def test_every_method_gives_an_array_and_a_picture_and_its_caveat(found, method, tmp_path):
    array, drawn = tmp_path / "a.npy", tmp_path / "a.png"
    record = found("body/2", "--method", method, "--save", str(array), "--save", str(drawn))
    assert record["method"] == method
    assert record["caveat"].endswith(".")
    assert record["written"] == [str(array), str(drawn)]
    values = np.load(array)
    assert values.dtype == np.float32
    assert list(values.shape) == record["shape"]
    is_map = method in (Method.GRAD_CAM, Method.OCCLUSION)
    assert values.ndim == 2 if is_map else values.shape == (3, *SIZE)
    assert record["extent"] == [values.min(), values.max()]
    assert np.asarray(Image.open(drawn)).shape == (*SIZE, 3)


def test_rules_say_what_they_reach(found):
    assert "rectifier" in found("body/2", "--method", "deconvnet")["coverage"]
    assert found("body/2", "--method", "gradient")["coverage"] == ""


def test_a_gray_network_gets_an_array_of_one_channel(found, tmp_path):
    array, drawn = tmp_path / "a.npy", tmp_path / "a.png"
    record = found("body/2", "--save", str(array), "--save", str(drawn), net="gray")
    assert record["shape"] == [1, *SIZE]
    assert np.load(array).shape == (1, *SIZE)
    pixels = np.asarray(Image.open(drawn))
    assert (pixels == pixels[..., :1]).all()


@pytest.mark.parametrize(
    ("given", "view", "colormap", "overlay", "opacity"),
    [
        ((), BackView.RAW, "auto", Overlay.OFF, 0.7),
        (("--view", "norm", "--colormap", "viridis"), BackView.NORM, "viridis", Overlay.OFF, 0.7),
        (("--view", "sum", "--overlay", "over-active"), BackView.SUM, "auto", Overlay.ACTIVE, 0.7),
        (
            ("--view", "norm-blur", "--overlay", "over-inactive", "--opacity", "0.4"),
            BackView.NORM_BLUR,
            "auto",
            Overlay.INACTIVE,
            0.4,
        ),
    ],
)
def test_a_picture_is_drawn_as_asked(attribute, image, tmp_path, given, view, colormap, overlay, opacity):
    array, drawn = tmp_path / "a.npy", tmp_path / "a.png"
    assert attribute("body/2", *given, "--save", str(array), "--save", str(drawn)) == 0
    below = np.asarray(Image.open(image))
    expected = overlaid(below, np.load(array), view, colormap, overlay, opacity, SIZE)
    np.testing.assert_array_equal(np.asarray(Image.open(drawn)), expected)


def test_a_histogram_is_large_enough_to_be_read(attribute, tmp_path):
    drawn = tmp_path / "a.png"
    assert attribute("body/2", "--view", "histogram", "--save", str(drawn)) == 0
    assert np.asarray(Image.open(drawn)).shape == (240, 400, 3)


def test_settings_for_the_units_map_are_not_meant_for_attributions(attribute, tmp_path):
    plain, other = tmp_path / "a.png", tmp_path / "b.png"
    file = tmp_path / "mine.py"
    file.write_text(
        "from deepvis.config import Settings\nSETTINGS = Settings(overlay='over active', opacity=0.1, colormap='jet')\n"
    )
    assert attribute("body/2", "--view", "norm", "--save", str(plain)) == 0
    assert attribute("body/2", "--view", "norm", "--save", str(other), "--settings", str(file)) == 0
    assert plain.read_bytes() == other.read_bytes()


def test_a_photograph_is_turned_upright_before_it_is_seen(attribute, image, tmp_path):
    straight = tmp_path / "a.npy"
    assert attribute("body/2", "--save", str(straight)) == 0
    lying = Image.open(image).transpose(Image.Transpose.ROTATE_90)
    exif = lying.getexif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    lying.save(image, exif=exif)
    turned = tmp_path / "b.npy"
    assert attribute("body/2", "--save", str(turned)) == 0
    np.testing.assert_array_equal(np.load(straight), np.load(turned))


def test_fit_decides_what_the_network_sees(attribute, image, tmp_path, make_picture):
    Image.fromarray(make_picture(40, 40)).save(image)
    made = []
    for fit in ("crop", "letterbox", "stretch"):
        to = tmp_path / f"{fit}.npy"
        assert attribute("body/2", "--fit", fit, "--save", str(to)) == 0
        made.append(np.load(to))
    assert not np.array_equal(made[0], made[1])
    assert not np.array_equal(made[1], made[2])


def test_people_read_what_it_is(attribute, networks, capsys, tmp_path):
    to = tmp_path / "a.npy"
    assert attribute("body/2", "--method", "guided", "--position", "3", "5", "--save", str(to)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{model_key(networks.request('chain').name)}/body/2 in picture.png"
    rows = dict(line.strip().split(maxsplit=1) for line in lines[1:-1] if not line.startswith("  starts"))
    assert rows["method"] == "guided backprop"
    assert "edge detector" in rows["caveat"]
    assert "rectifier" in rows["rule"]
    assert float(rows["activation"]) != 0
    assert rows["values"].startswith("3×32×48, from ")
    assert any(line.split() == ["starts", "at", "row", "3,", "column", "5"] for line in lines)
    assert lines[-1] == f"Wrote {to}."


def test_a_unit_that_is_off_says_so_and_gives_zeros(attribute, capsys, tmp_path):
    array, drawn = tmp_path / "a.npy", tmp_path / "a.png"
    assert attribute("act/0", "--save", str(array), "--save", str(drawn), net="dark") == 0
    captured = capsys.readouterr()
    assert "off in this picture" in captured.err
    assert "All values of the attribution are zero. So are those of what was written." in captured.err
    assert not np.load(array).any()
    assert (np.asarray(Image.open(drawn)) == 128).all()


def test_a_rule_without_rectifiers_is_told_and_not_drawn(attribute, capsys, tmp_path):
    array, plain, drawn = tmp_path / "a.npy", tmp_path / "b.npy", tmp_path / "a.png"
    saved = ("--save", str(array), "--save", str(drawn))
    assert attribute("last/0", "--method", "deconvnet", *saved, net="smooth") == 2
    captured = capsys.readouterr()
    assert "equals the plain gradient here" in captured.err
    assert f"So {drawn} was not drawn: --method gradient draws it." in captured.err
    assert not drawn.exists()
    assert attribute("last/0", "--save", str(plain), net="smooth") == 0
    np.testing.assert_array_equal(np.load(array), np.load(plain))


def test_a_rule_without_rectifiers_is_no_failure_where_no_picture_is_wanted(attribute, capsys):
    assert attribute("last/0", "--method", "guided", net="smooth") == 0
    assert "equals the plain gradient here" in capsys.readouterr().err


def test_numbers_that_are_none_are_told_and_the_report_stays_json(attribute, capsys):
    assert attribute("bad/1", "--seed", "maximum", "--json", net="sick") == 0
    captured = capsys.readouterr()
    record = json.loads(captured.out)
    assert record["activation"] is None
    assert record["reason"]
    assert captured.err.strip() == f"{record['reason']} All values of the attribution are zero."


def test_the_address_may_name_the_model(attribute, networks, capsys):
    key = model_key(networks.request("chain").name)
    assert attribute(f"{key}/body/2") == 0
    assert not capsys.readouterr().err


def test_an_own_network_may_be_named_in_the_address_alone(networks, image, capsys):
    name = networks.request("chain").name
    assert main(["attribute", f"{name}/body/2", "--image", str(image), "--input-size", "32x48"]) == 0
    assert capsys.readouterr().out.startswith(f"{model_key(name)}/body/2 in picture.png")


def test_model_goes_before_the_address_and_says_so(attribute, networks, capsys):
    assert attribute("resnet50/body/2") == 0
    key = model_key(networks.request("chain").name)
    assert f"The address names resnet50, but --model says {key}, and that was used." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("unit", "more", "sentence"),
    [
        ("37", (), "'37' is no unit address: write layer/unit"),
        ("boddy/2", (), "has no layer 'boddy'. Did you mean body? 'deepvis layers --all' lists them."),
        ("body/6", (), "body has units 0 to 5, no 6."),
        ("body/2", ("--position", "7", "0"), "which has 7 rows and 11 columns, counted from 0."),
        ("body/2", ("--position", "-1", "0"), "--position -1 0 lies outside the map of body"),
        ("body/2", ("--method", "magic"), "There is no method 'magic'. There are: gradient, "),
        ("body/2", ("--view", "sepia"), "There is no view 'sepia'. There are: raw, gray, "),
        ("body/2", ("--seed", "apple"), "There is no seed 'apple'. There are: channel, maximum, "),
        ("body/2", ("--seed", "maximum", "--position", "1", "1"), "--position goes with --seed position, not with"),
        ("body/2", ("--seed", "channel", "--class", "1"), "--class goes with --seed class or difference, not with"),
        ("body/2", ("--seed", "class", "--other-class", "1"), "--other-class goes with --seed difference, not with"),
        ("body/2", ("--class", "7"), "answers with classes 0 to 6; there is no class 7."),
        ("body/2", ("--class", "dob"), "has no class 'dob'. Did you mean dog?"),
        ("body/2", ("--class", "cat"), "Several classes are called 'cat': 0 tabby cat, 1 tiger cat. Give the number."),
        ("body/2", ("--class", "crane"), "Several classes are called 'crane': 3 crane, 4 crane."),
        ("body/2", ("--class", "dog", "--other-class", "2"), "are both class 2"),
        ("body/2", ("--colormap", "parula"), "--colormap must be one of auto, magma"),
        (
            "body/2",
            ("--overlay", "under"),
            "--overlay must be one of 'off', 'over-active', 'over-inactive', not 'under'",
        ),
        ("body/2", ("--progress", "json"), "--progress must be one of auto, bar, lines, none, not 'json'."),
        ("body/2", ("--opacity", "2"), "--opacity must be"),
        ("body/2", ("--fit", "squeeze"), "--fit must be one of 'crop', 'letterbox', 'stretch'"),
        ("body/2", ("--save", "a.jpg"), "--save writes .npy and .png files: give a name that ends so, not 'a.jpg'."),
        ("body/2", ("--save", "nowhere/a.npy"), "--save: there is no folder 'nowhere'."),
    ],
)
def test_what_cannot_be_done_is_a_sentence(refused, unit, more, sentence):
    assert sentence in refused(unit, *more)


def test_a_picture_that_is_not_there_is_a_sentence(refused, image):
    image.unlink()
    assert refused("body/2") == f"There is no file {image}."


def test_a_file_that_is_no_picture_is_a_sentence(refused, image):
    image.write_text("not a picture")
    assert "is not an image" in refused("body/2")


def test_the_picture_itself_is_never_replaced(refused, image):
    before = image.read_bytes()
    assert "would replace the picture" in refused("body/2", "--save", str(image))
    assert image.read_bytes() == before


def test_a_file_that_cannot_be_written_is_a_sentence(refused, tmp_path):
    (tmp_path / "a.npy").mkdir()
    assert "a.npy cannot be written" in refused("body/2", "--save", str(tmp_path / "a.npy"))


def test_a_network_without_classes_has_no_class_to_start_at(refused):
    said = refused("conv/0", "--seed", "class", net="dark")
    assert "does not answer with classes: --seed class has nothing to start at." in said


def test_classes_without_names_are_named_by_number(refused, labels):
    labels.write_text("one\ntwo\n")
    assert "have no names here: give a number" in refused("body/2", "--class", "one")


def test_a_method_whose_package_is_missing_says_how_to_get_it(refused, monkeypatch):
    from deepvis.attribution import methods

    monkeypatch.setattr(methods, "find_spec", lambda _name: None)
    assert "deepvis[lrp]" in refused("body/2", "--method", "lrp")


def test_the_help_page_lists_methods_and_seeds_with_a_line_each(capsys):
    assert main(["attribute", "--help"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for name in (*Method, *SeedKind):
        assert any(line.startswith(f"{name} ") and len(line) > len(name) + 10 for line in lines), name


def test_the_help_page_imports_no_torch(tmp_path):
    code = "import sys\nfrom deepvis.cli import main\nmain(['attribute', '--help'])\nsys.exit('torch' in sys.modules)\n"
    made = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def test_every_option_that_the_guide_names_exists():
    known = {
        option for parameter in typer.main.get_command(app).commands["attribute"].params for option in parameter.opts
    }
    guide = (Path(__file__).parents[1] / "docs" / "attribute.md").read_text()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", guide)) - known == set()


def test_the_guide_names_every_method_seed_and_view():
    guide = (Path(__file__).parents[1] / "docs" / "attribute.md").read_text()
    assert [name for name in (*Method, *SeedKind, *BackView) if f"| `{name}` |" not in guide] == []


@pytest.mark.parametrize("method", ["occlusion", "smoothgrad", "integrated-gradients"])
def test_methods_of_many_passes_tell_how_far_they_are_beside_the_report(attribute, capsys, method):
    assert attribute("body/2", "--method", method, "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["method"] == method
    total = METHODS[Method(method)].passes
    last = err.strip().splitlines()[-1]
    assert re.fullmatch(rf"computing .+: {total} of {total}, .* images/s", last)


@pytest.mark.parametrize("more", [("--method", "occlusion", "--progress", "none"), ("--method", "gradient")])
def test_nothing_is_told_where_nobody_wants_to_know_or_it_is_quick(attribute, capsys, more):
    assert attribute("body/2", *more) == 0
    assert "computing" not in capsys.readouterr().err
