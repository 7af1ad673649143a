"""What every workspace must do, whatever holds it: each case runs over each implementation."""

import string

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geo.crs import same_crs
from geo.raster import Raster
from layers.contracts import CONTRACTS, key_columns
from layers.errors import LayerError
from layers.hash_chain import HASH_COLUMNS, examine
from layers.validate import conform
from layers.workspace.protocol import Provenance
from tests.workspace_stores import AT, CITY, STORES

FROM_OFFICE = Provenance(
    "嘉兴市“自然”资源局's 台账.xlsx", AT, "2024版", "内部", "ab12", '{"rows": 1}'
)
WEST, SOUTH = 571_000.0, 3_400_000.0


@pytest.fixture(params=STORES.values(), ids=STORES)
def workspace(request, tmp_path):
    return request.param(tmp_path)


@pytest.fixture(scope="module", params=STORES.values(), ids=STORES)
def shared_workspace(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("workspace"))


def grid(cells, west=WEST, north=SOUTH, cell_m=10.0, crs=CITY):
    return Raster(np.asarray(cells, dtype=np.float32), west, north, cell_m, cell_m, crs)


def square(number=0, side=100.0):
    west = WEST + 200 * number
    return shapely.box(west, SOUTH, west + side, SOUTH + side)


def parcels(*ids, **columns):
    return gpd.GeoDataFrame(
        {"parcel_id": list(ids), **columns}, geometry=[square(i) for i in range(len(ids))], crs=CITY
    )


def replaced(workspace, layer, frame):
    with workspace.edit("规划员", AT) as edit:
        edit.replace(layer, frame, FROM_OFFICE)
    return workspace.read(layer)


# --- rows come back as they were -----------------------------------------------------------------

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]),
    min_size=1, max_size=8,
)  # fmt: skip


def values_of(field):
    if field.values and field.kind == "list":
        return st.lists(st.sampled_from(list(field.values)), min_size=1, unique=True).map(";".join)
    return {
        "text": TEXTS,
        "list": TEXTS,
        "timestamp": st.just(AT),
        "code": st.sampled_from(list(field.values) or ["x"]),
        "date": st.dates().map(lambda day: day.isoformat()),
        "bool": st.booleans(),
        "int": st.integers(1990, 2**53),
        "float": st.floats(max(field.minimum or 0, -1e12), 1e12),
    }[field.kind]


SHAPES = {
    "polygon": [square(), shapely.MultiPolygon([square(1), square(3)]),
                square(2).difference(square(2, 50).buffer(-10))],
    "line_or_polygon": [shapely.LineString([(WEST, SOUTH), (WEST + 0.123456789, SOUTH + 9)]),
                        square()],
    "point_or_polygon": [shapely.Point(WEST + 1 / 3, SOUTH), square()],
}  # fmt: skip


@st.composite
def rows_of(draw, contract):
    count = draw(st.integers(1, 4))
    columns = {}
    for name in contract.columns:
        value = values_of(contract.field(name))
        needed = name in key_columns(contract) or name in contract.needed
        columns[name] = draw(
            st.lists(value if needed else st.none() | value, min_size=count, max_size=count)
        )
    columns[contract.key] = [f"{i}-{key}" for i, key in enumerate(columns[contract.key])]
    if not contract.is_spatial:
        return conform(pd.DataFrame(columns), contract)[0]
    shapes = draw(st.lists(st.sampled_from(SHAPES[contract.geometry]), min_size=count,
                           max_size=count))  # fmt: skip
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CITY)
    return conform(frame, contract)[0]


def assert_same_rows(got, wanted):
    pd.testing.assert_frame_equal(
        pd.DataFrame(got).drop(columns="geometry", errors="ignore").reset_index(drop=True),
        pd.DataFrame(wanted).drop(columns="geometry", errors="ignore").reset_index(drop=True),
    )
    if isinstance(wanted, gpd.GeoDataFrame):
        assert same_crs(got.crs, wanted.crs)
        for one, two in zip(got.geometry, wanted.geometry, strict=True):
            assert shapely.normalize(one).equals(shapely.normalize(two))
            assert shapely.bounds(one).tolist() == shapely.bounds(two).tolist()


