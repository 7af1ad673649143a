"""Seals of rows: what they are taken over, worked out anew, for every kind of value."""

import hashlib
import json

import geopandas as gpd
import pandas as pd
import shapely

from layers.contracts import contract_of
from layers.validate import conform
from layers.workspace.row_marks import row_digests, row_texts

VALUES = [
    {"project_id": "P1", "name": '引号" 反斜\\ 换行\n 表情😀', "investment_yi_yuan": 12.0},
    {"project_id": "P2", "investment_yi_yuan": 0.1, "name": "甲\u2028乙"},
    {"project_id": "P3"},
]


def plain(row):
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def test_a_seal_is_the_hash_of_the_row_as_json_with_its_keys_in_order():
    contract = contract_of("projects")
    rows = conform(pd.DataFrame(VALUES), contract)[0]
    assert row_digests(rows, contract) == [
        hashlib.sha256(plain(row).encode()).hexdigest() for row in VALUES
    ]


def test_a_row_is_kept_with_every_kind_of_value_and_without_what_is_missing():
    kinds = {
        "whole": pd.array([1, None], dtype="Int64"),
        "flag": pd.array([True, None], dtype="boolean"),
        "number": [float("inf"), 2.5], "mixed": ["x", 3], "nothing": [None, None],
        "moment": [pd.Timestamp("2025-01-02"), None],
    }  # fmt: skip
    first, second = map(json.loads, row_texts(pd.DataFrame(kinds)))
    assert first == {"whole": 1, "flag": True, "number": float("inf"), "mixed": "x",
                     "moment": "2025-01-02 00:00:00"}  # fmt: skip
    assert second == {"number": 2.5, "mixed": 3}
    assert row_texts(pd.DataFrame({"nothing": [None, None]})) == ["{}", "{}"]


def test_the_seal_of_a_shape_is_the_same_for_a_part_alone_and_a_collection_of_it():
    contract = contract_of("land_parcels")
    box = shapely.box(0, 0, 1, 1)
    shapes = [box, shapely.MultiPolygon([box]), shapely.box(0, 0, 1, 2)]
    rows = gpd.GeoDataFrame({"parcel_id": ["A"] * 3}, geometry=shapes, crs=4549)
    alone, together, other = row_digests(conform(rows, contract)[0], contract)
    assert alone == together != other
    text = plain({"parcel_id": "A"}).encode() + shapely.to_wkb(shapely.normalize(box))
    assert alone == hashlib.sha256(text).hexdigest()
