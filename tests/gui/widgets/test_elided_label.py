from __future__ import annotations

from deepvis.gui.widgets.elided_label import ElidedLabel


def test_what_does_not_fit_is_told_in_the_tooltip(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(400, 20)
    label.set_text("a rather long name")
    assert label.toolTip() == ""
    label.resize(40, 20)
    label.resizeEvent(None)
    assert label.toolTip() == "a rather long name"


def test_a_tip_of_its_own_stays_whatever_the_width(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.set_text("net / layer")
    label.set_tip("net/layer/3")
    for width in (400, 20, 400):
        label.resize(width, 20)
        label.resizeEvent(None)
        assert label.toolTip() == "net/layer/3"
    label.set_tip("")
    assert label.toolTip() == ""
