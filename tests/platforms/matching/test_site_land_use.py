import pandas as pd

from platforms.matching.site import can_compare, fitting_uses, may_be_used, use_fits
from tests.matching_frames import TABLE, demand

USES = {"MNR2023": ("1001",), "GBT21010": ("0601",)}


def test_a_code_fits_where_it_begins_with_one_of_its_own_scheme():
    assert use_fits("MNR2023", "1001", USES)
    assert use_fits("MNR2023", "100103", USES)
    assert not use_fits("MNR2023", "10", USES)
    assert not use_fits("MNR2023", "0601", USES)
    assert not use_fits("GBT21010", "1001", USES)


def test_a_scheme_without_uses_can_not_be_compared():
    assert can_compare("GBT21010", USES)
    assert not can_compare("GB50137", USES)


def test_a_project_s_own_codes_are_those_of_the_national_guide():
    assert fitting_uses(demand(land_use_codes="0802"), TABLE) == {"MNR2023": ("0802",)}
    assert fitting_uses(demand(), TABLE) == TABLE.land_uses["industry"]
    assert fitting_uses(demand(category=None), TABLE) is None


def test_parcels_of_unknown_or_foreign_use_are_left_to_the_gate():
    parcels = pd.DataFrame(
        {
            "land_use_scheme": ["MNR2023", "MNR2023", None, "MNR2023", "local"],
            "land_use_code": ["100101", "0901", "1001", None, "0901"],
        },
        index=[10, 11, 12, 13, 14],
    )
    assert may_be_used(parcels, USES).to_dict() == {
        10: True, 11: False, 12: True, 13: True, 14: True,
    }  # fmt: skip
    assert may_be_used(parcels, None).all()
