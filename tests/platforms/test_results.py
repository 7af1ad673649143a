"""Results are found again exactly where the same would be worked out."""

import numpy as np
import pytest
import shapely

from platforms.results import KEPT, KeptResults, content_of, results_of

FIELD = shapely.box(0, 0, 10, 10)


class _Store:
    def __init__(self):
        self.kept = {}

    def load(self, key):
        return self.kept.get(key)

    def store(self, key, arrays):
        self.kept[key] = arrays


def _shapes(*shapes):
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


@pytest.mark.parametrize(
    "other",
    [
        ("gaps", _shapes(FIELD), 2.5),
        ("gaps", _shapes(shapely.box(0, 0, 10, 10 + 1e-9)), 2.0),
        ("gaps", _shapes(FIELD, FIELD), 2.0),
        ("gaps", _shapes(FIELD, None), 2.0),
        ("areas", _shapes(FIELD), 2.0),
        ("gaps", _shapes(FIELD)),
        ("gaps", np.array([1.0]), 2.0),
    ],
)
def test_another_content_has_another_mark(other):
    assert content_of(*other) != content_of("gaps", _shapes(FIELD), 2.0)


def test_the_same_content_has_the_same_mark_whoever_made_it():
    again = shapely.from_wkb(shapely.to_wkb(FIELD))
    assert content_of("gaps", _shapes(again), 2.0) == content_of("gaps", _shapes(FIELD), 2.0)


def test_numbers_of_another_type_or_form_have_another_mark():
    marks = {
        content_of("x", np.zeros(4)), content_of("x", np.zeros((2, 2))),
        content_of("x", np.zeros(4, dtype=np.int64)), content_of("x", np.zeros(2), np.zeros(2)),
    }  # fmt: skip
    assert len(marks) == 4


def test_a_result_is_worked_out_once_and_outlasts_the_process_where_there_is_a_store():
    times, store = [], _Store()

    def compute():
        times.append(1)
        return {"n": np.array([7])}

    first = KeptResults(store)
    assert first.once("a", compute)["n"].tolist() == [7]
    assert first.once("a", compute)["n"].tolist() == [7]
    assert KeptResults(store).once("a", compute)["n"].tolist() == [7]
    assert len(times) == 1
    KeptResults().once("a", compute)
    assert len(times) == 2


def test_what_was_not_asked_for_longest_goes_first():
    kept, times = KeptResults(), []

    def ask(name):
        kept.once(name, lambda: times.append(name) or {})

    ask("first")
    for number in range(KEPT - 1):
        ask(f"n{number}")
    ask("first")  # asked again: now n0 is the oldest
    ask("one more")
    times.clear()
    ask("first")
    ask("n0")
    assert times == ["n0"]


def test_a_source_without_results_gets_its_own_and_one_with_them_shares_them():
    class Source:
        results = KeptResults()

    assert results_of(Source()) is Source.results
    assert results_of(object()) is not results_of(object())
