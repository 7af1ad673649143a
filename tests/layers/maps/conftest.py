from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from layers.maps.features import tile_window
from layers.maps.style import load_styles

Z, X, Y = 14, 13687, 6737
"""A tile in Jiaxing."""


@pytest.fixture(scope="session")
def styles():
    return load_styles(Path(__file__).resolve().parents[3] / "data" / "styles" / "layers.yaml")


@pytest.fixture(scope="session")
def at_pixel():
    """Place on the map [m, EPSG:3857] of a pixel of the tile (it may lie beyond the tile)."""
    window = tile_window(Z, X, Y)

    def place(x, y):
        return window.west + x / window.px_per_m, window.north - y / window.px_per_m

    return place


@pytest.fixture(scope="session")
def parcels():
    def make(geometries, states, crs=3857):
        return gpd.GeoDataFrame(
            {
                "parcel_id": [f"P{at}" for at in range(len(states))],
                "name": pd.Series([f"地块{at}" for at in range(len(states))], dtype="str"),
                "state": pd.Series(states, dtype="str"),
            },
            geometry=np.array(geometries, dtype=object),
            crs=crs,
        )

    return make
