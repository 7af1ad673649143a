"""Projects without an admitted site: which sites are undecided, and what is missing to decide."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from app.messages import Catalogue
from platforms.matching.match import MatchedSite, MatchResult

SHOWN_UNDECIDED = 3
"""So many undecided sites of a project are named, the best first."""

UNDECIDED_COLUMNS = ("project_id", "site_id", "platform_name", "area_mu", "missing")


def undecided_sites(
    results: Sequence[MatchResult], unplaced: Iterable[str], words: Catalogue
) -> dict[str, list[dict[str, object]]]:
    """Name the undecided sites of projects that have no admitted one.

    Parameters
    ----------
    results
        What matching found for each project.
    unplaced
        Projects without a place.
    words
        Language.

    Returns
    -------
    dict
        By project its first undecided sites by score: ``site_id``, ``platform_id``, ``area_mu``
        [亩], ``missing`` (each open gate in words). A project with an admitted site isn't listed:
        it stays out because of the others, not because something is missing.
    """
    wanted = set(unplaced)
    return {
        result.demand.project_id: [
            {
                "site_id": one.site.site_id, "platform_id": one.site.platform_id,
                "area_mu": one.site.area_mu, "missing": _missing(one, words),
            }
            for one in result.undecided[:SHOWN_UNDECIDED]
        ]
        for result in results
        if result.demand.project_id in wanted and not len(result.sites) and len(result.undecided)
    }  # fmt: skip


def _missing(one: MatchedSite, words: Catalogue) -> list[str]:
    return [
        words.text("placement_missing", gate=words.text(f"gate_{gate.gate}"),
                   why=words.say(gate.statement))
        for gate in one.reasons
    ]  # fmt: skip


def undecided_frame(
    undecided: Mapping[str, Sequence[Mapping[str, object]]],
    names: Mapping[str, str],
    words: Catalogue,
) -> pd.DataFrame:
    """List these sites, one a row; ``names`` are those of the platforms."""
    rows = [
        (
            project_id, one["site_id"], names.get(str(one["platform_id"])), one["area_mu"],
            words.joined(one["missing"] if isinstance(one["missing"], list) else ()),
        )
        for project_id, sites in undecided.items()
        for one in sites
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(UNDECIDED_COLUMNS))
