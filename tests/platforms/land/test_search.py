import pandas as pd
import pytest

from layers.fields import FIELDS
from platforms.land.search import NET_LAND_UTILITIES, is_net_land, is_supply_ready, state_of
from tests.planning_frames import rect, rows_of

ALL_STATES = tuple(FIELDS["state"].values)
SERVICED = "road;water;power;levelled"


def parcels(**columns):
    count = len(next(iter(columns.values())))
    rows = [
        {"parcel_id": f"P{i}", "geometry": rect(20 * i, 0, 10, 10),
         **{name: values[i] for name, values in columns.items()}}
        for i in range(count)
    ]  # fmt: skip
    return rows_of("land_parcels", rows)


def test_only_cleared_and_listed_land_can_be_supplied():
    ready = is_supply_ready(parcels(state=ALL_STATES))
    assert {s for s, is_ready in zip(ALL_STATES, ready, strict=True) if is_ready} == {
        "cleared", "listed",
    }  # fmt: skip


def test_a_state_not_given_is_unknown_and_never_ready():
    frame = parcels(state=[None, "unknown", "cleared"])
    assert state_of(frame).tolist() == ["unknown", "unknown", "cleared"]
    assert is_supply_ready(frame).tolist() == [False, False, True]
    assert is_net_land(frame.assign(utilities=SERVICED)).tolist() == [False, False, True]


@pytest.mark.parametrize("state", ALL_STATES)
def test_net_land_is_cleared_land_only(state):
    frame = parcels(state=[state], utilities=[SERVICED])
    assert is_net_land(frame).tolist() == [state == "cleared"]


@pytest.mark.parametrize("left_out", sorted(NET_LAND_UTILITIES))
def test_each_of_the_basic_utilities_is_asked_for(left_out):
    held = ";".join(sorted(NET_LAND_UTILITIES - {left_out}))
    frame = parcels(state=["cleared", "cleared"], utilities=[held, f"gas;{held};{left_out};heat"])
    assert is_net_land(frame).tolist() == [False, True]


def test_utilities_not_on_file_are_no_pass():
    frame = parcels(state=["cleared"] * 3, utilities=[None, "", SERVICED])
    assert is_net_land(frame).tolist() == [False, False, True]


def test_answers_have_the_index_of_the_parcels_and_leave_them_as_they_were():
    frame = parcels(state=["cleared", None], utilities=[None, SERVICED]).set_index(pd.Index([7, 3]))
    before = frame.copy(deep=True)
    for answer in (state_of(frame), is_supply_ready(frame), is_net_land(frame)):
        assert answer.index.tolist() == [7, 3]
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


def test_an_empty_layer_has_no_ready_land():
    empty = parcels(state=["cleared"]).iloc[:0]
    assert is_supply_ready(empty).tolist() == []
    assert is_net_land(empty).tolist() == []
