import numpy as np
import pytest
import shapely

from layers.maps.find import rows_named
from layers.maps.view import prepare_view

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def layers(parcels, styles):
    frame = parcels([shapely.box(at, 0, at + 1, 1) for at in range(4)], ["idle"] * 4)
    frame["parcel_id"] = ["A-10", "A-1", "B-A-1", "C"]
    frame["name"] = np.array(["甲地块", "乙", "丙 Park", HOSTILE], dtype=object)
    return prepare_view({"land_parcels": frame}, styles, "2025-06-30").layers


def keys(found):
    return [one.hit.key for one in found]


def test_the_very_number_comes_first_then_those_that_begin_with_it(layers):
    assert keys(rows_named(layers, " a-1 ", 10)) == ["A-1", "A-10", "B-A-1"]


def test_names_are_searched_whatever_their_capitals(layers):
    assert keys(rows_named(layers, "PARK", 10)) == ["B-A-1"]
    assert keys(rows_named(layers, "地块", 10)) == ["A-10"]


def test_no_more_are_given_than_asked_for(layers):
    assert keys(rows_named(layers, "a", 1)) == ["A-1"]


@pytest.mark.parametrize("wanted", ["", "  ", "没有"])
def test_nothing_is_found_for_nothing(layers, wanted):
    assert rows_named(layers, wanted, 10) == []


def test_a_hostile_name_is_found_as_the_text_it_is(layers):
    (found,) = rows_named(layers, "onerror", 10)
    assert (found.hit.key, found.name) == ("C", HOSTILE)