@pytest.mark.parametrize("layer", CONTRACTS)
@settings(
    max_examples=2, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                           HealthCheck.data_too_large],
)  # fmt: skip
@given(st.data())
def test_rows_of_every_layer_come_back_as_they_were(shared_workspace, layer, data):
    contract = CONTRACTS[layer]
    rows = data.draw(rows_of(contract))
    if contract.append_only:
        # No second replacement: further rows with keys of their own.
        known = len(shared_workspace.read(layer))
        rows[contract.key] = [f"{known}.{key}" for key in rows[contract.key]]
        rows["entry_seq"] = pd.array(range(known + 1, known + 1 + len(rows)), dtype="Int64")
        with shared_workspace.edit("规划员", AT) as edit:
            edit.add(layer, rows, FROM_OFFICE)
        back = shared_workspace.read(layer).iloc[known:]
        hashes = list(HASH_COLUMNS)
        assert_same_rows(back.drop(columns=hashes), rows.drop(columns=hashes))
        assert back[hashes].notna().all(axis=None)
    else:
        assert_same_rows(replaced(shared_workspace, layer, rows), rows)


def test_a_layer_never_imported_reads_as_empty_with_all_its_columns(workspace):
    for name, contract in CONTRACTS.items():
        frame = workspace.read(name)
        assert len(frame) == 0
        assert list(contract.columns) == [c for c in frame.columns if c != "geometry"]
        assert isinstance(frame, gpd.GeoDataFrame) == contract.is_spatial
        if contract.is_spatial:
            assert same_crs(frame.crs, CITY)


def test_an_empty_frame_replaces_all_rows(workspace):
    replaced(workspace, "land_parcels", parcels("A", "B"))
    assert len(replaced(workspace, "land_parcels", parcels("A").iloc[:0])) == 0


def test_columns_of_the_source_come_back_under_their_own_names(workspace):
    frame = parcels("A", "B", **{"src_旧'编\"号": ["甲", None]})
    back = replaced(workspace, "land_parcels", frame)
    assert back["src_旧'编\"号"].iloc[0] == "甲"
    assert pd.isna(back["src_旧'编\"号"].iloc[1])


@pytest.mark.parametrize(
    "name",
    ["O'Brien", '"; DROP TABLE "units"; --', "100%_地块", "𠮷𡈽", "a\nb", "é", "=1+1", "<b>"],
)
def test_hostile_names_are_only_names(workspace, name):
    replaced(workspace, "land_parcels", parcels("A", name=[name]))
    back = workspace.read("land_parcels")
    assert back["name"].tolist() == [name]
    with workspace.edit(name, AT) as edit:
        edit.add("land_parcels", parcels(f"{name}2"), Provenance(name, AT))
        edit.quarantine("land_parcels", parcels(name), pd.Series([name]))
    assert workspace.audit()["actor"].tolist()[1:] == [name, name]
    assert workspace.quarantined()["row"].tolist() == [name]
    assert next(iter(workspace)) == "units"


def test_an_allotment_without_a_shape_comes_back_without_one(workspace):
    frame = gpd.GeoDataFrame({"allotment_id": ["A", "B"]}, geometry=[None, square()], crs=CITY)
    back = replaced(workspace, "element_allotments", frame)
    assert back.geometry.isna().tolist() == [True, False]
    none_at_all = replaced(workspace, "element_allotments", frame.iloc[[0]])
    assert none_at_all.geometry.isna().tolist() == [True]


# --- changes -------------------------------------------------------------------------------------


def test_added_rows_stand_behind_those_held(workspace):
    replaced(workspace, "land_parcels", parcels("A", "B", state=["净地", None]))
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("C", state=["listed"]), FROM_OFFICE)
    back = workspace.read("land_parcels")
    assert back["parcel_id"].tolist() == ["A", "B", "C"]
    assert back["state"].fillna("-").tolist() == ["cleared", "-", "listed"]


def test_an_existing_key_is_not_added_again(workspace):
    replaced(workspace, "land_parcels", parcels("A", "B"))
    with pytest.raises(LayerError) as caught, workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("C", "B"), FROM_OFFICE)
    assert caught.value.code == "key_exists"
    assert caught.value.values["rows"] == "B"
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B"]


def test_rows_are_updated_by_their_key(workspace):
    replaced(workspace, "land_parcels", parcels("A", "B", "C", name=["1", "2", "3"]))
    with workspace.edit("a", AT) as edit:
        edit.update("land_parcels", parcels("B", name=["neu"]), FROM_OFFICE)
    back = workspace.read("land_parcels").set_index("parcel_id")["name"]
    assert back.to_dict() == {"A": "1", "B": "neu", "C": "3"}


