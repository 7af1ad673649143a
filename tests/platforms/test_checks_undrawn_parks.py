"""A list of parks without shapes answers what is counted, and leaves open what is measured."""

import pytest

from tests.matching_frames import city, matched, parcel
from tests.planning_frames import PLATFORMS, UNITS, Frames, allotment, rect, rect_of_mu, verdicts_of


def park(number, disposition="exiting", **values):
    return {"park_id": f"K{number}", "unit_id": "N", "park_kind": "industrial_park",
            "disposition": disposition, "is_baseline": True, **values}  # fmt: skip


LISTED = [
    park(1, exited_on="2019-05-01"), park(2, exited_on="2020-05-01"), park(3),
    park(4, "sub_park", platform_id="P1"),
]  # fmt: skip


def verdict(rule_id, parks, part=None, **layers):
    source = Frames(units=UNITS, major_platforms=PLATFORMS, parks=parks, **layers)
    of_unit = [
        found for found in verdicts_of(rule_id, source)
        if found.unit_id == "N" and (part is None or found.part == part)
    ]  # fmt: skip
    return of_unit[0]


def test_the_share_of_parks_that_have_left_is_counted_from_the_list():
    found = verdict("A13", LISTED)
    # two of four
    assert (found.outcome, found.measured) == ("met", 0.5)


def test_what_is_counted_is_the_same_with_shapes():
    drawn = [{**row, "geometry": rect(4000 + 300 * n, 0, 200, 200)} for n, row in enumerate(LISTED)]
    assert verdict("A13", drawn).measured == verdict("A13", LISTED).measured


@pytest.mark.parametrize("is_drawn", [True, False])
def test_a_share_by_area_is_open_while_a_sub_park_of_a_zone_is_not_drawn(is_drawn):
    shape = {"geometry": rect(4000, 0, 1000, 1000)} if is_drawn else {}
    outside = allotment(1, land_mu=10.0, geometry=rect(10e3, 10e3, 50, 50), declared_inside=None)
    found = verdict("B1", [{**LISTED[3], **shape}], "land", element_allotments=[outside])
    assert found.outcome == ("not_met" if is_drawn else "no_data")


def test_new_land_beyond_the_platforms_drawn_is_open_while_a_sub_park_is_not_drawn():
    fields = [parcel("R", rect_of_mu(10_000, 10_000, 110))]
    assert matched(city(fields)).rejected[0].site.parcel_ids == ("R",)
    undrawn = [{"park_id": "K9", "unit_id": "N", "disposition": "sub_park", "platform_id": "P1"}]
    (site,) = matched(city(fields, parks=undrawn)).undecided
    assert [gate.statement.code for gate in site.reasons if gate.gate == "A18"] == [
        "increment_undrawn"
    ]
