"""Every format of image file that people have."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deepvis.sources import decode
from deepvis.sources.base import SourceError
from deepvis.sources.decode import decode_image, is_image, is_video, looks_like_image, read_image

CORNERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)


def stored(image, name="x.png", **options):
    buffer = io.BytesIO()
    image.save(buffer, format=Image.registered_extensions()[Path(name).suffix], **options)
    return buffer.getvalue()


def decoded(image, name="x.png", **options):
    return decode_image(stored(image, name, **options), name)


def big(corners, side=16):
    return np.repeat(np.repeat(corners, side, axis=0), side, axis=1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.tif"])
def test_the_exif_orientation_is_applied(orientation, name):
    upright = big(CORNERS)[:, :24]
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"x.jpg": {"quality": 95, "subsampling": 0}, "x.webp": {"lossless": True}}.get(name, {})
    rgb = decoded(Image.fromarray(np.ascontiguousarray(undo(upright))), name, exif=exif, **lossless)
    assert rgb.shape == upright.shape
    assert np.abs(rgb.astype(int) - upright).max() <= 8


def test_gray_becomes_equal_channels():
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(decoded(Image.fromarray(gray)), np.repeat(gray[:, :, None], 3, 2))


def test_black_and_white_becomes_0_and_255():
    bits = Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")
    np.testing.assert_array_equal(decoded(bits), [[[0] * 3, [255] * 3]])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_parts_are_white_and_half_transparent_ones_between(mode):
    if mode == "PA":
        image = Image.new("P", (3, 1), 0)
        image.putpalette([0, 0, 0])
        image.info["transparency"] = bytes([0] + [255] * 255)
        np.testing.assert_array_equal(decoded(image)[0, 0], [255] * 3)
        return
    image = Image.new("RGBA", (3, 1))
    image.putdata([(0, 0, 0, 0), (0, 0, 0, 128), (0, 0, 0, 255)])
    np.testing.assert_array_equal(decoded(image.convert(mode))[0, :, 0], [255, 127, 0])


def test_a_transparent_color_of_an_rgb_file_is_white():
    image = Image.fromarray(CORNERS)
    rgb = decoded(image, transparency=(0, 0, 255))
    np.testing.assert_array_equal(rgb[1, 0], [255] * 3)
    np.testing.assert_array_equal(rgb[0, 0], [255, 0, 0])


@pytest.mark.parametrize("name", ["x.png", "x.tif"])
def test_16_bit_gray_is_scaled_and_not_clipped(name):
    values = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    np.testing.assert_array_equal(decoded(Image.fromarray(values), name)[0, :, 1], [0, 1, 128, 255])


def test_16_bit_big_endian_gray_is_scaled():
    values = np.array([[0, 1000, 32896, 65535]], ">u2")
    pgm = b"P5 4 1 65535\n" + values.tobytes()
    np.testing.assert_array_equal(decode_image(pgm, "x.pgm")[0, :, 0], [0, 4, 128, 255])


def test_16_bit_rgb_is_scaled():
    row = b"\x00" + struct.pack(">6H", 0, 32896, 65535, 65535, 257 * 7, 0)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(row)), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        png += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    np.testing.assert_array_equal(decode_image(png, "x.png"), [[[0, 128, 255], [255, 7, 0]]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([-10.0, 0.0, 10.0], [0, 128, 255]),
        ([0.0, float("nan"), 1.0], [0, 0, 255]),
    ],
)
def test_float_images_are_scaled_by_what_their_numbers_can_be(values, expected):
    rgb = decoded(Image.fromarray(np.array([values], np.float32)), "x.tif")
    np.testing.assert_array_equal(rgb[0, :, 2], expected)


def test_32_bit_integers_beyond_16_bit_are_scaled_by_their_own_range():
    rgb = decoded(Image.fromarray(np.array([[0, 500_000, 1_000_000]], np.int32)), "x.tif")
    np.testing.assert_array_equal(rgb[0, :, 0], [0, 128, 255])


@pytest.mark.parametrize("name", ["x.jpg", "x.tif"])
def test_cmyk_has_the_right_colors_also_where_adobe_inverted_it(name):
    options = {"quality": 100, "subsampling": 0} if name == "x.jpg" else {}
    data = stored(Image.fromarray(big(CORNERS)).convert("CMYK"), name, **options)
    if name == "x.jpg":
        assert b"Adobe" in data  # Pillow stores CMYK inverted, as Adobe does
    rgb = decode_image(data, name)
    assert np.abs(rgb.astype(int) - big(CORNERS)).max() <= 12


def test_a_palette_becomes_its_colors():
    image = Image.fromarray(big(CORNERS)).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_array_equal(decoded(image), big(CORNERS))


def test_the_first_picture_of_an_animation_is_shown():
    first, second = Image.new("RGB", (8, 8), (250, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 250))
    rgb = decoded(first, "x.gif", save_all=True, append_images=[second])
    np.testing.assert_array_equal(rgb[0, 0], [250, 0, 0])


@pytest.mark.parametrize("name", ["x.bmp", "x.ppm", "x.tga", "x.png", "x.tif"])
def test_lossless_formats_give_the_same_bytes(name, rgb):
    np.testing.assert_array_equal(decoded(Image.fromarray(rgb), name), rgb)


def test_damaged_exif_data_costs_the_orientation_not_the_picture(monkeypatch, png, rgb):
    def fail(image):
        raise SyntaxError("broken EXIF")

    monkeypatch.setattr(decode.ImageOps, "exif_transpose", fail)
    np.testing.assert_array_equal(read_image(png), rgb)


def test_the_result_may_be_written_to(png):
    read_image(png)[:] = 0


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b"hello, I am a text", "is not an image"), (b"\x89PNG\r\n\x1a\n", "x.png is ")],
)
def test_a_file_that_is_no_image_is_named(tmp_path, content, says):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=says) as caught:
        read_image(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.gif", "x.tif", "x.webp", "x.bmp"])
def test_a_truncated_file_is_named(tmp_path, name, rgb):
    data = stored(Image.fromarray(rgb), name)
    path = tmp_path / name
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match=name):
        read_image(path)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n"
    for kind, body in [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]:
        png += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    with pytest.raises(SourceError, match=r"bomb\.png claims more pixels"):
        decode_image(png, "bomb.png")


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(SourceError, match="There is no file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(SourceError, match="is a folder"):
        read_image(tmp_path)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["x.png", "x.jpg", "x.gif", "x.tif", "x.webp"]), st.data())
def test_damage_anywhere_gives_a_picture_or_a_sentence(name, data):
    content = bytearray(stored(Image.fromarray(big(CORNERS)), name))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        rgb = decode_image(bytes(content), name)
    except SourceError as error:
        assert name in str(error)  # noqa: PT017  (either outcome is right)
    else:
        assert rgb.dtype == np.uint8
        assert rgb.shape[2] == 3


def test_names_tell_images_and_videos_apart():
    assert is_image("a/B.JPeG")
    assert is_image(Path("x.tiff"))
    assert is_video("clip.MOV")
    assert not is_image("clip.mov")
    assert not is_video("notes.txt")
    assert not decode.IMAGE_EXTENSIONS & decode.VIDEO_EXTENSIONS


def test_content_tells_an_image_where_the_name_does_not(tmp_path, png):
    bare = tmp_path / "no_extension"
    bare.write_bytes(png.read_bytes())
    assert looks_like_image(bare)
    bare.write_bytes(b"something else")
    assert not looks_like_image(bare)
