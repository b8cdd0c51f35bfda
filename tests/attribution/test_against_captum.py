"""The same numbers as captum's, where captum can do it: networks whose rectifiers are ReLU modules used once."""

from __future__ import annotations

import warnings

import pytest
import torch
import torchvision
from captum import attr

from deepvis.attribution.options import Options
from deepvis.attribution.subject import Subject
from deepvis.kinds import Method, SeedKind
from deepvis.records import Target

SIMPLE = {
    Method.GRADIENT: lambda network, x, c: attr.Saliency(network).attribute(x, c, abs=False),
    Method.GRADIENT_X_INPUT: lambda network, x, c: attr.InputXGradient(network).attribute(x, c),
    Method.DECONVNET: lambda network, x, c: attr.Deconvolution(network).attribute(x, c),
    Method.GUIDED: lambda network, x, c: attr.GuidedBackprop(network).attribute(x, c),
    Method.INTEGRATED_GRADIENTS: lambda network, x, c: attr.IntegratedGradients(network).attribute(
        x, target=c, n_steps=12
    ),
}
NEURON = {
    Method.GRADIENT: attr.NeuronGradient,
    Method.DECONVNET: attr.NeuronDeconvolution,
    Method.GUIDED: attr.NeuronGuidedBackprop,
    Method.INTEGRATED_GRADIENTS: attr.NeuronIntegratedGradients,
}
STEPS = Options(steps=12)


def theirs(compute, engine, picture, *args):
    with warnings.catch_warnings():
        # that it puts hooks on the network, and that it sets requires_grad on its input
        warnings.simplefilter("ignore")
        return compute(engine.loaded.network, engine.batch(picture).requires_grad_(), *args)[0].detach()


def assert_same(ours, other):
    assert other.abs().max() > 0
    assert torch.allclose(ours, other, rtol=1e-5, atol=1e-5 * float(other.abs().max()))


@pytest.mark.parametrize("method", SIMPLE)
@pytest.mark.parametrize("index", [0, 3])
def test_a_class_of_a_residual_network(residual, picture, method, index):
    target = Target("head", 0, SeedKind.CLASS, class_index=index)
    ours = Subject(residual, picture).attribute(target, method, STEPS)
    assert_same(ours.values, theirs(SIMPLE[method], residual, picture, index))


@pytest.mark.parametrize("method", NEURON)
@pytest.mark.parametrize("layer", ["conv", "norm", "pool", "block1.conv2", "block2.norm1", "hidden"])
def test_a_position_of_a_hidden_unit(residual, picture, method, layer):
    def neuron(network, x):
        made = NEURON[method](network, network.get_submodule(layer))
        place = (2,) if layer == "hidden" else (2, 3, 4)
        extra = {"n_steps": 12} if method is Method.INTEGRATED_GRADIENTS else {}
        return made.attribute(x, place, **extra)

    position = (0, 0) if layer == "hidden" else (3, 4)
    ours = Subject(residual, picture).attribute(Target(layer, 2, SeedKind.POSITION, position), method, STEPS)
    assert_same(ours.values, theirs(neuron, residual, picture))


@pytest.mark.parametrize("method", [Method.GRADIENT, Method.DECONVNET, Method.GUIDED])
@pytest.mark.parametrize("layer", ["act", "block1", "block2", "act3"])
def test_an_active_position_behind_a_rectifier_is_the_same_as_below_it(residual, picture, method, layer):
    subject = Subject(residual, picture)
    unit = int(subject.answer(layer).activations.maps.flatten(1).amax(1).argmax())
    ours = subject.attribute(Target(layer, unit, SeedKind.MAXIMUM), method)

    def neuron(network, x):
        place = (unit,) if layer == "act3" else (unit, *ours.target.position)
        return NEURON[method](network, network.get_submodule(layer)).attribute(x, place)

    assert_same(ours.values, theirs(neuron, residual, picture))


@pytest.mark.parametrize("layer", ["pool", "block1", "block2"])
def test_grad_cam_of_a_class(residual, picture, layer):
    def cam(network, x):
        made = attr.LayerGradCam(network, network.get_submodule(layer))
        return made.attribute(x, 1, relu_attributions=True)[0]

    target = Target("head", 0, SeedKind.CLASS, class_index=1)
    ours = Subject(residual, picture).attribute(target, Method.GRAD_CAM, Options(cam_layer=layer))
    assert_same(ours.values, theirs(cam, residual, picture))


@pytest.fixture(scope="module")
def resnet18():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torchvision.models.resnet18(weights=None)


@pytest.mark.parametrize("method", SIMPLE)
def test_a_class_of_resnet18(engines, pictures, resnet18, method):
    engine, picture = engines(resnet18, side=64), pictures(64)
    target = Target("fc", 0, SeedKind.CLASS, class_index=7)
    assert_same(
        Subject(engine, picture).attribute(target, method, STEPS).values, theirs(SIMPLE[method], engine, picture, 7)
    )


@pytest.mark.parametrize("method", [Method.GRADIENT, Method.DECONVNET, Method.GUIDED])
def test_a_hidden_unit_of_resnet18(engines, pictures, resnet18, method):
    engine, picture = engines(resnet18, side=64), pictures(64)
    ours = Subject(engine, picture).attribute(Target("layer3.0.bn2", 11, SeedKind.MAXIMUM), method)

    def neuron(network, x):
        return NEURON[method](network, network.layer3[0].bn2).attribute(x, (11, *ours.target.position))

    assert_same(ours.values, theirs(neuron, engine, picture))


def test_grad_cam_of_resnet18_takes_the_last_maps(engines, pictures, resnet18):
    engine, picture = engines(resnet18, side=64), pictures(64)
    ours = Subject(engine, picture).attribute(Target("fc", 0, SeedKind.CLASS, class_index=7), Method.GRAD_CAM)

    def cam(network, x):
        return attr.LayerGradCam(network, network.layer4).attribute(x, 7, relu_attributions=True)[0]

    assert_same(ours.values, theirs(cam, engine, picture))
