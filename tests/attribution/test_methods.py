from __future__ import annotations

import pytest

from deepvis.attribution.methods import METHODS
from deepvis.attribution.options import Options
from deepvis.attribution.subject import Subject
from deepvis.kinds import Method
from deepvis.records import Target


def test_every_method_is_in_the_table_with_a_caveat_of_one_line():
    assert set(METHODS) == set(Method)
    for spec in METHODS.values():
        assert "\n" not in spec.caveat
        assert 20 < len(spec.caveat) < 130
        assert spec.caveat.endswith(".")


def test_all_are_available_where_the_extras_are_installed():
    assert [spec.available() for spec in METHODS.values()] == [""] * len(METHODS)


@pytest.mark.parametrize("method", Method)
def test_the_table_tells_the_shape_and_the_sign_of_what_comes(residual, picture, method):
    values = Subject(residual, picture).attribute(Target("block2", 1), method, Options(samples=2, steps=2)).values
    spec = METHODS[method]
    assert values.dim() == (2 if spec.is_map else 3)
    if not spec.is_map:
        assert values.shape == picture.shape
    if not spec.is_signed:
        assert (values >= 0).all()
