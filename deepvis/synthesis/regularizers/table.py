"""The regularizers a recipe can name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis.synthesis.registry import Parameter, Row, Table
from deepvis.synthesis.regularizers import gradients, operators, penalties
from deepvis.synthesis.regularizers.patch_prior import patch_prior
from deepvis.synthesis.regularizers.slots import Distribution, Regularizer

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

_YOSINSKI = "Yosinski et al. 2015, Understanding Neural Networks Through Deep Visualization"
_MAHENDRAN = "Mahendran and Vedaldi 2015, arXiv 1412.0035"
_NGUYEN = "Nguyen et al. 2016, Multifaceted Feature Visualization, arXiv 1602.03616"
_LUCID = "Olah et al. 2017, Feature Visualization (lucid)"


def _weight(default: float, high: float) -> Parameter:
    return Parameter("weight", default, 0.0, high, "strength, for pictures in 0..1")


_PERCENT = Parameter("percent", 50.0, 0.0, 100.0, "how many of the pixels")
_EVERY = Parameter("every", 4, 1, 100, "steps from one to the next")
_STEP = Parameter("step", 1.0, 0.0, 100.0, "size of the step")


def _without_patches(
    make: Callable[..., Regularizer], *, patches: torch.Tensor | None = None, **values: object
) -> Regularizer:
    del patches
    return make(**values)


def _row(
    slot: str, name: str, source: str, about: str, make: Callable[..., Regularizer], *parameters: Parameter
) -> Row[Regularizer]:
    # all rows are made with the same extra argument, which only the patch prior wants
    wanted = make if make is patch_prior else partial(_without_patches, make)
    return Row(name, source, about, wanted, parameters, slot)


REGULARIZERS: Table[Regularizer] = Table(
    "regularizer",
    (
        _row(
            "penalty",
            "l2",
            "Simonyan et al. 2013, arXiv 1312.6034",
            "Penalty on the squared distance from gray.",
            penalties.l2,
            _weight(1e-3, 10.0),
        ),
        _row("penalty", "l1", _LUCID, "Penalty on the distance from gray.", penalties.l1, _weight(1e-3, 10.0)),
        _row(
            "penalty",
            "alpha-norm",
            _MAHENDRAN,
            "Penalty on values far from gray.",
            penalties.alpha_norm,
            _weight(1e-2, 10.0),
            Parameter("alpha", 6.0, 1.0, 12.0, "power"),
        ),
        _row(
            "penalty",
            "total-variation",
            _MAHENDRAN,
            "Penalty on differences of neighboring pixels.",
            penalties.total_variation,
            _weight(1e-3, 10.0),
            Parameter("beta", 2.0, 1.0, 4.0, "power of the difference"),
        ),
        _row(
            "penalty",
            "blur-difference",
            _LUCID,
            "Penalty on the distance from the own blur.",
            penalties.blur_difference,
            _weight(1e-2, 10.0),
        ),
        _row(
            "penalty",
            "border",
            "lucid, penalize_boundary_complexity",
            "Penalty on a frame that is not gray.",
            penalties.border,
            _weight(1e-2, 10.0),
            Parameter("width", 20, 1, 200, "of the frame, in pixels"),
        ),
        _row(
            "network",
            "batch-norm",
            "Yin et al. 2020, DeepInversion, arXiv 1912.08795",
            "Penalty on channel statistics unlike those of the training pictures.",
            lambda weight: Regularizer(statistics=weight),
            _weight(1e-2, 10.0),
        ),
        _row(
            "network",
            "skip-gradient",
            "Wu et al. 2020, Skip Connections Matter, arXiv 2002.05990",
            "Lets the gradient prefer skip connections: what is found holds for other networks, too.",
            lambda factor: Regularizer(branch=factor),
            Parameter("factor", 0.5, 0.0, 1.0, "of the gradient through the branches; 1 changes nothing"),
        ),
        _row(
            "network",
            "smooth-pooling",
            "lucid, redirected max-pool gradients",
            "Lets the gradient of max-pooling reach all pixels of a window.",
            lambda epsilon: Regularizer(pooling=epsilon),
            Parameter("epsilon", 1e-2, 1e-6, 1.0, "added to the mean of a window, which may be 0"),
        ),
        _row(
            "start",
            "anchor",
            "Fel 2024, Horama; Hamblin et al. 2024, Feature Accentuation, arXiv 2402.10039",
            "Penalty on pixels unlike those of the picture it starts from.",
            lambda weight: Regularizer(anchor=weight),
            Parameter("weight", 1000.0, 0.0, 100_000.0, "of the mean squared difference, pictures in 0..1"),
        ),
        _row(
            "start",
            "feature-anchor",
            "Hamblin et al. 2024, Feature Accentuation, arXiv 2402.10039",
            "Penalty on activations of the layer unlike those of the picture it starts from.",
            lambda weight: Regularizer(feature_anchor=weight),
            Parameter("weight", 100.0, 0.0, 10_000.0, "of the squared distance, over the squared length at the start"),
        ),
        _row(
            "references",
            "feature-distribution",
            "Gorgun et al. 2025, VITAL, ICCV 2025",
            "Penalty on features unlike those of the natural pictures that excite the unit most.",
            lambda **settings: Regularizer(distribution=Distribution(**settings)),
            Parameter("weight", 3.0, 0.0, 1000.0, "of the distance, times the unit's answer to those pictures"),
            Parameter("references", 9, 1, 100, "natural pictures, as far as a scan has so many"),
            Parameter("layers", 3, 1, 12, "compared: evenly spread up to the unit's own"),
        ),
        _row(
            "operator",
            "decay",
            _YOSINSKI,
            "Every pixel goes toward gray.",
            operators.decay,
            Parameter("rate", 1e-4, 0.0, 1.0, "part of the way at each step"),
        ),
        _row(
            "operator",
            "blur",
            _YOSINSKI,
            "Gaussian blur now and then.",
            operators.gaussian_blur,
            Parameter("sigma", 1.0, 0.0, 10.0, "in pixels"),
            _EVERY,
        ),
        _row(
            "operator",
            "small-values",
            "the code of Yosinski et al. 2015, not in the paper",
            "The smallest values become gray.",
            operators.small_values,
            _PERCENT,
        ),
        _row(
            "operator",
            "small-norm",
            _YOSINSKI,
            "The pixels with the smallest color norm become gray.",
            operators.small_norm,
            _PERCENT,
        ),
        _row(
            "operator",
            "small-contribution",
            _YOSINSKI,
            "The pixels that matter least become gray.",
            operators.small_contribution,
            _PERCENT,
            Parameter("signed", default=False, about="the most harmful ones, instead of the least important"),
        ),
        _row(
            "operator",
            "total-variation-step",
            _NGUYEN,
            "Denoises: the smoothest picture nearby.",
            operators.total_variation_step,
            Parameter("weight", 0.4, 1e-3, 100.0, "of the likeness; small means smooth"),
            Parameter("iterations", 10, 1, 200, "of the search"),
            Parameter("every", 1, 1, 100, "steps from one to the next"),
        ),
        _row(
            "operator",
            "bilateral",
            "Tyka 2016, Class visualization with bilateral filters; Tomasi and Manduchi 1998",
            "A blur that stops at edges.",
            operators.bilateral,
            Parameter("radius", 2, 1, 8, "in pixels"),
            Parameter("sigma", 1.5, 0.1, 10.0, "of the distance, in pixels"),
            Parameter("color", 30.0, 1.0, 255.0, "of the color, in gray levels"),
            _EVERY,
        ),
        _row(
            "operator",
            "patch-prior",
            "Wei et al. 2015, arXiv 1507.02379",
            "Every patch goes toward its nearest natural one.",
            patch_prior,
            Parameter("strength", 0.3, 0.0, 1.0, "part of the way"),
            Parameter("every", 10, 1, 200, "steps from one to the next"),
        ),
        _row(
            "gradient",
            "center-bias",
            _NGUYEN,
            "Draws the subject to the center.",
            gradients.center_bias,
            Parameter("sigma", 0.6, 0.05, 5.0, "of the weight, in halves of the picture"),
        ),
        _row(
            "gradient",
            "center-mask",
            _NGUYEN,
            "Changes only a window in the middle.",
            gradients.center_mask,
            Parameter("part", 0.56, 0.01, 1.0, "side of the window, as a part of the picture's"),
        ),
        _row(
            "gradient",
            "mean-abs",
            "Mordvintsev et al. 2015, Inceptionism",
            "The gradient over its mean size.",
            gradients.mean_abs,
            _STEP,
        ),
        _row("gradient", "unit-length", _LUCID, "The gradient over its length.", gradients.unit_length, _STEP),
        _row(
            "gradient",
            "laplacian-pyramid",
            "TensorFlow's DeepDream tutorial, Mordvintsev 2015",
            "Every band of the gradient over its deviation.",
            gradients.laplacian_pyramid,
            Parameter("levels", 4, 1, 8, "bands"),
            _STEP,
        ),
    ),
)
