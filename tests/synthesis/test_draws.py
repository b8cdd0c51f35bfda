from __future__ import annotations

import torch

from deepvis.synthesis.draws import Draws


def test_an_image_draws_the_same_whatever_the_others_are():
    assert torch.equal(Draws([7]).normal(5)[0], Draws([3, 7, 9]).normal(5)[1])


def test_images_can_be_dropped():
    all_of_them, some = Draws([1, 2, 3]), Draws([1, 2, 3])
    some.keep([2, 0])
    assert torch.equal(some.uniform(4), all_of_them.uniform(4)[[2, 0]])
    assert len(some) == 2
