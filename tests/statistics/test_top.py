from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepvis.statistics.top import TopK

PLACES = 3


def no_position(batch, units):
    return batch * 10 + units


def offer(top, values, samples):
    values = torch.tensor(values, dtype=torch.float32).reshape(len(samples), -1)
    top.update(values, torch.tensor(samples), lambda batch, _: torch.tensor(samples)[batch] * 7)
    return top


def expected(pairs, largest):
    """Best `(value, sample)` of one unit, by a plain loop."""
    best = {}
    for value, sample in pairs:
        worse = best.get(sample)
        if not np.isnan(value) and (worse is None or (value > worse if largest else value < worse)):
            best[sample] = value
    order = sorted(best.items(), key=lambda entry: (-entry[1] if largest else entry[1], entry[0]))
    return [(value, sample) for sample, value in order[:PLACES]]


values = st.sampled_from([0.0, 1.0, 2.0, 6.0, -3.0, float("nan")])
pairs = st.lists(st.tuples(values, st.integers(0, 12)), min_size=1, max_size=20)


@given(pairs, st.booleans(), st.data())
def test_any_batches_and_any_merge_give_what_a_loop_gives(pairs, largest, data):
    shards = [TopK(1, PLACES, largest=largest) for _ in range(3)]
    rest = list(pairs)
    while rest:
        count = data.draw(st.integers(1, len(rest)))
        part, rest = rest[:count], rest[count:]
        offer(data.draw(st.sampled_from(shards)), [value for value, _ in part], [sample for _, sample in part])
    first, *others = data.draw(st.permutations(shards))
    for other in others:
        first.merge(other)
    ranked = first.ranked()
    taken = ranked.samples[0] >= 0
    found = list(zip(ranked.values[0][taken].tolist(), ranked.samples[0][taken].tolist(), strict=True))
    assert found == expected(pairs, largest)
    assert (ranked.positions[0] == np.where(taken, ranked.samples[0] * 7, 0)).all()


def test_equal_values_go_to_the_smaller_sample():
    top = offer(TopK(1, 2), [6.0, 6.0, 6.0], [4, 5, 9])
    offer(top, [6.0, 6.0], [2, 7])
    assert top.ranked().samples.tolist() == [[2, 4]]


def test_empty_places_say_so():
    assert offer(TopK(1, 2), [1.0], [3]).ranked().samples.tolist() == [[3, -1]]
    least = TopK(1, 2, largest=False).ranked()
    assert least.values.tolist() == [[np.inf, np.inf]]


def test_positions_are_asked_for_only_where_a_sample_enters():
    asked = []

    def find(batch, units):
        asked.append(list(zip(batch.tolist(), units.tolist(), strict=True)))
        return torch.zeros(len(batch))

    top = TopK(2, 1)
    top.update(torch.tensor([[1.0, 5.0], [3.0, 4.0]]), torch.tensor([0, 1]), find)
    top.update(torch.tensor([[2.0, 5.0], [3.0, 4.0]]), torch.tensor([2, 3]), find)
    top.update(torch.tensor([[2.0, 5.5]]), torch.tensor([4]), find)
    assert asked == [[(1, 0), (0, 1)], [(0, 1)]]


def test_a_sample_that_comes_again_better_keeps_one_place():
    top = offer(TopK(1, 2), [1.0, 2.0], [0, 1])
    offer(top, [5.0], [0])
    assert top.ranked().values.tolist() == [[5.0, 2.0]]
    assert top.ranked().samples.tolist() == [[0, 1]]


def test_it_can_be_stored_and_goes_on():
    top = offer(TopK(1, 2, largest=False), [1.0, 2.0, 0.5], [0, 1, 2])
    again = TopK.from_arrays(top.arrays())
    for ranking in (top, again):
        offer(ranking, [0.5, 0.7], [1, 3])
    assert again.ranked().samples.tolist() == top.ranked().samples.tolist() == [[1, 2]]


def test_it_goes_on_outside_of_inference_mode_after_it_began_inside():
    with torch.inference_mode():
        top = offer(TopK(1, 2), [1.0], [0])
    offer(top, [2.0], [1])
    assert top.ranked().values.tolist() == [[2.0, 1.0]]


def test_rankings_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="same units"):
        TopK(1, 2).merge(TopK(1, 2, largest=False))