def test_an_unknown_key_is_not_updated(workspace):
    replaced(workspace, "land_parcels", parcels("A"))
    with pytest.raises(LayerError) as caught, workspace.edit("a", AT) as edit:
        edit.update("land_parcels", parcels("A", "X"), FROM_OFFICE)
    assert caught.value.code == "key_absent"
    assert caught.value.values["rows"] == "X"


def test_a_key_of_two_columns_is_one_key(workspace):
    first = pd.DataFrame({"platform_id": ["P"], "period": ["2024"], "tax_yi_yuan": [1.0]})
    replaced(workspace, "platform_indicators", first)
    with workspace.edit("a", AT) as edit:
        edit.add("platform_indicators", first.assign(period="2025"), FROM_OFFICE)
        edit.update("platform_indicators", first.assign(tax_yi_yuan=2.0), FROM_OFFICE)
    back = workspace.read("platform_indicators").set_index("period")["tax_yi_yuan"]
    assert back.to_dict() == {"2024": 2.0, "2025": 1.0}
    with pytest.raises(LayerError, match="key_exists"), workspace.edit("a", AT) as edit:
        edit.add("platform_indicators", first, FROM_OFFICE)


def events(*numbers):
    return pd.DataFrame(
        {"event_id": [f"E{n}" for n in numbers], "project_id": "P", "event_kind": "签约",
         "event_on": "2024-01-01", "entered_at": AT, "entry_seq": list(numbers)}
    )  # fmt: skip


def test_events_are_only_ever_added(workspace):
    replaced(workspace, "project_events", events(1))
    with workspace.edit("a", AT) as edit:
        edit.add("project_events", events(2), FROM_OFFICE)
    for change in ("replace", "update"):
        with pytest.raises(LayerError) as caught, workspace.edit("a", AT) as edit:
            getattr(edit, change)("project_events", events(1), FROM_OFFICE)
        assert caught.value.code == "layer_append_only"
    assert workspace.read("project_events")["event_id"].tolist() == ["E1", "E2"]


def test_events_are_chained_in_the_order_of_their_entry(workspace):
    replaced(workspace, "project_events", events(2, 1))
    with workspace.edit("a", AT) as edit:
        edit.add("project_events", events(3), FROM_OFFICE)
    chain = examine(workspace.read("project_events"), CONTRACTS["project_events"])
    held = workspace.read("project_events").set_index("event_id")
    assert (chain.breaks, chain.unsealed, len(chain.heads)) == ((), 0, 4)
    assert held["previous_sha256"]["E3"] == held["row_sha256"]["E2"]
    assert chain.head == held["row_sha256"]["E3"]


def test_an_event_is_entered_behind_all_that_are_held(workspace):
    replaced(workspace, "project_events", events(5))
    with pytest.raises(LayerError, match="entry_seq_behind"), workspace.edit("a", AT) as edit:
        edit.add("project_events", events(4), FROM_OFFICE)
    assert workspace.read("project_events")["event_id"].tolist() == ["E5"]


def test_rows_that_break_the_contract_are_not_written(workspace):
    with pytest.raises(LayerError) as caught, workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A", "A"), FROM_OFFICE)
    assert caught.value.code == "contract_broken"
    assert len(workspace.read("land_parcels")) == 0


def test_shapes_of_another_system_are_not_written(workspace):
    for crs in (CRS(4528), CRS(4490), None):
        other = parcels("A").set_crs(crs, allow_override=True)
        with pytest.raises(LayerError) as caught, workspace.edit("a", AT) as edit:
            edit.replace("land_parcels", other, FROM_OFFICE)
        assert caught.value.code == "crs_differs"


@pytest.mark.parametrize("change", ["replace", "add", "update"])
def test_an_unknown_layer_is_refused(workspace, change):
    with pytest.raises(LayerError, match="layer_unknown"), workspace.edit("a", AT) as edit:
        getattr(edit, change)("parcels", parcels("A"), FROM_OFFICE)
    with pytest.raises(LayerError, match="layer_unknown"):
        workspace.read("parcels")


def change_and_fail(workspace):
    line = shapely.LineString([(WEST, SOUTH), (WEST + 1, SOUTH)])
    barriers = gpd.GeoDataFrame({"barrier_id": ["R"]}, geometry=[line], crs=CITY)
    with workspace.edit("b", AT) as edit:
        edit.replace("land_parcels", parcels("X", "Y"), FROM_OFFICE)
        edit.replace("barriers", barriers, FROM_OFFICE)
        edit.replace_raster("dem", grid(np.ones((2, 2))))
        edit.quarantine("land_parcels", parcels("Q"), pd.Series(["?"]))
        raise RuntimeError("half way")


