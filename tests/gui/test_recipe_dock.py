"""Pictures that are dropped on the panel of recipes, to start from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PyQt6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PyQt6.QtWidgets import QApplication, QScrollArea

from deepvis.gui.recipe_choice import RecipeChoice
from deepvis.gui.studio_presenter import FETCHING
from deepvis.gui.widgets.number_field import DecimalField
from deepvis.live.events import Notice, StudioOffered
from deepvis.live.pages import PagePicture
from deepvis.live.studio_news import Start
from tests.gui.made_up import OFFER, UNIT

CAT = PagePicture(np.full((24, 24, 3), 90, np.uint8), math.nan, "cat.png")


@pytest.fixture
def panel(window):
    """The panel of a window whose studio has offered its recipes."""
    window.studio.set_auto(False)
    window.controller.take(StudioOffered(OFFER))
    window.controller.go(UNIT.layer, UNIT.unit)
    window.show_recipes(True)
    return window.recipe_panel


@pytest.fixture
def studio(window):
    return window.controller.session.studio


def how(mime: QMimeData) -> tuple:
    return (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


def drag(target, mime: QMimeData) -> bool:
    """Drag something over a widget: whether it is welcome there, or in what it lies in."""
    event = QDragEnterEvent(QPoint(5, 5), *how(mime))
    event.setAccepted(False)
    QApplication.sendEvent(target, event)
    return event.isAccepted()


def drop(target, mime: QMimeData) -> bool:
    event = QDropEvent(QPointF(5, 5), *how(mime))
    event.setAccepted(False)
    if drag(target, mime):
        QApplication.sendEvent(target, event)
    return event.isAccepted()


def files(*paths: str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return mime


def image_data() -> QMimeData:
    image = QImage(5, 3, QImage.Format.Format_RGB32)
    image.fill(0xFF204060)
    mime = QMimeData()
    mime.setImageData(image)
    return mime


def arrive(window, picture: PagePicture) -> None:
    """The studio's thread has read it."""
    window.controller.session.studio.pictures.append(picture)
    window.controller.fetch()


def test_a_file_may_be_dropped_anywhere_on_the_panel_and_is_read_by_the_studio(window, panel, studio, tmp_path):
    panel.regularizers.add("decay")
    path = str(tmp_path / "a cat.png")
    numbers = [field.lineEdit() for field in (panel.size_field, panel.findChild(DecimalField))]
    spots = (panel, *numbers, panel.findChild(QScrollArea).viewport(), panel.start, panel.footer, window.recipe_dock)
    for spot in spots:
        assert drop(spot, files(path, "/other.png"))
    assert [brought.source for brought in studio.brought] == [path] * len(spots)
    assert window.controller.session.asked("open_source") == []
    assert panel.size_field.text() == "160"


def test_image_data_is_taken_as_it_is(panel, studio):
    assert drop(panel, image_data())
    (brought,) = studio.brought
    assert brought.source.shape == (3, 5, 3)
    assert (brought.source == (0x20, 0x40, 0x60)).all()


def test_image_data_that_comes_encoded_is_not_decoded_in_the_window(panel, studio):
    mime = image_data()
    mime.setData("image/jpeg", QByteArray(b"lossy"))
    mime.setData("image/png", QByteArray(b"exact"))
    assert drop(panel, mime)
    assert studio.brought[0].source == b"exact"


def test_a_file_goes_before_image_data_and_that_before_an_address(panel, studio, qtbot, window):
    mime = image_data()
    mime.setUrls([QUrl("https://somewhere/page")])
    assert drop(panel, mime)
    assert isinstance(studio.brought[-1].source, np.ndarray)
    mime.setUrls([QUrl.fromLocalFile("/pictures/cat.png")])
    assert drop(panel, mime)
    assert studio.brought[-1].source == "/pictures/cat.png"
    link = QMimeData()
    link.setUrls([QUrl("https://somewhere/cat.png")])
    with qtbot.waitSignal(window.controller.flashed) as flashed:
        assert drop(panel, link)
    assert studio.brought[-1].source == "https://somewhere/cat.png"
    assert flashed.args == [FETCHING]


def test_words_are_not_welcome(panel, studio):
    mime = QMimeData()
    mime.setText("hello")
    assert not drop(panel, mime)
    assert studio.brought == []


def test_while_something_is_dragged_over_it_the_panel_says_what_a_drop_does(window, panel):
    veil = window.recipe_dock._veil
    assert not veil.isVisible()
    assert drag(panel, files("/cat.png"))
    assert veil.isVisible()
    assert veil.geometry() == panel.rect()
    QApplication.sendEvent(window.recipe_dock, QDragLeaveEvent())
    assert not veil.isVisible()
    drop(panel, files("/cat.png"))
    assert not veil.isVisible()


def test_a_picture_that_was_read_is_what_the_next_synthesis_starts_from_and_its_name_is_seen(
    window, panel, studio, qtbot
):
    with qtbot.waitSignal(window.controller.flashed) as flashed:
        arrive(window, CAT)
    assert flashed.args == ["The next synthesis starts from cat.png"]
    assert panel.start.currentText() == panel.start.shown_text() == "cat.png"
    assert (panel.choice.start, panel.choice.picture) == (Start.PICTURE, CAT)
    qtbot.mouseClick(panel.go, Qt.MouseButton.LeftButton)
    (wish,) = studio.wishes
    assert (wish.start, wish.start_title) == (Start.PICTURE, "cat.png")
    assert wish.start_rgb is CAT.rgb


def test_a_picture_that_is_read_before_there_is_a_network_is_started_from_once_it_is_there(make_window):
    window = make_window()
    arrive(window, CAT)
    window.controller.take(StudioOffered(OFFER))
    assert window.recipe_panel.start.chosen() == (Start.PICTURE, CAT)


def test_what_is_no_picture_is_said_and_the_start_stays(window, panel):
    arrive(window, CAT)
    window.controller.take(Notice("notes.txt is not an image.", "warning"))
    assert window.overlays.toast.isVisible()
    assert window.status.message() == "notes.txt is not an image."
    assert panel.choice.picture is CAT


def test_the_picture_stays_for_the_session_and_is_forgotten_with_it(window, panel, qtbot):
    arrive(window, CAT)
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert panel.choice == RecipeChoice("")
    window.controller.go(UNIT.layer, UNIT.unit + 1)
    window.show_recipes(False)
    combo = panel.start
    assert combo.findText("cat.png") > 0
    combo.setCurrentIndex(combo.findText("cat.png"))
    assert panel.choice.picture is CAT
    remembered = RecipeChoice.from_json(window.studio.choices())
    assert (remembered.start, remembered.picture) == (Start.NOISE, None)
