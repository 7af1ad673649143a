import geopandas as gpd
import numpy as np
import pytest

from geo.contiguity import single_parts
from tests.postgis.judge import pairs_found_by_both

MIN_EDGE_M = 5.0


@pytest.mark.parametrize("gap_m", [0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0])
def test_parcels_of_the_demonstration_hang_together_as_in_postgis(postgis, small_demo, gap_m):
    drawn = gpd.read_file(small_demo, layer="land_parcels")
    parts, _, _ = single_parts(np.asarray(drawn.geometry.array, dtype=object))
    srid = drawn.crs.to_epsg()
    first, _, disputed = pairs_found_by_both(postgis, parts, gap_m, MIN_EDGE_M, srid)
    assert disputed == []
    assert len(first) > len(parts) / 2