def test_nothing_of_a_failed_set_of_changes_is_kept(workspace):
    replaced(workspace, "land_parcels", parcels("A"))
    before = workspace.content_hash("land_parcels")
    with pytest.raises(RuntimeError, match="half way"):
        change_and_fail(workspace)
    assert workspace.content_hash("land_parcels") == before
    assert workspace.read_raster("dem") is None
    assert len(workspace.read("barriers")) == len(workspace.quarantined()) == 0
    assert workspace.audit()["actor"].tolist() == ["规划员"]


def test_several_changes_take_effect_together(workspace):
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A"), FROM_OFFICE)
        edit.add("land_parcels", parcels("B"), FROM_OFFICE)
        assert len(workspace.read("land_parcels")) == 0
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B"]


# --- what is remembered --------------------------------------------------------------------------


def test_the_source_of_every_row_is_kept_until_the_rows_are_replaced(workspace):
    second = Provenance("second", AT)
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A", "B"), FROM_OFFICE)
        edit.add("land_parcels", parcels("C"), second)
    facts = {layer.name: layer for layer in workspace.layers()}["land_parcels"]
    assert facts.rows == 3
    assert facts.sources == (FROM_OFFICE, second)
    replaced(workspace, "land_parcels", parcels("A"))
    facts = {layer.name: layer for layer in workspace.layers()}["land_parcels"]
    assert (facts.rows, facts.sources) == (1, (FROM_OFFICE,))


def test_layers_are_listed_in_the_order_of_the_dictionary(workspace):
    with workspace.edit("a", AT) as edit:
        edit.replace("project_events", events(1), FROM_OFFICE)
        edit.replace("land_parcels", parcels("A"), FROM_OFFICE)
    held = [name for name in CONTRACTS if name in {"units", "land_parcels", "project_events"}]
    assert list(workspace) == [layer.name for layer in workspace.layers()] == held


def test_the_audit_says_who_did_what_and_when(workspace):
    replaced(workspace, "land_parcels", parcels("A", "B"))
    with workspace.edit("张三", "2025-04-01T00:00:00") as edit:
        edit.add("land_parcels", parcels("C"), FROM_OFFICE)
        edit.update("land_parcels", parcels("A"), FROM_OFFICE)
        edit.quarantine("land_parcels", parcels("D", "E"), pd.Series(["r", "s"]))
    audit = workspace.audit()
    assert audit[["actor", "layer", "action", "rows"]].values.tolist() == [
        ["规划员", "land_parcels", "replace", 2], ["张三", "land_parcels", "add", 1],
        ["张三", "land_parcels", "update", 1], ["张三", "land_parcels", "quarantine", 2],
    ]  # fmt: skip
    assert audit["at"].tolist() == [AT] + ["2025-04-01T00:00:00"] * 3
    assert audit["seq"].is_monotonic_increasing


def test_rows_in_quarantine_keep_their_values_and_reasons(workspace):
    bad = parcels("A", "B", area_declared_m2=["约3", None], src_x=[1, 2])
    bad.loc[1, "geometry"] = None
    bad.index = [7, 3]
    with workspace.edit("a", AT) as edit:
        edit.quarantine("land_parcels", bad, pd.Series(["second", "first"], index=[3, 7]))
    held = workspace.quarantined()
    assert held["row"].tolist() == ["A", "B"]
    assert held["reasons"].tolist() == ["first", "second"]
    assert held["layer"].tolist() == ["land_parcels"] * 2
    assert "约3" in held["data"].iloc[0]
    assert len(workspace.read("land_parcels")) == 0


def test_it_says_of_itself_what_it_was_made_with(workspace):
    facts = workspace.facts
    assert (facts.title, facts.created_at, facts.as_of, facts.is_demo) == (
        "嘉兴 'Q'",
        AT,
        None,
        False,
    )
    assert same_crs(facts.crs, CITY)


# --- hash ----------------------------------------------------------------------------------------


def test_the_hash_does_not_depend_on_the_order_of_rows(workspace):
    frame = parcels("B", "A", "C", name=["1", None, "3"], state=["cleared", "listed", None])
    replaced(workspace, "land_parcels", frame)
    one = workspace.content_hash("land_parcels")
    replaced(workspace, "land_parcels", frame.iloc[[2, 0, 1]])
    assert workspace.content_hash("land_parcels") == one


