"""What the domain needs of whatever holds a city's layers: to read one by name."""

from typing import Protocol

import pandas as pd

from platforms.results import results_of


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

    ``results``: Results kept for these layers.
    """

    def __init__(self, source: LayerSource) -> None:
        self._source = source
        self.results = results_of(source)
        self._read: dict[str, pd.DataFrame] = {}

    @property
    def viewer(self) -> str | None:
        """Unit that looks (知晓范围), None for the city."""
        return viewer_of(self._source)

    @property
    def sealed(self) -> LayerSource:
        """Layers on which competition between units is judged."""
        return competition_of(self._source, self)

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer, as ``LayerSource.read``; the frame is shared and not to be changed."""
        if layer not in self._read:
            self._read[layer] = self._source.read(layer)
        return self._read[layer]


def viewer_of(source: LayerSource) -> str | None:
    """Say which unit the layers are seen by, None for the city, which sees everything."""
    viewer: str | None = getattr(source, "viewer", None)
    return viewer


def competition_of(source: LayerSource, whole: LayerSource | None = None) -> LayerSource:
    """Give the layers on which competition between units is judged.

    Parameters
    ----------
    source
        The layers as they are seen.
    whole
        What to give where everything is seen, None for ``source`` itself.

    Returns
    -------
    LayerSource
        Where a unit looks, with the other units' projects under numbers that tell nothing: a
        project isn't free because the one that shuts it out may not be seen.
    """
    sealed: LayerSource = getattr(source, "sealed", whole or source)
    return sealed
