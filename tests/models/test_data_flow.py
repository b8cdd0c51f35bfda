"""Whose output a module takes and gives on."""

from __future__ import annotations

import torch
from torch import nn

from deepvis.models.data_flow import FlowTracker
from deepvis.models.layers import describe_layers


def flows(network):
    taps = describe_layers(network.eval(), torch.rand(1, 3, 16, 16), labels=(), emits_probabilities=False)
    names = [tap.name for tap in taps]
    named = lambda number: None if number is None else names[number]  # noqa: E731
    return {tap.name: (named(tap.flow.takes), named(tap.flow.gives), tap.flow.altered) for tap in taps}


def test_modules_in_a_row_take_what_the_one_before_gave_and_their_parent_gives_the_last():
    found = flows(nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), nn.Conv2d(4, 2, 3)))
    assert found["0.1"] == ("0.0", None, False)
    assert found["0"] == (None, "0.1", False)
    assert found["1"] == ("0", None, False)


def test_an_activation_in_place_takes_what_it_overwrites_and_alters_nothing_before_it():
    found = flows(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3)))
    assert found["1"] == ("0", None, False)
    assert found["2"] == ("1", None, False)


def test_an_addition_in_place_between_two_modules_is_noticed():
    class Adds(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.after = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()

        def forward(self, x):
            out = self.first(x)
            out += x
            return self.after(out)

    assert flows(nn.Sequential(Adds()))["0.after"] == ("0.first", None, True)


def test_a_view_of_the_same_values_counts_as_the_output_and_a_part_of_it_does_not():
    class Views(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.whole, self.part = nn.Conv2d(3, 4, 3), nn.Identity(), nn.ReLU()

        def forward(self, x):
            maps = self.first(x)
            return self.whole(maps.permute(0, 2, 3, 1)).mean() + self.part(maps[:, :2])

    found = flows(nn.Sequential(Views()))
    assert found["0.whole"][0] == "0.first"
    assert found["0.part"][0] is None


def test_a_module_that_fails_and_is_caught_does_not_shift_the_others():
    tracker, failing, outer = FlowTracker(), object(), object()
    given, output = torch.rand(3), torch.rand(3)
    tracker.enter("first", None)
    tracker.leave("first", given)
    tracker.enter(outer, given)
    tracker.enter(failing, output)
    assert tracker.leave(outer, output).takes == 0
