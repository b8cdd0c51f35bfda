"""Names of classes."""

from __future__ import annotations

import pytest

from deepvis.models.labels import imagenet_labels, read_labels, timm_labels
from deepvis.models.loading import ModelError


def written(tmp_path, text):
    path = tmp_path / "labels.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "cat\ndog\nWüstenfuchs\n",
        "cat\r\ndog \r\nWüstenfuchs",
        "\ufeffcat\ndog\nWüstenfuchs\n\n",
        '["cat", "dog", "Wüstenfuchs"]',
        '{"0": "cat", "2": "Wüstenfuchs", "1": "dog"}',
        '{"0": ["n01", "cat"], "1": ["n02", "dog"], "2": ["n03", "Wüstenfuchs"]}',
    ],
)
def test_every_usual_form_is_read(tmp_path, text):
    assert read_labels(written(tmp_path, text)) == ("cat", "dog", "Wüstenfuchs")


def test_a_blank_line_between_labels_keeps_its_class(tmp_path):
    assert read_labels(written(tmp_path, "cat\n\ndog\n")) == ("cat", "", "dog")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("[1, 2]", "list of texts"),
        ("[]", "list of texts"),
        ('["cat"', "no valid JSON"),
        ('{"cat": "0"}', "no class index"),
        ('{"0": "cat", "2": "dog"}', "none for class 1"),
    ],
)
def test_what_holds_no_labels_is_refused_in_a_sentence(tmp_path, text, message):
    with pytest.raises(ModelError, match=message):
        read_labels(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"gone\.txt cannot be read"):
        read_labels(tmp_path / "gone.txt")


def test_a_picture_given_as_labels_is_refused(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes(b"\xff\xd8\xff\xe0 no text")
    with pytest.raises(ModelError, match="cannot be read"):
        read_labels(path)


def test_imagenet_has_its_thousand_classes():
    labels = imagenet_labels()
    assert len(labels) == 1000
    assert (labels[0], labels[285], labels[967]) == ("tench", "Egyptian cat", "espresso")


def test_timms_larger_imagenets_have_labels_without_a_connection():
    assert len(timm_labels({"num_classes": 21843})) == 21843
    assert len(timm_labels({"num_classes": 11821})) == 11821
    assert timm_labels({"num_classes": 1000}) == imagenet_labels()


def test_labels_in_a_configuration_come_first():
    cfg = {"num_classes": 2, "label_names": ["a", "b"], "label_descriptions": {"a": "apple"}}
    assert timm_labels(cfg) == ("apple", "b")


@pytest.mark.parametrize("count", [0, 7, None])
def test_an_unknown_data_set_has_no_labels(count):
    assert timm_labels({"num_classes": count}) == ()
