"""Blocks by shared edge without shapes: ids and areas, against the run that unites them."""

from benchmarks.blocks import coordinate_mb, edge_figures, edge_figures_without_shapes
from benchmarks.contest import Contest
from benchmarks.parcels import parcels


def contest(n: int) -> Contest:
    """Set up the contest for n parcels, of which those ready for supply are joined."""
    made = parcels(n)
    ready = made.ready
    return Contest(
        kernel="ids",
        n=n,
        ours=lambda: edge_figures_without_shapes(ready),
        peers={"ours, with shapes": lambda: edge_figures(ready)},
        tolerance=1e-8,
        clock="wall",
        coordinate_mb=coordinate_mb(made.polygons),
        notes=(
            f"{len(ready):,} of the parcels are ready and joined, as in `blocks`; land covered "
            "twice counts once in both",
        ),
    )
