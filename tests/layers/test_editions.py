"""What a newer edition changes: rows, cells and outlines, on both sides of what counts as same."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from layers.contracts import CONTRACTS
from layers.editions import compare_editions
from layers.validate import conform
from layers.workspace.geopackage import create_workspace
from layers.workspace.protocol import Provenance

AT, LATER = "2025-01-02T03:04:05", "2025-06-07T08:09:10"
CITY = CRS(4549)
PARCELS = CONTRACTS["land_parcels"]
EAST, NORTH = 571_000.0, 3_400_000.0


def box(number=0, moved=0.0):
    west = EAST + 200 * number + moved
    return shapely.box(west, NORTH, west + 100, NORTH + 100)


def parcels(ids, shapes=None, **columns):
    shapes = [box(i) for i in range(len(ids))] if shapes is None else shapes
    frame = gpd.GeoDataFrame({"parcel_id": ids, **columns}, geometry=shapes, crs=CITY)
    return conform(frame, PARCELS)[0]


def compared(held, newer, *, is_whole=True):
    return compare_editions(held, newer, PARCELS, is_whole=is_whole)


def test_the_same_rows_in_another_order_are_unchanged():
    held = parcels(["A", "B"], name=["甲", None])
    found = compared(held, held.iloc[::-1].reset_index(drop=True))
    assert found.unchanged == 2
    assert (found.added_ids, found.changed_ids, found.removed_ids) == ((), (), ())


def test_added_changed_and_removed_rows_are_told_with_each_cell():
    held = parcels(["A", "B", "C"], name=["甲", "乙", "丙"], far_max=[1.0, 2.0, np.nan])
    newer = parcels(["B", "C", "D"], [box(1), box(2), box(3)], name=["乙", None, "丁"],
                    far_max=[2.5, np.nan, 1.0])  # fmt: skip
    found = compared(held, newer)
    assert (found.added_ids, found.removed_ids) == (("D",), ("A",))
    assert found.changed_ids == ("B", "C")
    assert found.cells.to_numpy().tolist() == [
        ["B", "far_max", 2.0, 2.5], ["C", "name", "丙", None],
    ]  # fmt: skip
    assert found.moved_m.tolist() == [0.0, 0.0]


def test_rows_that_a_part_of_a_layer_does_not_bring_are_not_removed():
    found = compared(parcels(["A", "B"]), parcels(["B"], [box(1)]), is_whole=False)
    assert (found.removed_ids, found.unchanged) == ((), 1)


@pytest.mark.parametrize(("moved", "is_changed"), [(0.0009, False), (0.0011, True)])
def test_an_outline_is_changed_from_a_millimetre_on(moved, is_changed):
    found = compared(parcels(["A"]), parcels(["A"], [box(0, moved)]))
    assert bool(found.changed_ids) == is_changed
    if is_changed:
        assert found.moved_m[0] == pytest.approx(moved, rel=1e-4)


def test_the_same_outline_drawn_from_another_corner_is_unchanged():
    other = shapely.MultiPolygon([shapely.box(EAST, NORTH, EAST + 100, NORTH + 100, ccw=False)])
    assert compared(parcels(["A"]), parcels(["A"], [other])).unchanged == 1


@pytest.mark.parametrize(("times", "is_changed"), [(1 + 1e-10, False), (1 + 1e-8, True)])
def test_numbers_are_the_same_to_a_part_in_a_thousand_million(times, is_changed):
    held = parcels(["A"], area_declared_m2=[1e4])
    found = compared(held, parcels(["A"], area_declared_m2=[1e4 * times]))
    assert bool(found.changed_ids) == is_changed


def test_a_column_that_only_one_edition_has_is_compared_too():
    held = parcels(["A", "B"], src_旧=["x", None])
    found = compared(held, parcels(["A", "B"]))
    assert found.cells.to_numpy().tolist() == [["A", "src_旧", "x", None]]


# --- history -------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path):
    made = create_workspace(tmp_path / "ws.gpkg", CITY, title="t", created_at=AT)
    put(made, "replace", parcels(["A", "B"], name=["甲", "乙"]), AT)
    return made


def put(workspace, how, frame, at):
    with workspace.edit("规划员", at) as edit:
        getattr(edit, how)("land_parcels", frame, Provenance("a.gpkg", at))


def test_the_first_edition_leaves_no_history(workspace):
    assert len(workspace.history()) == 0


def test_what_an_update_replaced_is_kept_with_the_moment_it_ended(workspace):
    put(workspace, "update", parcels(["B", "A"], [box(1), box(0)], name=["丙", "甲"]), LATER)
    held = workspace.history("land_parcels")
    assert held[["row", "change", "valid_until"]].to_numpy().tolist() == [["B", "changed", LATER]]
    assert '"name": "乙"' in held["data"][0]
    entry = workspace.audit().set_index("seq").loc[held["audit_seq"][0]]
    assert (entry["action"], entry["at"]) == ("update", LATER)


def test_what_a_newer_edition_leaves_out_is_kept(workspace):
    put(workspace, "replace", parcels(["A"], name=["甲"]), LATER)
    held = workspace.history()
    assert held[["row", "change"]].to_numpy().tolist() == [["B", "removed"]]
    assert len(workspace.read("land_parcels")) == 1
    assert len(workspace.history("parks")) == 0
    assert "muplan_history" not in [facts.name for facts in workspace.layers()]
