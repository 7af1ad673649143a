"""A little city for tests of scenarios: two counties, four platforms, two parks, four parcels."""

from functools import cache

from tests.planning_frames import OUTSIDE, PLATFORMS, UNITS, Frames, allotment, rect

DAY = "2025-06-01"
LOT, OTHER_LOT, FAR_LOT = rect(100, 100, 200, 200), rect(400, 100, 200, 200), rect(22e3, 50, 99, 99)
FREE, EDGE = rect(900, 900, 100, 100), rect(300, 100, 100, 200)


def city():
    """The city; its layers are made once, and each caller has copies of its own."""
    frames = Frames()
    frames.layers = {name: frame.copy() for name, frame in _made_once().layers.items()}
    return frames


@cache
def _made_once():
    return Frames(
        units=UNITS,
        major_platforms=[*PLATFORMS, {"platform_id": "P4", "unit_id": "N", "is_major": False,
                                      "geometry": rect(9e3, 0, 500, 500)}],
        parks=[
            {"park_id": "K1", "unit_id": "N", "disposition": "sub_park", "platform_id": "P1",
             "geometry": rect(4000, 0, 1000, 1000)},
            {"park_id": "K2", "unit_id": "N", "disposition": "exiting", "exited_on": "2024-01-01",
             "geometry": rect(5200, 0, 500, 500)},
        ],
        land_parcels=[
            {"parcel_id": "L1", "unit_id": "N", "state": "cleared", "is_increment": True,
             "geometry": LOT},
            {"parcel_id": "L2", "unit_id": "N", "state": "listed", "is_increment": False,
             "geometry": OTHER_LOT},
            {"parcel_id": "L3", "unit_id": "S", "state": "cleared", "geometry": FAR_LOT},
            {"parcel_id": "L4", "unit_id": "N", "state": "supplied",
             "geometry": rect(1500, 100, 50, 50)},
        ],
        projects=[
            {"project_id": "X1", "unit_id": "N", "category": "industry", "energy_tce": 12.5,
             "emissions_t": "氮氧化物:0.5;氨氮:0", "land_min_mu": 50, "output_wan_yuan": 30_000.0,
             "tax_wan_yuan": 1_500.0, "name": "<b>甲</b> *项目*"},
            {"project_id": "X2", "unit_id": "N", "category": "logistics", "energy_tce": 0.0,
             "emission_t": 0.0},
            {"project_id": "X3", "unit_id": "N"},
            {"project_id": "X4", "unit_id": "N", "category": "industry"},
        ],
        element_allotments=[
            allotment(1, project_id="X4", parcel_ids="L4"),
            allotment(2, year=2025, land_mu=30.0),
            allotment(3, year=2025, land_mu=20.0, geometry=OUTSIDE),
        ],
        platform_indicators=[
            {"platform_id": "P1", "period": "2024", "output_yi_yuan": 10.0, "tax_yi_yuan": 0.5,
             "above_scale_land_mu": 200.0},
            {"platform_id": "P2", "period": "2024", "output_yi_yuan": 2.0, "tax_yi_yuan": 0.1},
        ],
    )  # fmt: skip
