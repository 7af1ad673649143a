from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS

from geo.contiguity import component_labels, single_parts
from geo.validity import repair
from tests.postgis.judge import assert_same_land, pairs_found_by_both

ZONING = Path(__file__).resolve().parents[3] / "shared" / "data" / "land" / "zoning_subset"
TAIWAN = 3826
GAP_M, MIN_EDGE_M = 2.0, 5.0


@pytest.mark.skipif(not ZONING.exists(), reason="the zoning plans are not on this machine")
def test_real_zoning_hangs_together_as_in_postgis_once_its_broken_shapes_are_mended(postgis):
    drawn = gpd.read_parquet(ZONING / "zoning_28plans.parquet")
    mended, ledger = repair(np.asarray(drawn.geometry.array, dtype=object))
    assert len(ledger) == 9
    assert sum(abs(r.area_after_m2 - r.area_before_m2) for r in ledger) < 1e-6
    # Plans lie apart from each other: a third of them asks PostGIS what all would, in a third of
    # its time.
    some = sorted(set(drawn["src_file"]))[::3]
    parts, _, _ = single_parts(mended[drawn["src_file"].isin(some).to_numpy()])
    first, second, disputed = pairs_found_by_both(postgis, parts, GAP_M, MIN_EDGE_M, TAIWAN)
    # Strips narrower than the gap, whose whole outline lies within it, join at smaller gaps only.
    assert len(disputed) < 0.001 * len(first)
    label = component_labels(len(parts), first, second)
    land = assert_same_land(postgis, parts, label, CRS(TAIWAN))
    assert land["blocks_100"] > 40
