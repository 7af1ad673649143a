"""Which links of each chain a city has, where they stand, and which are missing (产业链图谱)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from platforms.errors import PlanningError
from platforms.industries.chain_firms import ChainFirms
from platforms.industries.chains import Chain, Chains, Link
from platforms.statement import Statement, say
from platforms.verdict import Outcome


@dataclass(frozen=True)
class Presence:
    """The firms of one link in one place.

    Attributes
    ----------
    firm_count
        Firms; rows of one credit code are one.
    enterprise_ids
        Their rows.
    output_wan_yuan
        Sum of the output known [万元]; None where none is.
    output_missing
        Rows without output.
    leading_ids
        Rows of firms that lead their chain (链主).
    """

    firm_count: int
    enterprise_ids: tuple[str, ...]
    output_wan_yuan: float | None
    output_missing: int
    leading_ids: tuple[str, ...]


@dataclass(frozen=True)
class LinkOnMap:
    """One link of one chain in the city.

    Attributes
    ----------
    chain, link
        Which.
    outcome
        ``met`` where firms are there, ``not_met`` where it is missing, ``no_data`` where none is
        known and firms without a usable code might be some.
    city
        In the whole city.
    by_platform, by_unit
        By platform and by unit, only those with firms of it.
    open_count
        Rows of firms that may belong to it and don't say.
    reasons
        What is to be said of it.
    """

    chain: Chain
    link: Link
    outcome: Outcome
    city: Presence
    by_platform: Mapping[str, Presence]
    by_unit: Mapping[str, Presence]
    open_count: int
    reasons: tuple[Statement, ...]


@dataclass(frozen=True)
class ChainMap:
    """The chains of a city.

    Attributes
    ----------
    chains
        The data they rest on.
    links
        Every link, in the order of the data.
    firms
        The firms they were counted from.
    lacking
        Rows without usable industry code, by the reason: ``missing``, ``unknown``,
        ``other_scheme``.
    """

    chains: Chains
    links: tuple[LinkOnMap, ...]
    firms: ChainFirms
    lacking: Mapping[str, tuple[str, ...]]

    def digits_on(self, platform_id: str) -> tuple[str | None, ...]:
        """Give the industry of each firm on a platform, None where it has no usable code.

        Raises
        ------
        PlanningError
            ``chain_platform_unknown``.
        """
        if platform_id not in self.firms.of_platform:
            raise PlanningError("chain_platform_unknown", platform_id=platform_id)
        rows = self.firms.firms.iloc[list(self.firms.of_platform[platform_id])]
        return tuple(None if pd.isna(one) else str(one) for one in rows["digits"])


def chain_map(firms: ChainFirms, chains: Chains) -> ChainMap:
    """Lay the firms of a city over the chains.

    Parameters
    ----------
    firms
        The firms, with their platforms and units.
    chains
        The chains.

    Returns
    -------
    ChainMap
        Every link with its firms. A firm that states only a division belongs to no link that is
        narrower: it leaves that link open.

    Notes
    -----
    The links are an assumption of the data (``basis``), no clause of a document.
    """
    rows = firms.firms
    lacking = {
        str(why): tuple(str(one) for one in held["enterprise_id"])
        for why, held in rows[rows["lacking"].notna()].groupby("lacking")
    }
    links = tuple(_link(firms, chain, link) for chain in chains.chains for link in chain.links)
    return ChainMap(chains, links, firms, lacking)


def _link(firms: ChainFirms, chain: Chain, link: Link) -> LinkOnMap:
    rows = firms.firms
    digits = rows["digits"]
    known = digits.notna()
    taken = pd.Series([isinstance(one, str) and link.takes(one) for one in digits], rows.index)
    coarse = pd.Series([isinstance(one, str) and link.may_take(one) for one in digits], rows.index)
    open_count = int((~known).sum() + coarse.sum())
    city = presence(rows[taken.to_numpy(dtype=bool)])
    if city.firm_count:
        outcome: Outcome = "met"
    else:
        outcome = "no_data" if open_count or rows.empty else "not_met"
    return LinkOnMap(
        chain, link, outcome, city, _by_platform(firms, taken), _by_unit(rows, taken),
        open_count, _reasons(outcome, city, open_count, is_empty=rows.empty),
    )  # fmt: skip


def presence(rows: pd.DataFrame) -> Presence:
    """Count the firms of some rows.

    Parameters
    ----------
    rows
        Rows of ``ChainFirms.firms``.

    Returns
    -------
    Presence
        Their number and output.
    """
    output = rows["output_wan_yuan"]
    known = output.dropna()
    return Presence(
        int(rows["key"].nunique()),
        tuple(str(one) for one in rows["enterprise_id"]),
        float(known.sum()) if len(known) else None,
        int(output.isna().sum()),
        tuple(str(one) for one in rows["enterprise_id"][rows["is_leading"]]),
    )


def _by_platform(firms: ChainFirms, taken: pd.Series) -> dict[str, Presence]:
    found = {}
    for platform_id, positions in firms.of_platform.items():
        own = [n for n in positions if taken.iloc[n]]
        if own:
            found[platform_id] = presence(firms.firms.iloc[own])
    return found


def _by_unit(rows: pd.DataFrame, taken: pd.Series) -> dict[str, Presence]:
    held = rows[taken.to_numpy(dtype=bool)]
    return {str(unit_id): presence(one) for unit_id, one in held.groupby("unit_id")}


def _reasons(
    outcome: Outcome, city: Presence, open_count: int, *, is_empty: bool
) -> tuple[Statement, ...]:
    said = []
    if is_empty:
        said.append(say("chain_no_firms"))
    elif outcome == "no_data":
        said.append(say("chain_link_unknown", count=open_count))
    elif outcome == "not_met":
        said.append(say("chain_link_missing"))
    elif open_count:
        said.append(say("chain_link_at_least", count=open_count))
    if city.output_missing:
        said.append(say("chain_output_missing", count=city.output_missing))
    return tuple(said)
