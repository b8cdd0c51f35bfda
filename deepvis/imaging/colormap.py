"""Color maps: 256 colors from low to high.

`viridis`, `magma`, `inferno`, `plasma` (van der Walt and Smith, 2015, CC0) and `cividis` (Nunez et al., 2018) are
perceptually uniform and safe for color-blind people; they are interpolated from 17 of their colors. `frost` is this
project's diverging map: black at zero, so that a silent unit is dark, blue below and red to yellow above, computed in
OKLab with the same lightness on both sides. `day` is its twin with white at zero. `jet` is there because the fork of
the 2015 toolbox had it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAN_COLOR = (255, 0, 200)
"""Where a value is not a number; no color map holds this magenta."""

_ANCHORS = {
    "viridis": "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c "
    "1f9f88 27ad81 3dbc74 5cc863 81d34d aadc32 d5e21a fde725",
    "magma": "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 "
    "cf4070 e55064 f4695c fb8761 fea571 fec287 fde0a1 fcfdbf",
    "inferno": "000004 0b0724 210c4a 3d0965 57106e 71196e 8a226a a32c61 bc3754 "
    "d04545 e35933 f1711f f98c0a fcaa0f f9c932 f2e865 fcffa4",
    "plasma": "0d0887 310597 4c02a1 6600a7 7e03a8 9511a1 aa2395 bc3587 cc4778 "
    "d9586a e56b5d f07f4f f89441 fdab33 fdc328 f9dd25 f0f921",
    "cividis": "00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 "
    "8b8778 9a9376 aaa073 bbad6d ccba64 ddc858 efd748 fee838",
    "gray": "000000 ffffff",
    "jet": "000080 0000ff 0080ff 00ffff 80ff80 ffff00 ff8000 ff0000 800000",
}

SEQUENTIAL = ("magma", "inferno", "viridis", "plasma", "cividis", "gray", "jet")
DIVERGING = ("frost", "day")
COLORMAPS = ("auto", *SEQUENTIAL, *DIVERGING)
"""Names a person can choose; `auto` takes `magma` for data without a sign, `frost` for signed data."""


def resolve(name: str, *, signed: bool) -> str:
    """The color map that `auto` stands for; other names stay.

    Raises:
        KeyError: for a name that is not in `COLORMAPS`.
    """
    if name not in COLORMAPS:
        raise KeyError(f"There is no color map '{name}'. There are: {', '.join(COLORMAPS)}.")
    if name != "auto":
        return name
    return DIVERGING[0] if signed else SEQUENTIAL[0]


@cache
def table(name: str) -> NDArray[np.uint8]:
    """The colors of a map, uint8 `(256, 3)`, read-only; row 0 is lowest, row 255 highest."""
    rgb = _interpolated(_ANCHORS[name]) if name in _ANCHORS else _diverging(dark=name == "frost")
    colors = np.round(rgb * 255).astype(np.uint8)
    colors.setflags(write=False)
    return colors


def _interpolated(anchors: str) -> NDArray[np.float64]:
    colors = np.array([[int(word[i : i + 2], 16) / 255 for i in (0, 2, 4)] for word in anchors.split()])
    places = np.linspace(0, 1, len(colors))
    return np.stack([np.interp(np.linspace(0, 1, 256), places, colors[:, channel]) for channel in range(3)], axis=1)


def _diverging(*, dark: bool) -> NDArray[np.float64]:
    """Lightness is the same function of the distance from zero on both sides; only the hue differs (OKLCH)."""
    signed = np.linspace(-1, 1, 256)
    distance = np.abs(signed)
    lightness = 0.10 + 0.82 * distance**0.9 if dark else 0.98 - 0.55 * distance
    chroma = 0.34 * distance**0.8 * (1.10 - distance) ** 0.6 if dark else 0.17 * distance
    hue = np.where(signed < 0, np.deg2rad(262 - 50 * distance), np.deg2rad(24 + 72 * distance**2.4))
    return _oklab_to_srgb(lightness, chroma * np.cos(hue), chroma * np.sin(hue))


def _oklab_to_srgb(
    lightness: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """OKLab to sRGB in 0..1 (Ottosson 2020), out-of-gamut colors clipped."""
    lms = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ],
        axis=-1,
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(lms**3 @ to_linear.T, 0, 1)
    srgb: NDArray[np.float64] = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return srgb
