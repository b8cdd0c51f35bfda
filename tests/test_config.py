from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from deepvis.config import Settings, SettingsError, load_settings
from deepvis.records import Fit, ModelRequest, Overlay, Precision

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "purple"),
        ("individual", 0.4),
        ("gamma", 0.0),
        ("quarter_turns", 4),
        ("interpolation", "lanczos"),
        ("opacity", 1.1),
        ("opacity", True),
        ("crop_ratio", 0.0),
        ("threads", -1),
        ("unit", -1),
        ("camera_size", (640,)),
        ("camera_size", (640, 0)),
        ("input_size", (224, 224.0)),
        ("model", ""),
        ("device", None),
        ("source", 3),
        ("std", (1.0, 0.0, 1.0)),
        ("precision", "float8"),
        ("fit", "squash"),
        ("sort", "random"),
        ("scaling", "pixel"),
        ("overlay", "on"),
    ],
)
def test_a_value_outside_what_is_allowed_is_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=f"^{name} must be"):
        Settings(**{name: value})


def test_words_become_the_values_they_name():
    settings = Settings(precision="bfloat16", fit="stretch", overlay="over active", labels="~/names.txt", mean=[0.5])
    assert settings.precision is Precision.BFLOAT16
    assert settings.fit is Fit.STRETCH
    assert settings.overlay is Overlay.ACTIVE
    assert settings.labels == Path.home() / "names.txt"
    assert settings.mean == (0.5,)


def test_the_model_request_holds_what_the_settings_say_of_the_model():
    settings = Settings(
        model="pkg:make",
        weights="w.pt",
        labels=Path("l.txt"),
        mean=(0.1,),
        std=(0.2,),
        input_size=(5, 6),
        interpolation="nearest",
        crop_ratio=0.9,
    )
    request = settings.model_request()
    assert request == ModelRequest("pkg:make", "w.pt", Path("l.txt"), (0.1,), (0.2,), (5, 6), "nearest", 0.9)


def test_the_defaults_ask_for_the_default_model():
    assert Settings().model_request() == ModelRequest()


def test_changes_make_a_checked_copy():
    start = Settings()
    changed = start.with_changes({"unit": 7})
    assert (start.unit, changed.unit) == (0, 7)
    with pytest.raises(SettingsError, match="unit"):
        start.with_changes({"unit": -7})


def test_an_unknown_setting_is_named_beside_the_known_ones():
    with pytest.raises(SettingsError, match=r"no setting 'colour'.*colormap"):
        Settings().with_changes({"colour": "red"})


def write(folder, text):
    path = folder / "settings.py"
    path.write_text(text)
    return path


def test_a_settings_file_is_read(tmp_path):
    path = write(tmp_path, "from deepvis.config import Settings\nSETTINGS = Settings(unit=3)\n")
    assert load_settings(path).unit == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from deepvis.config import Settings\nSETTINGS = Settings(theme='x')", "theme must be one of"),
        ("from deepvis.config import Settings\nSETTINGS = Settings(colour='x')", "TypeError: .*colour"),
        ("1 / 0", "ZeroDivisionError"),
        ("def broken(:", "SyntaxError"),
        ("SETTINGS = {'unit': 3}", r"must end with SETTINGS = Settings"),
        ("", r"must end with SETTINGS = Settings"),
    ],
)
def test_a_bad_settings_file_is_named_with_what_is_wrong(tmp_path, text, said):
    path = write(tmp_path, text)
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(path)
    assert str(path) in str(caught.value)


def test_a_missing_settings_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=re.escape(str(tmp_path / "none.py"))):
        load_settings(tmp_path / "none.py")


def test_the_projects_settings_file_holds_the_defaults():
    assert load_settings(ROOT / "settings.py") == Settings()


def test_the_projects_settings_file_explains_every_setting_in_the_order_of_the_class():
    text = (ROOT / "settings.py").read_text()
    written = re.findall(r"^    (\w+)=", text, re.MULTILINE)
    assert written == [field.name for field in dataclasses.fields(Settings)]
    # std shares the comment of mean
    uncommented = re.findall(r"^    \w+=.*\n    (\w+)=", text, re.MULTILINE)
    assert uncommented == ["std"]
