import re

import pytest

from layers.codes import COVERED_LAYERS
from layers.contracts import (
    COMPOSITE_KEYS,
    CONTRACTS,
    GEOMETRY_TYPES,
    RASTERS,
    contract_of,
    key_columns,
)
from layers.errors import LayerError
from layers.fields import FIELDS, UNITS

UNIT_OF_ENDING = {
    "_wan_yuan_per_mu": "万元/亩", "_mu": "亩", "_m2": "m²", "_m": "m", "_wan_yuan": "万元",
    "_yi_yuan": "亿元", "_yi_usd": "亿美元", "_tce": "吨标煤", "_t": "吨", "_kwh": "kWh",
}  # fmt: skip


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda c: c.name)
def test_every_column_of_a_layer_is_in_the_vocabulary_once(contract):
    assert set(contract.columns) <= set(FIELDS)
    assert len(set(contract.columns)) == len(contract.columns)
    assert contract.columns[0] == contract.key
    assert {"source_doc", "note"} <= set(contract.columns)
    assert set(contract.needed) <= set(contract.columns)
    assert contract.geometry in GEOMETRY_TYPES
    assert contract.is_spatial == (contract.geometry != "none")


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda c: c.name)
def test_a_row_is_identified_by_columns_the_layer_has(contract):
    keys = key_columns(contract)
    assert keys[0] == contract.key
    assert set(keys) <= set(contract.columns)
    # A key that is no code of its own must not be missing either.
    assert set(keys[1:]) <= set(contract.needed)


def test_a_code_never_stands_without_its_scheme():
    for contract in CONTRACTS.values():
        columns = set(contract.columns)
        if "land_use_code" in columns:
            assert "land_use_scheme" in columns, contract.name
        if columns & {"industry_code", "allowed_industries", "leading_industries"}:
            assert "industry_scheme" in columns, contract.name


def test_the_agreed_layers_are_there_and_nothing_else():
    spatial = {name for name, contract in CONTRACTS.items() if contract.is_spatial}
    assert spatial == {
        "units", "major_platforms", "approved_boundaries", "parks", "land_parcels", "barriers",
        "constraints", "data_coverage", "facilities", "enterprises", "element_allotments",
    }  # fmt: skip
    assert set(CONTRACTS) - spatial == {
        "platform_indicators", "enterprise_indicators", "element_quotas", "projects",
        "project_events", "targets", "problems", "support_grants", "land_lists",
        "unit_milestones", "adjacency_decisions",
    }  # fmt: skip
    assert set(RASTERS) == {"dem", "flood_depth"}
    assert set(COMPOSITE_KEYS) <= set(CONTRACTS)


def test_only_events_are_append_only_and_what_is_counted_by_lists_may_lack_a_shape():
    assert [c.name for c in CONTRACTS.values() if c.append_only] == ["project_events"]
    assert [c.name for c in CONTRACTS.values() if c.geometry_optional] == [
        "parks", "data_coverage", "element_allotments",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mistyped", "nearest"), [("land_parcel", "land_parcels"), ("Parks", "parks")]
)
def test_an_unknown_layer_is_refused_with_the_nearest_name(mistyped, nearest):
    with pytest.raises(LayerError) as caught:
        contract_of(mistyped)
    assert caught.value.code == "layer_unknown"
    assert caught.value.values["nearest"] == nearest


def test_a_layer_is_given_by_its_name():
    assert contract_of("parks") is CONTRACTS["parks"]


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda f: f.name)
def test_a_quantity_carries_its_unit_in_its_name(field):
    assert FIELDS[field.name] is field
    assert field.unit in UNITS
    assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)
    if field.kind == "float":
        for ending, unit in UNIT_OF_ENDING.items():
            if field.name.endswith(ending):
                assert field.unit == unit
                break
    if field.kind == "code":
        assert field.values
    if field.values:
        assert field.kind in {"code", "list"}


def test_codes_are_plain_and_their_labels_tell_them_apart():
    for field in FIELDS.values():
        for code in field.values:
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", code), (field.name, code)
        for position in (0, 1):
            labels = [labels[position] for labels in field.values.values()]
            assert len(set(labels)) == len(labels), field.name


def test_layers_that_data_are_stated_of_have_the_names_of_their_contracts():
    for name, words in COVERED_LAYERS.items():
        assert words == (CONTRACTS[name].zh, CONTRACTS[name].en)
