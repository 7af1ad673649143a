"""Boxes that lie in a heap are refused before their pairs are written down."""

import numpy as np
import pytest

from geo.errors import GeometryError
from geo.kernels.boxes import box_pairs


def heap(count):
    """Give so many boxes over one place, and one far off."""
    return np.array([[0.0, 0.0, 1.0, 1.0]] * count + [[1e4, 1e4, 1e4 + 1, 1e4 + 1]])


def test_as_many_pairs_as_allowed_are_given_and_one_more_is_refused(monkeypatch):
    # 5 boxes in a heap: 5 * 4 / 2 = 10 pairs.
    monkeypatch.setattr("geo.kernels.boxes.pairs_limit", lambda count: 10)
    pairs = box_pairs(heap(5), 0.0)
    assert sorted(map(tuple, pairs.tolist())) == [(i, j) for i in range(5) for j in range(i + 1, 5)]
    monkeypatch.setattr("geo.kernels.boxes.pairs_limit", lambda count: 9)
    with pytest.raises(GeometryError) as caught:
        box_pairs(heap(5), 0.0)
    assert caught.value.code == "pairs_too_many"
    assert dict(caught.value.values) == {"shapes": 6, "limit": 9}
