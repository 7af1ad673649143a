"""What the domain needs of whatever holds a city's layers: to read one by name."""

from typing import Protocol

import pandas as pd


class LayerSource(Protocol):
    """Anything that gives a layer or table with all columns of its contract."""

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer (a GeoDataFrame in the projected system) or a table, empty if never filled.

        Parameters
        ----------
        layer
            Its name.

        Returns
        -------
        DataFrame
            Its rows.
        """
