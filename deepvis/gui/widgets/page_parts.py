"""The parts of a unit page: their titles, and what stands in place of those that are empty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.live.page_attributions import is_waiting
from deepvis.live.pages import Why

if TYPE_CHECKING:
    from deepvis.live.pages import PagePicture, UnitPageData

SCAN_ACTION = "Scan a folder of images…"
SCAN_BRIEF = "Scan a folder…"


@dataclass(frozen=True, slots=True)
class Words:
    """What an empty part says.

    Attributes:
        sentence: why it is empty.
        remedy: what to do about it; empty where nothing can be done.
        action: text of its button; empty for none.
        brief: the same for a narrow page.
    """

    sentence: str
    remedy: str = ""
    action: str = ""
    brief: str = ""


TITLES = {
    "synthesized": "Synthesized",
    "exemplars": "Exemplars",
    "attribution": "Why these",
    "histogram": "Histogram",
    "session": "Live frames",
    "minima": "Minimum images",
    "quantiles": "Random images",
    "similar": "Similar units",
    "classes": "Class selectivity",
    "weights": "Weights",
    "statistics": "Statistics",
}
"""Key and title, from top to bottom."""

_SCANNED = {
    "exemplars": "exemplars",
    "minima": "minimum images",
    "quantiles": "random images",
    "histogram": "the histogram",
    "classes": "class selectivity",
    "similar": "similar units",
}
"""What a scan fills, as it is called in a sentence."""

_NOT_KEPT = "Live frames are kept for networks of one picture only."
COMING = Why("", reason="It is being computed.")
_NOT_SCANNED = "No images have been searched for this unit yet."
_DEFAULTS = {
    "minima": Words("No image with an especially small value is known."),
    "quantiles": Words("No images were drawn at random for this unit."),
    "histogram": Words("No distribution of values is known for this unit."),
    "classes": Words("The images had no classes.", "Scan a folder with one subfolder per class."),
    "similar": Words("No unit of this layer is known to be active on the same images."),
    "synthesized": Words("No picture was synthesized for this unit yet.", "Press 2 to make one.", action="Synthesize"),
    "session": Words(
        "No frame has been kept for this unit yet.",
        "While a camera or a video runs and this layer is on view, the frames that excite the unit most appear here.",
    ),
}


ASK_WHY = Words("Live frames and minimum images are explained when you ask.", action="Explain them")


def filled_parts(data: UnitPageData) -> dict[str, bool]:
    """Part and whether there is something to show; a note about a part stands in its place."""
    found = {
        "exemplars": bool(data.exemplars),
        "minima": bool(data.minima) and "minima" not in data.notes,
        "quantiles": bool(data.quantiles),
        "histogram": data.histogram is not None and data.histogram.total > 0,
        "classes": bool(data.classes),
        "similar": bool(data.similar),
        "synthesized": bool(data.synthesized),
        "attribution": bool(data.attributions) or (bool(data.exemplars) and is_waiting(data)),
        "statistics": data.statistics is not None,
    }
    return {key: found[key] for key in TITLES if key in found}


def pending_parts(data: UnitPageData) -> frozenset[str]:
    """Parts whose pictures are still on their way: the layer was scanned, and nothing says why there are none."""
    if data.statistics is None:
        return frozenset()
    # attributions stand beside the exemplars
    awaited = _SCANNED.keys() | ({"attribution"} if "exemplars" not in data.notes else set())
    return frozenset(
        key for key, filled in filled_parts(data).items() if not filled and key in awaited and key not in data.notes
    )


def attribution_note(data: UnitPageData) -> str:
    """By which method the exemplars were attributed, as far as it is one."""
    methods = dict.fromkeys(picture.why.method for picture in data.attributions if picture.why and picture.why.caveat)
    return " · ".join(methods)


def attributed(data: UnitPageData) -> tuple[PagePicture, ...]:
    """Attributions of the exemplars, those that are still to come as empty places."""
    to_come = data.exemplars[len(data.attributions) :] if is_waiting(data) else ()
    return (*data.attributions, *(replace(one, title="", why=COMING) for one in to_come))


def words_for(data: UnitPageData) -> dict[str, Words | None]:
    """What each empty part says.

    A reason is told once: the parts that are empty for the same reason as the exemplars are named there and do not
    appear (None). Where nothing was scanned, the first part that a scan would fill offers one.
    """
    empty = [key for key, filled in filled_parts(data).items() if not filled]
    words: dict[str, Words | None] = {key: _words(data, key) for key in empty}
    words.pop("statistics", None)
    if not data.exemplars:
        # there is nothing to explain, and why is told where they are missing
        words["attribution"] = None
    lead = next((key for key in empty if key in _SCANNED), None)
    if lead is not None and data.statistics is None:
        reason = data.notes.get(lead)
        same = [key for key in empty if key in _SCANNED and key != lead and data.notes.get(key) == reason]
        words.update(dict.fromkeys(same))
        if data.offers:
            words[lead] = _offer(words[lead] or Words(_NOT_SCANNED), [_SCANNED[key] for key in same])
    if "statistics" in empty:
        words["statistics"] = None
    return words


def _words(data: UnitPageData, key: str) -> Words:
    if note := data.notes.get(key):
        return Words(note, action=_DEFAULTS[key].action if key in _DEFAULTS and data.offers else "")
    return _DEFAULTS.get(key, Words(_NOT_SCANNED))


def session_words(*, kept: bool = True) -> Words:
    """What stands in place of the exemplars of this session; `kept`: there will be some."""
    return _DEFAULTS["session"] if kept else Words(_NOT_KEPT)


def _offer(words: Words, others: list[str]) -> Words:
    also = f"A scan also brings {_listed(others)}." if others else ""
    return Words(words.sentence, " ".join(text for text in (words.remedy, also) if text), SCAN_ACTION, SCAN_BRIEF)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