def test_the_hash_changes_with_any_value_or_shape(workspace):
    frame = parcels("A", "B", name=["1", None], area_declared_m2=[1.0, 2.0])
    moved = frame.set_geometry(frame.geometry.translate(1e-6, 0))
    hashes = set()
    for changed in (
        frame, frame.assign(name=["1", "2"]), frame.assign(area_declared_m2=[1.0, 2.0000001]),
        frame.assign(parcel_id=["A", "C"]), frame.iloc[[0]], moved,
    ):  # fmt: skip
        replaced(workspace, "land_parcels", changed)
        hashes.add(workspace.content_hash("land_parcels"))
    assert len(hashes) == 6


def test_the_hash_of_a_layer_never_imported_is_that_of_an_empty_one(workspace):
    empty = workspace.content_hash("land_parcels")
    replaced(workspace, "land_parcels", parcels("A").iloc[:0])
    assert workspace.content_hash("land_parcels") == empty


# --- rasters -------------------------------------------------------------------------------------


def test_a_raster_comes_back_with_its_place_its_system_and_its_gaps(workspace):
    cells = np.arange(12, dtype=np.float32).reshape(3, 4) / 7
    cells[1, 2] = np.nan
    with workspace.edit("a", AT) as edit:
        edit.replace_raster("dem", grid(cells, WEST, SOUTH + 90, 30.0))
        edit.replace_raster("flood_depth", grid(-cells, WEST + 5, SOUTH))
    back = workspace.read_raster("dem")
    np.testing.assert_array_equal(back.cells, cells)
    assert back.bounds == pytest.approx((WEST, SOUTH, WEST + 120, SOUTH + 90))
    assert (back.cell_width, back.cell_height) == pytest.approx((30.0, 30.0))
    assert same_crs(back.crs, CITY)
    np.testing.assert_array_equal(workspace.read_raster("flood_depth").cells, -cells)


def test_cells_longer_than_wide_come_back_as_they_were(workspace):
    raster = Raster(np.eye(3, 5, dtype=np.float32), WEST, SOUTH, 5.0, 20.0, CITY)
    with workspace.edit("a", AT) as edit:
        edit.replace_raster("dem", raster)
    back = workspace.read_raster("dem")
    assert back.bounds == pytest.approx((WEST, SOUTH - 60, WEST + 25, SOUTH))
    np.testing.assert_array_equal(back.cells, raster.cells)


def test_a_large_raster_keeps_wide_stretches_without_a_value_and_of_zeros(workspace):
    cells = np.random.default_rng(0).normal(0, 50, (300, 1600)).astype(np.float32)
    cells[:, :600] = np.nan
    cells[:, 900:1500] = 0.0
    with workspace.edit("a", AT) as edit:
        edit.replace_raster("dem", grid(cells))
    np.testing.assert_array_equal(workspace.read_raster("dem").cells, cells)


@pytest.mark.parametrize("crs", [CRS(4490), CRS(4528), None])
def test_a_raster_in_another_system_is_refused(workspace, crs):
    with pytest.raises(LayerError, match="raster_crs_differs"), workspace.edit("a", AT) as edit:
        edit.replace_raster("dem", grid(np.ones((2, 2)), crs=crs))


def test_a_raster_is_replaced_whole(workspace):
    for size in (5, 3):
        with workspace.edit("a", AT) as edit:
            edit.replace_raster("dem", grid(np.full((size, size), size)))
    back = workspace.read_raster("dem")
    assert back.cells.shape == (3, 3)
    assert (back.cells == 3).all()


def test_rasters_stand_beside_layers(workspace):
    replaced(workspace, "land_parcels", parcels("A"))
    with workspace.edit("a", AT) as edit:
        edit.replace_raster("dem", grid(np.ones((2, 2))))
    replaced(workspace, "land_parcels", parcels("A", "B"))
    assert workspace.read_raster("dem").cells.tolist() == [[1, 1], [1, 1]]
    assert len(workspace.read("land_parcels")) == 2
    assert "dem" not in list(workspace)


def test_only_the_agreed_rasters_are_held(workspace):
    assert workspace.read_raster("dem") is None
    for name in ("slope", "units", string.whitespace):
        with pytest.raises(LayerError, match="raster_unknown"), workspace.edit("a", AT) as edit:
            edit.replace_raster(name, grid(np.ones((2, 2))))
