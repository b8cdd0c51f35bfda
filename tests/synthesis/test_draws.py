from __future__ import annotations

import torch

from deepvis.synthesis.draws import Draws


def test_an_image_draws_the_same_whatever_the_others_are():
    assert torch.equal(Draws([7]).normal(5)[0], Draws([3, 7, 9]).normal(5)[1])


def test_seeds_that_differ_in_high_bits_only_draw_other_numbers():
    seeds = [0, 1, 1 << 32, 1 << 54, 2 << 54, 3 << 54, 1 << 62]
    drawn = Draws(seeds).uniform(4)
    assert len(torch.unique(drawn, dim=0)) == len(seeds)


def test_small_seeds_are_torch_s():
    wanted = torch.rand(4, generator=torch.Generator().manual_seed(12345))
    assert torch.equal(Draws([12345]).uniform(4)[0], wanted)


def test_images_can_be_dropped():
    all_of_them, some = Draws([1, 2, 3]), Draws([1, 2, 3])
    some.keep([2, 0])
    assert torch.equal(some.uniform(4), all_of_them.uniform(4)[[2, 0]])
    assert len(some) == 2
