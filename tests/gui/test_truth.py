"""What a picture shows beside what the network answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.gui.truth import AGREES, DIFFERS, classes_of, truth_of
from deepvis.live.events import ModelReady
from deepvis.records import Prediction


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        ("espresso", (2,)),
        ("Coffee_Mug", (3,)),
        ("tiger-cat", (1,)),
        ("2", (2,)),
        ("4", ()),
        ("dog", ()),
    ],
)
def test_a_label_is_the_number_or_the_name_of_a_class(info, label, classes):
    assert classes_of(label, info) == classes


def test_a_part_of_a_name_counts_where_no_whole_name_is_the_same(info):
    model = replace(info, labels=("tabby, tabby cat", "tiger cat", "crane", "crane"))
    assert classes_of("tabby cat", model) == (0,)
    assert classes_of("crane", model) == (2, 3)


def test_labels_of_another_network_are_no_names(info):
    model = replace(info, labels=("espresso",))
    assert classes_of("espresso", model) == ()
    assert classes_of("1", model) == (1,)
    assert truth_of("1", model, ()).note == "truth: 1"


ANSWERS = (Prediction(2, "espresso", 0.6), Prediction(1, "tiger cat", 0.4))


def test_a_mark_says_whether_the_first_answer_agrees(info):
    assert truth_of("espresso", info, ANSWERS).note == f"truth: espresso {AGREES}"
    assert truth_of("1", info, ANSWERS).note == f"truth: tiger cat {DIFFERS}"
    assert truth_of("1", info, ANSWERS).tip.endswith("The first answer is espresso.")


def test_without_a_class_or_an_answer_there_is_no_mark(info):
    assert truth_of("dog", info, ANSWERS).note == "truth: dog"
    assert truth_of("espresso", info, ()).note == "truth: espresso"
    assert truth_of("espresso", None, ANSWERS).note == "truth: espresso"
    assert truth_of("", info, ANSWERS).note == ""


def test_the_truth_stands_beside_the_picture(window, show):
    frame = replace(show(window).frame, label="espresso")
    show(window, frame=frame)
    picture = window.input_panel.picture
    assert picture._note == f"truth: espresso {DIFFERS}"
    assert "The first answer is tiger cat." in picture.toolTip()
    show(window)
    assert (picture._note, picture.toolTip()) == ("", "")


def test_another_network_has_its_own_classes(window, info, show):
    frame = replace(show(window).frame, label="0")
    window.controller.take(ModelReady(replace(info, labels=("owl", "mug", "cat", "dog"))))
    show(window, frame=frame)
    assert window.input_panel.picture._note.startswith("truth: owl")
