import pytest
import yaml

from platforms.errors import PolicyError
from platforms.matching.scoring import CRITERIA
from platforms.matching.site import parse_match_table
from tests.matching_frames import TABLE, TABLE_TEXT


def broken(change):
    data = yaml.safe_load(TABLE_TEXT)
    change(data)
    return yaml.safe_dump(data, allow_unicode=True)


def refusal(text):
    with pytest.raises(PolicyError) as caught:
        parse_match_table(text, tuple(CRITERIA))
    assert caught.value.code == "match_table_bad"
    return caught.value.values["key"]


def test_the_table_that_comes_with_the_product_is_read():
    assert sum(TABLE.weights.values()) == 100
    assert TABLE.access_near_km < TABLE.access_far_km
    assert TABLE.land_uses["industry"]["MNR2023"] == ("1001",)


@pytest.mark.parametrize("text", ["", "[]", "1", "criteria", "criteria: ["])
def test_what_is_no_table_is_refused(text):
    assert refusal(text)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("extra", lambda d: d.update(extra=1)),
        ("bounds", lambda d: d.pop("bounds")),
        ("access", lambda d: d["criteria"].pop("access")),
        ("beauty", lambda d: d["criteria"].update(beauty={"weight": 1})),
        ("criteria", lambda d: d.update(criteria=["industry_fit"])),
        ("access", lambda d: d["criteria"].update(access=5)),
        ("access", lambda d: d["criteria"].update(access={"weight": 0})),
        ("access", lambda d: d["criteria"].update(access={"weight": True})),
        ("access", lambda d: d["criteria"].update(access={"weight": float("nan")})),
        ("access", lambda d: d["criteria"].update(access={"weight": float("inf")})),
        ("access_far_km", lambda d: d["bounds"].update(access_far_km=2)),
        ("industry", lambda d: d["land_uses"].update(industry="1001")),
        ("industry.MNR2023", lambda d: d["land_uses"]["industry"].update(MNR2023="1001")),
        ("industry.MNR2023", lambda d: d["land_uses"]["industry"].update(MNR2023=[1001])),
        ("industry.MNR2023", lambda d: d["land_uses"]["industry"].update(MNR2023=[""])),
        ("industry.MNR2023", lambda d: d["land_uses"]["industry"].update(MNR2023=[])),
        ("industry.MNR", lambda d: d["land_uses"]["industry"].update(MNR=["1001"])),
        ("industri", lambda d: d["land_uses"].update(industri={"MNR2023": ["1001"]})),
    ],
)
def test_a_table_that_is_not_right_is_refused_by_its_key(key, change):
    assert refusal(broken(change)) == key


def test_other_weights_leave_the_rest_and_unnamed_ones_count_nothing():
    other = TABLE.with_weights({"access": 3})
    assert other.weights == {**dict.fromkeys(TABLE.weights, 0.0), "access": 3.0}
    assert other.land_uses == TABLE.land_uses


@pytest.mark.parametrize("weights", [{}, {"access": 0}, {"access": -1, "land_fit": 5}])
def test_weights_that_add_up_to_nothing_or_lie_below_are_refused(weights):
    with pytest.raises(PolicyError, match="weights_empty"):
        TABLE.with_weights(weights)


def test_an_unknown_criterion_is_refused_with_the_nearest():
    with pytest.raises(PolicyError) as caught:
        TABLE.with_weights({"acess": 1})
    assert caught.value.values["nearest"] == "access"
