"""Synthesis on demand in a running session: real networks, threads and gallery files."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from deepvis.gallery.files import gallery_file
from deepvis.gallery.reader import GalleryReader
from deepvis.live import studio as studio_module
from deepvis.live import studio_run
from deepvis.live.events import ModelReady, Notice, StudioOffered
from deepvis.live.mailbox import Outbox
from deepvis.live.studio import StudioWorker
from deepvis.live.studio_door import NumberedWish, StudioStates
from deepvis.live.studio_news import Start, StudioPhase, StudioWish
from deepvis.live.studio_picture import BroughtPicture
from deepvis.live.turns import Turns
from deepvis.precompute.scan import ScanControl, ScanRequest, run_scan
from deepvis.records import Precision, Stage, UnitId
from deepvis.sources.encode import encode_png
from deepvis.synthesis.recipes import recipe_named

SIZE = 24
ENDLESS = 100_000
THREAD = "deepvis-studio"
UNMOVED = {"steps": 1, "negative": True, "recipe": "distill"}
"""The last picture is looked at and not moved any more; a unit that is to be off is not tried again."""


class Studio:
    """The studio of a session: every state that came, in order."""

    def __init__(self, live, info):
        self.live, self.info = live, info
        self.states = []

    def wish(self, unit=1, layer="body", recipe="clear", **changes):
        options = {"size": SIZE, "steps": 20, **changes}
        return StudioWish(UnitId(self.info.name, layer, unit), recipe, **options)

    def ask(self, *given, **changes):
        return self.live.session.studio.synthesize(self.wish(*given, **changes))

    def until(self, number, fits):
        """The first state of a wish that fits, among those not seen before."""

        def look():
            while (state := self.live.session.studio.take()) is not None:
                self.states.append(state)
                if state.number == number and fits(state):
                    return state
            return None

        return self.live.wait(look, f"A state of wish {number}")

    def phase(self, number, *phases):
        return self.until(number, lambda state: state.phase in phases)

    def preview(self, number, after=0):
        return self.until(number, lambda state: state.phase is StudioPhase.RUNNING and state.step > after)

    def end(self, number):
        return self.until(number, lambda state: state.over)

    def make(self, *given, **changes):
        done = self.end(self.ask(*given, **changes))
        assert (done.phase, done.problem) == (StudioPhase.DONE, "")
        return done

    def rows(self, unit=1, layer="body"):
        path = gallery_file(self.info.name, self.live.session._gallery_dir)
        with GalleryReader(path) as reader:
            return reader.unit(layer, unit).images


@pytest.fixture
def studio(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    return Studio(session, session.load(networks.request("chain")))


OWN_NETWORKS = """
from collections import OrderedDict
from torch import nn


def dead():
    conv = nn.Conv2d(3, 4, 3)
    nn.init.zeros_(conv.weight[0])
    nn.init.zeros_(conv.bias)
    return nn.Sequential(OrderedDict(conv=conv, act=nn.ReLU()))


def normed():
    return nn.Sequential(OrderedDict(stem=nn.Conv2d(3, 6, 3), norm=nn.BatchNorm2d(6), body=nn.Conv2d(6, 4, 3)))
