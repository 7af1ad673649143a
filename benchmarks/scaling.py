"""How the time of blocks grows from n parcels to four times as many."""

from benchmarks.blocks import coordinate_mb, edge_figures
from benchmarks.contest import Contest
from benchmarks.parcels import parcels


def contest(n: int) -> Contest:
    """Set up n parcels and 4 n, of which those ready for supply are joined."""
    made = parcels(n)
    ready = made.ready
    more = parcels(4 * n, seed=1).ready
    return Contest(
        kernel="scaling",
        n=n,
        ours=lambda: edge_figures(ready),
        peers={},
        tolerance=0.0,
        clock="wall",
        coordinate_mb=coordinate_mb(made.polygons),
        notes=(f"blocks of {len(ready):,} and of {len(more):,} parcels ready, with shapes",),
        steps={f"{4 * n:,} parcels": lambda: edge_figures(more)},
    )
