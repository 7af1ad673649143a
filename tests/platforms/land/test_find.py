"""All there is to say of contiguous land, told from stage to stage."""

import itertools

import pytest
import shapely

from platforms.land import find
from platforms.land.find import contiguous_land
from platforms.land.search import BlockQuery
from tests.planning_frames import jiaxing, rect, rows_of

STAGES = (
    "find_blocks", "net_pieces", "describe_terrain", "describe_blocks", "bridges_of", "net_land",
    "bounds_of",
)  # fmt: skip


class EndedError(Exception):
    """Raised by a listener that has heard enough."""


class NoRasters:
    """A workspace without rasters."""

    def read_raster(self, name):
        return None


class Source:
    """Two parcels 1 m apart, and nothing else."""

    def read(self, layer):
        rows = {
            "land_parcels": [
                {"parcel_id": "A", "geometry": rect(0, 0, 300, 300), "state": "cleared"},
                {"parcel_id": "B", "geometry": rect(301, 0, 300, 300), "state": "cleared"},
            ]
        }
        return rows_of(layer, rows.get(layer, []))


def search(listen, **options):
    return contiguous_land(
        Source(), NoRasters(), BlockQuery(), jiaxing("2025-01-01"), progress=listen, **options
    )


@pytest.mark.parametrize("with_curve", [False, True])
def test_the_share_only_rises_and_ends_at_one(with_curve):
    heard = []
    search(heard.append, with_curve=with_curve)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_the_listener_is_asked_between_all_stages(monkeypatch):
    order = []

    def noted(name, stage):
        def run(*args, **options):
            order.append(name)
            return stage(*args, **options)

        return run

    for name in STAGES:
        monkeypatch.setattr(find, name, noted(name, getattr(find, name)))
    search(lambda share: order.append("asked"))
    for before, after in itertools.pairwise(STAGES):
        if before != "describe_terrain":  # nothing is done there without a raster
            assert "asked" in order[order.index(before) : order.index(after)], (before, after)
    assert order[-1] == "asked"


def test_a_listener_ends_the_search_in_the_midst_of_many_holes(monkeypatch):
    monkeypatch.setattr("geo.shape.MANY_HOLES", 3)
    monkeypatch.setattr("geo.shape.HOLES_AT_ONCE", 2)
    holes = [rect(20 * n + 5, 5, 3, 3) for n in range(6)]
    land = rect(0, 0, 400, 400).difference(shapely.union_all(holes))
    rows = rows_of("land_parcels", [{"parcel_id": "A", "geometry": land, "state": "cleared"}])
    monkeypatch.setattr(
        Source, "read", lambda self, layer: rows if layer == "land_parcels" else rows_of(layer, [])
    )
    heard = []
    search(heard.append)
    # Filling the gaps is 0.6 of the tenth from 0.8 on: three batches of two holes.
    assert {0.8, 0.82, 0.84, 0.86} <= {round(share, 9) for share in heard}

    def listen(share):
        if share > 0.81:
            raise EndedError

    with pytest.raises(EndedError):
        search(listen)