"""


@pytest.fixture
def own_network(networks):
    """Asks for one of the networks above."""
    file = networks.folder / "more.py"
    file.write_text(OWN_NETWORKS)
    return lambda factory: replace(networks.request(factory), name=f"{file}:{factory}")


def steps_done(networks):
    return networks.calls("body", THREAD)


# ------------------------------------------------------------------------------------------------------------- one wish


def test_a_wish_waits_runs_with_previews_and_a_curve_and_ends_in_a_stored_picture(studio):
    number = studio.ask(steps=60)
    assert studio.phase(number, StudioPhase.WAITING).images is None
    first = studio.preview(number)
    assert first.images.shape == (1, SIZE, SIZE, 3)
    assert first.curve.shape == (first.step, 1)
    assert first.steps == 60
    done = studio.end(number)
    assert done.phase is StudioPhase.DONE
    assert done.curve.shape == (60, 1)
    assert done.curve[-10:].mean() > done.curve[:10].mean()
    (row,) = studio.rows()
    (made,) = done.made
    assert (made.key, made.seed, made.value) == (row.id, 0, row.value)
    assert row.recipe == done.recipe == "clear, changed"
    assert first.changes == done.changes == f"steps 60 instead of 128, size {SIZE} instead of 160"
    assert row.metadata["steps"] == 60


def test_a_recipe_with_nothing_changed_keeps_its_name(studio):
    recipe = recipe_named("bn-prior")
    number = studio.ask(recipe="bn-prior", size=recipe.size, steps=recipe.steps)
    assert studio.preview(number).recipe == "bn-prior"
    studio.live.session.studio.cancel(number)


def test_several_seeds_are_one_batch_with_a_row_each(studio):
    done = studio.make(seeds=(0, 3))
    assert done.images.shape[0] == 2
    assert [picture.seed for picture in done.made] == [0, 3]
    assert [row.seed for row in studio.rows()] == [0, 3]
    assert not np.array_equal(done.images[0], done.images[1])


def test_a_negative_wish_turns_the_unit_off_and_says_so(studio):
    excited, off = studio.make(steps=60), studio.make(steps=60, negative=True)
    assert off.recipe == "clear, changed, negative"
    assert off.made[0].value < excited.made[0].value
    assert off.made[0].natural_ratio is None


def test_pictures_that_the_gallery_has_are_shown_without_work(studio, networks):
    made = studio.make(seeds=(0, 1))
    before = steps_done(networks)
    known = studio.make(seeds=(0, 1), again=False)
    assert steps_done(networks) == before
    assert known.made == made.made
    assert np.abs(known.images.astype(int) - made.images).mean() < 12  # stored as WebP
    assert studio.make(seeds=(0, 2), again=False).made[1].seed == 2
    assert steps_done(networks) > before


def test_the_same_wish_gives_the_same_picture_again_and_replaces_it(studio):
    first, second = studio.make(), studio.make()
    np.testing.assert_array_equal(first.images, second.images)
    assert len(studio.rows()) == 1


# ------------------------------------------------------------------------------------------------------ where it begins


def test_an_ascent_begins_with_the_frame_as_the_network_sees_it(studio, make_picture):
    halves = np.zeros((60, 80, 3), np.uint8)
    halves[:, 40:] = 230
    studio.live.session.open_picture(halves, "halves")
    studio.live.wait_result(lambda result: result.frame.title == "halves")
    for mirror, brighter in ((True, 0), (False, 1)):
        studio.live.answer(mirror=mirror)
        done = studio.make(start=Start.FRAME, **UNMOVED)
        sides = done.images[0][:, : SIZE // 2].mean(), done.images[0][:, SIZE // 2 :].mean()
        assert sides[brighter] - sides[1 - brighter] > 100
    (one, other) = studio.rows()
    assert one.metadata["start_title"] == "a frame of halves"
    assert one.metadata["start"] != other.metadata["start"]


def test_an_ascent_begins_with_a_picture_of_any_shape(studio):
    rgb = np.full((30, 50, 3), (200, 40, 40), np.uint8)
    studio.live.look(layer="body", unit=1)
    done = studio.make(start=Start.PICTURE, start_rgb=rgb, start_title="exemplar 3", **UNMOVED)
    np.testing.assert_allclose(done.images.reshape(-1, 3).mean(0), (200, 40, 40), atol=12)
    page = studio.live.wait(lambda: page_with_pictures(studio, 1), "The page")
    assert page.synthesized[0].made.start == "exemplar 3"


def test_without_a_frame_a_sentence_says_what_to_do(session, networks):
    studio = Studio(session, session.load(networks.request("chain")))
    failed = studio.end(studio.ask(start=Start.FRAME))
    assert failed.phase is StudioPhase.FAILED
    assert "open a source first" in failed.problem


# ---------------------------------------------------------------------------------------------------- several, and none


def test_cancel_ends_an_ascent_within_a_step(studio, networks):
    number = studio.ask(steps=ENDLESS)
    studio.preview(number)
    studio.live.session.studio.cancel(number)
    before = steps_done(networks)
    assert studio.end(number).phase is StudioPhase.CANCELED
    assert steps_done(networks) - before <= 2
    assert not gallery_file(studio.info.name, studio.live.session._gallery_dir).exists()


def test_cancel_without_a_number_ends_all_and_the_next_wish_is_fulfilled(studio):
    numbers = [studio.ask(steps=ENDLESS, seeds=(seed,)) for seed in range(2)]
    studio.preview(numbers[1])
    studio.live.session.studio.cancel()
    assert studio.end(numbers[1]).phase is StudioPhase.CANCELED
    seen = [state for state in studio.states if state.number == numbers[0] and state.over]
    ended = seen[-1] if seen else studio.end(numbers[0])
    assert ended.phase is StudioPhase.CANCELED
    studio.make()


def test_the_newest_wish_goes_first_and_the_parked_one_goes_on(studio):
    older = studio.ask(steps=600)
    before = studio.preview(older)
    newer = studio.ask(unit=2)
    parked = studio.phase(older, StudioPhase.PARKED)
    assert parked.step >= before.step
    assert studio.end(newer).phase is StudioPhase.DONE
    assert [state.phase for state in studio.states if state.number == older and state.over] == []
    assert studio.preview(older, after=parked.step).step > parked.step
    done = studio.end(older)
    assert done.phase is StudioPhase.DONE
    # whoever rests is not disturbed: the same as without interruption
    np.testing.assert_array_equal(done.images, studio.make(steps=600).images)


def test_a_parked_ascent_with_hooks_of_its_own_is_not_disturbed(session, networks, own_network):
    """The BatchNorm prior keeps hooks on its network for the whole ascent."""
    studio = Studio(session, session.load(own_network("normed")))
    options = {"recipe": "bn-prior", "steps": 300}
    older = studio.ask(**options)
    studio.preview(older)
    studio.make(unit=2, recipe="bn-prior")
    np.testing.assert_array_equal(studio.end(older).images, studio.make(**options).images)


def test_a_parked_wish_can_be_canceled(studio):
    older, newer = studio.ask(steps=ENDLESS), None
    studio.preview(older)
    newer = studio.ask(unit=2, steps=ENDLESS)
    studio.preview(newer)
    studio.live.session.studio.cancel(older)
    studio.live.session.studio.cancel(newer)
    assert {studio.end(number).phase for number in (older, newer)} == {StudioPhase.CANCELED}


def test_a_parked_wish_is_canceled_at_once_and_not_when_it_would_go_on(studio):
    older = studio.ask(steps=ENDLESS)
    studio.preview(older)
    newer = studio.ask(unit=2, steps=ENDLESS)
    assert studio.preview(newer).waiting == 1
    studio.live.session.studio.cancel(older)
    assert studio.end(older).phase is StudioPhase.CANCELED
    assert studio.until(newer, lambda state: state.waiting == 0).phase is StudioPhase.RUNNING
    studio.live.session.studio.cancel(newer)
    assert studio.end(newer).phase is StudioPhase.CANCELED
    studio.make()
    assert [state.phase for state in studio.states if state.number == older][-1] is StudioPhase.CANCELED


def test_what_is_nearly_done_is_finished_before_a_newer_wish(studio, monkeypatch):
    monkeypatch.setattr(studio_run, "NEARLY", 0.05)
    older = studio.ask(steps=150)
    studio.preview(older, after=8)
    newer = studio.ask(unit=2)
    assert studio.end(older).phase is StudioPhase.DONE
    assert studio.end(newer).phase is StudioPhase.DONE
    assert StudioPhase.PARKED not in {state.phase for state in studio.states}


def test_what_is_nearly_done_and_still_takes_long_is_parked(studio, monkeypatch):
    monkeypatch.setattr(studio_run, "NEARLY", 0.0)
    older = studio.ask(steps=ENDLESS)
    studio.until(older, lambda state: (state.left_s or 0) > studio_run.FINISH_S)
    assert studio.end(studio.ask(unit=2)).phase is StudioPhase.DONE
    studio.live.session.studio.cancel()


def test_with_many_parked_ascents_a_further_wish_waits(studio, monkeypatch):
    monkeypatch.setattr(studio_module, "MOST_PARKED", 1)
    numbers = [studio.ask(steps=300)]
    studio.preview(numbers[0])
    numbers.append(studio.ask(unit=2, steps=200))
    studio.preview(numbers[1])
    numbers.append(studio.ask(unit=3))
    ended = [studio.until(numbers[place], lambda state: state.over) for place in (1, 2, 0)]
    assert [state.phase for state in ended] == [StudioPhase.DONE] * 3


def test_a_newer_wish_replaces_one_that_has_not_begun():
    states, events = StudioStates(lambda: None), Outbox()
    worker = StudioWorker(events.put, states, lambda number: None, lambda: None, Turns(), None)
    wishes = [StudioWish(UnitId("tiny", "body", unit), "clear") for unit in range(2)]
    for number, wish in enumerate(wishes, start=1):
        worker.ask(NumberedWish(number, wish))
    worker.start()
    while not (found := [states.take(), states.take()])[-1]:
        time.sleep(0.01)
    worker.stop()
    assert worker.join(10)
    assert [(state.number, state.phase) for state in found] == [(1, StudioPhase.CANCELED), (2, StudioPhase.FAILED)]
    assert found[1].problem.startswith("No network runs yet.")


def test_a_network_that_cannot_be_copied_is_shared_and_a_newer_wish_waits_for_the_older(
    session, networks, make_picture
):
    session.session.open_picture(make_picture(), "a picture")
    studio = Studio(session, session.load(networks.request("Locked")))
    older = studio.ask(layer="conv", steps=200)
    studio.preview(older)
    newer = studio.ask(layer="conv", unit=2)
    assert studio.end(older).phase is StudioPhase.DONE
    assert studio.end(newer).phase is StudioPhase.DONE
    assert StudioPhase.PARKED not in {state.phase for state in studio.states}


# ---------------------------------------------------------------------------------------------------------- the gallery


def page_with_pictures(studio, count):
    page = studio.live.session.take_page()
    return page if page is not None and len(page.synthesized) == count else None


def test_a_finished_picture_is_on_the_page_in_the_grid_and_there_after_a_restart(studio, session, networks):
    from tests.live.conftest import Live

    studio.live.look(layer="body", unit=1)
    done = studio.make()
    page = session.wait(lambda: page_with_pictures(studio, 1), "The page")
    (picture,) = page.synthesized
    assert picture.value == done.made[0].value
    assert (picture.made.recipe, picture.made.seed, picture.made.key) == (done.recipe, 0, done.made[0].key)
    assert picture.made.removable
    session.look(stage=Stage.SYNTHESIZED)
    pattern = session.wait(session.session.take_pattern, "The grid")
    assert (pattern.view.stage, pattern.missing, pattern.problem) == (Stage.SYNTHESIZED, 5, "")
    assert session.close() == ()

    again = Live(networks.folder, session.session._gallery_dir)
    again.session.place("cpu", Precision.FLOAT32)
    again.session.start()
    try:
        second = Studio(again, again.load(networks.request("chain")))
        again.look(layer="body", unit=1)
        assert again.wait(lambda: page_with_pictures(second, 1), "The page").synthesized[0].value == picture.value
        known = second.make(again=False)
        assert (known.made, known.changes) == (done.made, done.changes)
        assert steps_done(networks) == 0
    finally:
        assert again.close() == ()


def test_a_discarded_picture_is_gone_and_can_be_put_back(studio):
    done = studio.make(seeds=(0, 1))
    studio.live.session.studio.discard(done.made[0].key)
    changed = studio.until(done.number, lambda state: state.made[0].key == 0)
    assert [row.seed for row in studio.rows()] == [1]
    assert changed.made[1] == done.made[1]
    studio.live.session.studio.keep(changed, 0)
    back = studio.until(done.number, lambda state: state.made[0].key != 0)
    assert sorted(row.seed for row in studio.rows()) == [0, 1]
    assert replace(back.made[0], key=0) == replace(done.made[0], key=0)


def test_a_picture_is_discarded_while_another_is_made(studio):
    done = studio.make()
    running = studio.ask(unit=2, steps=ENDLESS)
    studio.preview(running)
    studio.live.session.studio.discard(done.made[0].key)
    studio.until(done.number, lambda state: state.made[0].key == 0)
    assert studio.rows() == ()
    studio.live.session.studio.cancel()


def test_what_is_not_there_cannot_be_discarded_and_a_sentence_says_so(studio):
    studio.live.session.studio.discard(99)
    notice = studio.live.wait_event(Notice, lambda event: "not in the gallery" in event.text)
    assert notice.level == "warning"


# --------------------------------------------------------------------------------------------------- what is brought


def test_a_picture_is_read_in_the_thread_of_the_studio_before_there_is_a_network(session, tmp_path, make_picture):
    path = tmp_path / "cat.png"
    path.write_bytes(encode_png(make_picture()))
    studio = session.session.studio
    studio.bring(BroughtPicture(str(path)))
    assert session.wait(studio.take_picture, "The picture").title == "cat.png"
    assert studio.take_picture() is None
    studio.bring(BroughtPicture(str(tmp_path)))
    notice = session.wait_event(Notice, lambda event: "is a folder" in event.text)
    assert notice.level == "warning"


def test_a_picture_is_read_while_another_is_made_and_is_started_from(studio, tmp_path):
    running = studio.ask(unit=2, steps=ENDLESS)
    studio.preview(running)
    path = tmp_path / "red.png"
    path.write_bytes(encode_png(np.full((30, 40, 3), (200, 0, 0), np.uint8)))
    door = studio.live.session.studio
    door.bring(BroughtPicture(str(path)))
    picture = studio.live.wait(door.take_picture, "The picture")
    done = studio.make(start=Start.PICTURE, start_rgb=picture.rgb, start_title=picture.title, **UNMOVED)
    assert done.images[0].mean(axis=(0, 1)).argmax() == 0
    assert studio.rows()[0].metadata["start_title"] == "red.png"
    door.cancel()


# ----------------------------------------------------------------------------------------------------------- what fails


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipe": "claer"}, "Did you mean clear?"),
        ({"unit": 6}, "there is no unit 6"),
        ({"layer": "bodi"}, "has no layer 'bodi'"),
        ({"regularizers": (("feature-distribution", ()),)}, "no finished scan of this network"),
        ({"regularizers": (("l2", (("weight", -1.0),)),)}, "weight must be"),
        ({"size": 5}, "size must be 16 to 4096"),
        ({"seeds": ()}, "at least one seed"),
    ],
)
def test_what_cannot_be_done_fails_with_a_sentence(studio, changes, words):
    failed = studio.end(studio.ask(**changes))
    assert failed.phase is StudioPhase.FAILED
    assert words in failed.problem
    studio.make()


def test_a_wish_for_another_model_fails_with_a_sentence(studio):
    wish = StudioWish(UnitId("other", "body", 1), "clear")
    failed = studio.end(studio.live.session.studio.synthesize(wish))
    assert "is not one of its units" in failed.problem


def test_a_gallery_that_cannot_be_written_to_costs_no_picture(studio, caplog):
    folder = studio.live.session._gallery_dir
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")
    done = studio.end(studio.ask())
    assert done.phase is StudioPhase.DONE
    assert done.problem.startswith("The picture was not kept.")
    assert done.problem in caplog.text
    assert done.images.shape == (1, SIZE, SIZE, 3)
    assert done.made[0].key == 0
    folder.unlink()
    studio.live.session.studio.keep(done, 0)
    assert studio.until(done.number, lambda state: state.made[0].key != 0).problem == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [(ValueError("odd"), "could not be synthesized"), (MemoryError(), "not enough memory for a picture")],
)
def test_an_error_of_the_network_is_told_and_the_thread_goes_on(studio, networks, error, words):
    number = studio.ask(steps=ENDLESS)
    studio.preview(number)
    networks.module.FAILURES["body"] = error
    failed = studio.end(number)
    assert failed.phase is StudioPhase.FAILED
    assert words in failed.problem
    assert failed.images is not None
    networks.module.FAILURES.clear()
    studio.make()


def test_a_unit_that_cannot_be_excited_is_kept_with_the_reason(session, own_network, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    studio = Studio(session, session.load(own_network("dead")))
    done = studio.end(studio.ask(layer="act", unit=0, steps=3, seeds=(0, 1)))
    assert done.phase is StudioPhase.DONE
    assert "all weights that lead to it are 0" in done.made[0].reason
    session.look(layer="act", unit=0)
    page = session.wait(lambda: page_with_pictures(studio, 2), "The page")
    assert page.synthesized[0].made.reason == done.made[0].reason


# ----------------------------------------------------------------------------------------------- beside everything else


def test_another_model_in_the_middle_of_an_ascent_ends_it_with_a_sentence(studio, networks):
    number = studio.ask(steps=ENDLESS)
    studio.preview(number)
    other = studio.live.load(networks.request("gray"))
    failed = studio.end(number)
    assert failed.phase is StudioPhase.FAILED
    assert (
        failed.problem == f"Not finished, for {other.name} was loaded. Load {failed.wish.unit.model}, then ask again."
    )
    studio.info = other
    studio.make()


@pytest.mark.parametrize("start", [Start.NOISE, Start.FRAME])
def test_a_moved_network_begins_the_ascent_again_where_it_is_now(studio, start):
    number = studio.ask(steps=400, start=start)
    studio.preview(number)
    studio.live.session.place("cpu", Precision.BFLOAT16)
    studio.phase(number, StudioPhase.WAITING)
    done = studio.end(number)
    assert (done.phase, done.problem) == (StudioPhase.DONE, "")
    assert any("begins again" in text for text in studio.live.notices())
    path = gallery_file(studio.info.name, studio.live.session._gallery_dir)
    with GalleryReader(path) as reader:
        assert [job.parameters["precision"] for job in reader.jobs()] == ["bfloat16"]


def test_live_results_keep_coming_and_the_network_is_left_as_it_was(studio, scripted):
    studio.live.session.use_source(lambda: scripted(), "script")
    studio.live.wait_result(lambda result: result.frame.title.startswith("picture "))
    studio.live.session.studio.synthesize(studio.wish(steps=ENDLESS))
    studio.live.collect()
    for _ in range(3):
        seen = len(studio.live.results)
        studio.live.wait_result(lambda result: result.fresh, after=seen + 3)
    studio.live.session.studio.cancel()
    network = studio.live.session._inference._engine.loaded.network
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in network.parameters())


def test_the_thread_ends_in_time_in_the_middle_of_an_ascent(studio, scripted):
    studio.live.session.use_source(lambda: scripted(), "script")
    older = studio.ask(steps=ENDLESS)
    studio.preview(older)
    newer = studio.ask(unit=2, steps=ENDLESS)
    studio.preview(newer)
    # it would be named here if it went on
    assert studio.live.close() == ()


def test_what_can_be_chosen_is_told_with_every_model(studio, networks):
    offer = studio.live.wait_event(StudioOffered).offer
    assert offer.default in [recipe.name for recipe in offer.recipes]
    assert [recipe.name for recipe in offer.recipes] == [recipe.name for recipe in offer.class_recipes]
    by_name = {regularizer.name: regularizer for regularizer in offer.regularizers}
    assert by_name["l2"].settings[0].name == "weight"
    assert by_name["patch-prior"].needs == ""
    assert "photographs that come with DeepVis" in by_name["patch-prior"].about
    assert "BatchNorm" in by_name["batch-norm"].needs
    assert "a scan" in by_name["feature-distribution"].needs
    prior = next(recipe for recipe in offer.recipes if recipe.name == "bn-prior")
    assert prior.needs == by_name["batch-norm"].needs
    assert dict(prior.regularizers)["l2"] == (("weight", 1e-5),)
    heard = len(studio.live.events)
    studio.live.load(networks.request("gray"))
    studio.live.wait_event(ModelReady, after=heard)
    studio.live.wait_event(StudioOffered, after=heard)


def test_a_finished_scan_lets_pictures_be_compared_with_natural_ones(studio, networks, images_dir):
    def needs(event):
        return next(each.needs for each in event.offer.regularizers if each.name == "feature-distribution")

    assert needs(studio.live.wait_event(StudioOffered))
    path = gallery_file(studio.info.name, studio.live.session._gallery_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    wanted = ScanRequest(
        images=images_dir, model=networks.request("chain"), layers=("body",), gallery=path, workers=0, device="cpu"
    )
    run_scan(wanted, report=lambda _: None, control=ScanControl())
    heard = len(studio.live.events)
    studio.live.session.refresh_gallery()
    assert not needs(studio.live.wait_event(StudioOffered, after=heard))
    plain = studio.make()
    matched = studio.make(regularizers=(("feature-distribution", (("weight", 100.0),)),))
    assert not np.array_equal(plain.images, matched.images)
    # the very same pictures are found again, and told once
    studio.live.session.refresh_gallery()
    assert np.array_equal(studio.make(regularizers=matched.wish.regularizers).images, matched.images)
    assert sum(isinstance(event, StudioOffered) for event in studio.live.events[heard:]) == 1
