"""Which prepared map belongs to which secret address."""

import secrets
import threading
from collections import OrderedDict
from functools import cache

from layers.maps.view import MapView

KEPT_VIEWS = 64
"""Maps kept at a time; the one not asked for longest is forgotten first."""


class TileRegistry:
    """Prepared maps by token; safe to be used from several threads.

    Parameters
    ----------
    limit
        Number of maps kept.
    """

    def __init__(self, limit: int = KEPT_VIEWS) -> None:
        self._limit = limit
        self._views: OrderedDict[str, MapView] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, token: str, view: MapView) -> None:
        """Keep a map under a token, as the one asked for last.

        Parameters
        ----------
        token
            From ``new_token``.
        view
            The map.
        """
        with self._lock:
            self._views[token] = view
            self._views.move_to_end(token)
            while len(self._views) > self._limit:
                self._views.popitem(last=False)

    def get(self, token: str) -> MapView | None:
        """Find the map of a token.

        Parameters
        ----------
        token
            What the address says.

        Returns
        -------
        MapView or None
            None where the token was never given out or its map is forgotten.
        """
        with self._lock:
            view = self._views.get(token)
            if view is not None:
                self._views.move_to_end(token)
            return view


def new_token() -> str:
    """Make a secret that nobody can guess: 32 hexadecimal digits."""
    return secrets.token_hex(16)


@cache
def shared_registry() -> TileRegistry:
    """Give the registry that pages and tile addresses of this process share."""
    return TileRegistry()
