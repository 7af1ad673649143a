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


class ReadOnce:
    """A source that reads each layer only once, for a job that asks for some again and again.

    Parameters
    ----------
    source
        Where the layers come from.
    """

    def __init__(self, source: LayerSource) -> None:
        self._source = source
        self._read: dict[str, pd.DataFrame] = {}

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer, as ``LayerSource.read``; the frame is shared and not to be changed."""
        if layer not in self._read:
            self._read[layer] = self._source.read(layer)
        return self._read[layer]
