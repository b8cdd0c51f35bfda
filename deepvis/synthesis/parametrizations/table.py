"""The parametrizations a recipe can name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.synthesis.parametrizations.fourier import Fourier
from deepvis.synthesis.parametrizations.generated import Generated
from deepvis.synthesis.parametrizations.maco import PhaseOnly
from deepvis.synthesis.parametrizations.pixels import ClippedPixels, FreePixels
from deepvis.synthesis.parametrizations.pyramid import Pyramid
from deepvis.synthesis.registry import Parameter, Row, Table

if TYPE_CHECKING:
    from deepvis.synthesis.parametrizations.protocol import Canvas, Parametrization

_DECORRELATED = Parameter("decorrelated", default=True, about="colors vary as in natural pictures")


def _fourier(  # noqa: PLR0913  (its settings)
    canvas: Canvas, std: float, decay: float, band: float, blur: float, contrast: float, decorrelated: bool
) -> Parametrization:
    return Fourier(canvas, std, decay, band, blur=blur, contrast=contrast, decorrelated=decorrelated)


def _pixels(canvas: Canvas, std: float, decorrelated: bool) -> Parametrization:
    return FreePixels(canvas, std, decorrelated=decorrelated)


def _pyramid(canvas: Canvas, levels: int, std: float, decorrelated: bool) -> Parametrization:
    return Pyramid(canvas, levels, std, decorrelated=decorrelated)


PARAMETRIZATIONS: Table[Parametrization] = Table(
    "parametrization",
    (
        Row(
            "clipped-pixels",
            "Yosinski et al. 2015, Understanding Neural Networks Through Deep Visualization",
            "Pixels in 0..255 minus the mean, clipped at every step.",
            ClippedPixels,
            (Parameter("std", 10.0, 0.0, 100.0, "noise at the start, in gray levels"),),
        ),
        Row(
            "pixels",
            "Olah et al. 2017, Feature Visualization",
            "Pixels behind a sigmoid.",
            _pixels,
            (Parameter("std", 0.01, 0.0, 2.0, "noise at the start"), _DECORRELATED),
        ),
        Row(
            "fourier",
            "Olah et al. 2017, Feature Visualization",
            "Fourier coefficients, scaled by the frequency.",
            _fourier,
            (
                Parameter("std", 0.01, 0.0, 2.0, "noise at the start"),
                Parameter("decay", 1.0, 0.0, 2.5, "power of the frequency; higher is smoother"),
                Parameter("band", 1.0, 0.05, 1.0, "part of the frequencies that is used"),
                Parameter("blur", 0.0, 0.0, 4.0, "of every picture, in pixels"),
                Parameter("contrast", 0.0, 0.0, 10.0, "largest deviation before the sigmoid; 0 for any"),
                _DECORRELATED,
            ),
        ),
        Row(
            "pyramid",
            "lucid's lowres_tensor; Burt and Adelson 1983",
            "Coarse and fine pictures, added.",
            _pyramid,
            (
                Parameter("levels", 4, 1, 8, "how many sizes, each half the one before"),
                Parameter("std", 0.01, 0.0, 2.0, "noise at the start"),
                _DECORRELATED,
            ),
        ),
        Row(
            "maco",
            "Fel et al. 2023, arXiv 2306.06805",
            "Only phases vary; the magnitudes are those of natural pictures.",
            PhaseOnly,
            (Parameter("std", 1.0, 0.01, 4.0, "spread of the phases at the start"),),
        ),
        Row(
            "generator",
            "Nguyen et al. 2016, arXiv 1605.09304",
            "The code of a generator.",
            Generated,
            (Parameter("shrink", 0.01, 0.0, 0.5, "part by which the code shrinks at every step"),),
        ),
    ),
)
