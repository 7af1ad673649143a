"""Industry chains."""

import itertools
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Literal, get_args

import geopandas as gpd
import pandas as pd

from geo.strict_yaml import Block, keys_of, read_block
from geo.units import compare
from layers.fields import FIELDS
from platforms.errors import PlanningError, PolicyError, pack_error
from platforms.indicators.figures import firms_inside
from platforms.indicators.per_mu import placed_firms
from platforms.industries.codes import IndustryTable
from platforms.policy.pack import BASES
from platforms.policy.verdict import Basis, Outcome, Statement, say
from platforms.source import LayerSource

Stage = Literal["upstream", "midstream", "downstream"]
STAGES: tuple[Stage, ...] = get_args(Stage)

TOP_KEYS = (
    "name", "title", "edition", "industry_scheme", "basis", "note", "proximity", "chains",
)  # fmt: skip
CHAIN_KEYS = ("id", "title", "links", "note")
LINK_KEYS = ("id", "title", "stage", "industries", "leading_firms")


@dataclass(frozen=True)
class Link:
    """One link of a chain.

    ``link_id, title``: Its id within the chain, and its Chinese name.
    ``stage``: ``upstream``, ``midstream`` or ``downstream``.
    ``industries``: Digits its industry codes begin with.
    ``leading_firms``: Names of leading firms, where the data names any.
    """

    link_id: str
    title: str
    stage: Stage
    industries: tuple[str, ...]
    leading_firms: tuple[str, ...] = ()

    def takes(self, digits: str) -> bool:
        """Say whether an industry belongs to it."""
        return digits.startswith(self.industries)

    def may_take(self, digits: str) -> bool:
        """Say whether a coarser code may belong to it: it doesn't say enough."""
        return not self.takes(digits) and any(code.startswith(digits) for code in self.industries)

    def is_next_to(self, other: "Link") -> bool:
        """Say whether it is another link of the same stage or of the one before or after."""
        apart = abs(STAGES.index(self.stage) - STAGES.index(other.stage))
        return self.link_id != other.link_id and apart <= 1


@dataclass(frozen=True)
class Chain:
    """A chain of industry.

    ``chain_id, title``: Its id and Chinese name.
    ``links``: From upstream to downstream.
    ``note``: What is to be said of it.
    """

    chain_id: str
    title: str
    links: tuple[Link, ...]
    note: str | None = None


@dataclass(frozen=True)
class Proximity:
    """Fixed values (0–1) of how near a platform is to an industry, falling from first to last."""

    same_link: float
    next_link: float
    same_chain: float
    none: float


@dataclass(frozen=True)
class Chains:
    """All chains of a city.

    ``title, edition``: What they are.
    ``industry_scheme``: Scheme of the codes.
    ``basis, note``: Whether a document lists them, and where they come from.
    ``proximity``: Values of the chain criterion.
    ``chains``: The chains, in the order written.
    """

    title: str
    edition: str
    industry_scheme: str
    basis: Basis
    note: str | None
    proximity: Proximity
    chains: tuple[Chain, ...]


def parse_chains(text: str, table: IndustryTable) -> Chains:
    """Read chains strictly.

    Parameters
    ----------
    text
        YAML of ``data/industries/chains.yaml``.
    table
        Sections and divisions; every code must lie in one of them.

    Returns
    -------
    Chains
        The chains.

    Raises
    ------
    PolicyError
        Those of reading a pack, and ``chain_code_unknown`` with the nearest division,
        ``chain_code_twice``, ``chain_links_order``, ``chain_proximity_order``,
        ``chain_scheme_differs``.
    """
    top = read_block(text, "chains", pack_error, TOP_KEYS)
    scheme = top.word("industry_scheme", tuple(FIELDS["industry_scheme"].values))
    if scheme != table.scheme:
        raise PolicyError(
            "chain_scheme_differs", line=top.line_of("industry_scheme"), scheme=scheme,
            expected=table.scheme,
        )  # fmt: skip
    top.node("chains")
    blocks = top.blocks("chains", CHAIN_KEYS)
    top.check_ids("chains", blocks)
    return Chains(
        title=top.text("title"),
        edition=top.text("edition"),
        industry_scheme=scheme,
        basis=top.word("basis", BASES),
        note=top.optional_text("note"),
        proximity=_proximity(top.block("proximity", keys_of(Proximity))),
        chains=tuple(_chain(block, table) for block in blocks),
    )


def _proximity(block: Block) -> Proximity:
    proximity = block.fill(Proximity)
    values = astuple(proximity)
    falling = all(compare(a, b) > 0 for a, b in itertools.pairwise(values))
    if not falling or values[0] > 1 or values[-1] < 0:
        raise PolicyError("chain_proximity_order", line=block.line)
    return proximity


def _chain(block: Block, table: IndustryTable) -> Chain:
    block.node("links")
    blocks = block.blocks("links", LINK_KEYS)
    if not blocks:
        raise block.fault("key_missing", "links")
    block.check_ids("links", blocks)
    links: list[Link] = []
    for item in blocks:
        link = _link(item, table)
        if links and STAGES.index(link.stage) < STAGES.index(links[-1].stage):
            raise PolicyError("chain_links_order", line=item.line, link=link.link_id)
        _refuse_shared(item, link, links)
        links.append(link)
    return Chain(block.text("id"), block.text("title"), tuple(links), block.optional_text("note"))


def _link(block: Block, table: IndustryTable) -> Link:
    block.node("industries")
    codes = []
    for text in block.texts("industries"):
        try:
            codes.append(table.code(text).digits)
        except PlanningError as error:
            raise PolicyError(
                "chain_code_unknown", line=block.line_of("industries"), code=text,
                nearest=error.values.get("nearest", error.values.get("section", "–")),
            ) from error  # fmt: skip
    if not codes:
        raise block.fault("key_missing", "industries")
    return Link(
        block.text("id"), block.text("title"), block.word("stage", STAGES),
        tuple(codes), block.texts("leading_firms"),
    )  # fmt: skip


def _refuse_shared(block: Block, link: Link, before: list[Link]) -> None:
    """Refuse a code that another link of the chain, or this one, has already, whole or in part."""
    codes = [(code, other.link_id) for other in before for code in other.industries]
    for code in link.industries:
        for other_code, link_id in codes:
            if code.startswith(other_code) or other_code.startswith(code):
                raise PolicyError(
                    "chain_code_twice", line=block.line_of("industries"), code=code, link=link_id
                )
        codes.append((code, link.link_id))


@dataclass(frozen=True)
class ChainFirms:
    """The firms of a city as chains need them.

    ``firms``: One row a firm: ``enterprise_id``, ``name``, ``key`` (credit code, else the id:
      rows of one key are one firm), ``digits`` (industry code, missing where it can't be used),
      ``lacking`` (why not: ``missing``, ``unknown``, ``other_scheme``), ``unit_id`` (where most of
      its land lies), ``output_wan_yuan`` of the year, ``is_leading``.
    ``of_platform``: Positions of the firms on each platform with its sub-parks; every platform is
      named.
    ``year``: Year of the output.
    """

    firms: pd.DataFrame
    of_platform: Mapping[str, tuple[int, ...]]
    year: int

    def digits_on(self, platform_id: str) -> tuple[str | None, ...]:
        """Give the industry of each firm on a platform, None where it has no usable code.

        Raises PlanningError: ``chain_platform_unknown``.
        """
        if platform_id not in self.of_platform:
            raise PlanningError("chain_platform_unknown", platform_id=platform_id)
        rows = self.firms["digits"].to_numpy(dtype=object)[list(self.of_platform[platform_id])]
        return tuple(None if pd.isna(code) else str(code) for code in rows)


def chain_firms(source: LayerSource, table: IndustryTable, year: int) -> ChainFirms:
    """Read the firms of a city.

    Parameters
    ----------
    source
        Gives ``enterprises``, ``enterprise_indicators``, ``major_platforms``, ``parks``, ``units``.
    table
        Sections and divisions.
    year
        Year of the output.

    Returns
    -------
    ChainFirms
        The firms. One on the land of two platforms stands on both; one drawn as a point, or not
        at all, is in the unit its row states.
    """
    read = gpd.GeoDataFrame(source.read("enterprises")).reset_index(drop=True)
    figures = pd.DataFrame(source.read("enterprise_indicators"))
    figures = figures[figures["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)]
    output = figures.drop_duplicates("enterprise_id").set_index("enterprise_id")["output_wan_yuan"]
    placed = placed_firms("unit", source).sort_values("part_share", ascending=False, kind="stable")
    unit_of = placed.drop_duplicates("enterprise_id").set_index("enterprise_id")["unit_id"]
    ids = read["enterprise_id"]
    codes = [
        _usable(code, scheme, table)
        for code, scheme in zip(read["industry_code"], read["industry_scheme"], strict=True)
    ]
    firms = pd.DataFrame(
        {
            "enterprise_id": ids,
            "name": read["name"],
            "key": read["credit_code"].where(read["credit_code"].notna(), ids),
            "digits": pd.Series([digits for digits, _ in codes], dtype="object"),
            "lacking": pd.Series([why for _, why in codes], dtype="object"),
            "unit_id": ids.map(unit_of).astype("object"),
            "output_wan_yuan": ids.map(output).astype("float64"),
            "is_leading": read["is_leading"].fillna(value=False).astype(bool),
        }
    )
    return ChainFirms(firms, _of_platforms(source, read), year)


def _usable(code: object, scheme: object, table: IndustryTable) -> tuple[str | None, str | None]:
    """Give the digits of a code, or why it can't be used."""
    if not isinstance(code, str) or not code.strip():
        return None, "missing"
    if scheme != table.scheme:
        return None, "other_scheme"
    try:
        return table.code(code).digits, None
    except PlanningError:
        return None, "unknown"


def _of_platforms(source: LayerSource, firms: gpd.GeoDataFrame) -> dict[str, tuple[int, ...]]:
    """Say which firms stand on which platform: by geometry, else as stated."""
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    parks = gpd.GeoDataFrame(source.read("parks"))
    by_platform = {}
    for _, row in platforms.iterrows():
        inside, _ = firms_inside(firms, row, parks)
        by_platform[str(row["platform_id"])] = tuple(int(n) for n in inside.nonzero()[0])
    return by_platform


@dataclass(frozen=True)
class Presence:
    """The firms of one link in one place.

    ``firm_count``: Firms; rows of one credit code are one.
    ``enterprise_ids``: Their rows.
    ``output_wan_yuan``: Sum of the output known [万元]; None where none is.
    ``output_missing``: Rows without output.
    ``leading_ids``: Rows of firms that lead their chain (链主).
    """

    firm_count: int
    enterprise_ids: tuple[str, ...]
    output_wan_yuan: float | None
    output_missing: int
    leading_ids: tuple[str, ...]


@dataclass(frozen=True)
class LinkOnMap:
    """One link of one chain in the city.

    ``chain, link``: Which.
    ``outcome``: ``met`` where firms are there, ``not_met`` where it is missing, ``no_data`` where
      none is known and firms without a usable code might be some.
    ``city``: In the whole city.
    ``by_platform, by_unit``: By platform and by unit, only those with firms of it.
    ``open_count``: Rows of firms that may belong to it and don't say.
    ``reasons``: What is to be said of it.
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

    ``chains``: The data they rest on.
    ``links``: Every link, in the order of the data.
    ``firms``: The firms they were counted from.
    ``lacking``: Rows without usable industry code, by the reason: ``missing``, ``unknown``,
      ``other_scheme``.
    """

    chains: Chains
    links: tuple[LinkOnMap, ...]
    firms: ChainFirms
    lacking: Mapping[str, tuple[str, ...]]


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
        str(why): tuple(str(firm_id) for firm_id in group["enterprise_id"])
        for why, group in rows[rows["lacking"].notna()].groupby("lacking")
    }
    links = tuple(
        _chain_map_link(firms, chain, link) for chain in chains.chains for link in chain.links
    )
    return ChainMap(chains, links, firms, lacking)


def _chain_map_link(firms: ChainFirms, chain: Chain, link: Link) -> LinkOnMap:
    rows = firms.firms
    digits = rows["digits"]
    known = digits.notna()
    in_link = pd.Series([isinstance(code, str) and link.takes(code) for code in digits], rows.index)
    coarse = pd.Series(
        [isinstance(code, str) and link.may_take(code) for code in digits], rows.index
    )
    open_count = int((~known).sum() + coarse.sum())
    city = presence(rows[in_link.to_numpy(dtype=bool)])
    if city.firm_count:
        outcome: Outcome = "met"
    else:
        outcome = "no_data" if open_count or rows.empty else "not_met"
    return LinkOnMap(
        chain, link, outcome, city, _by_platform(firms, in_link), _by_unit(rows, in_link),
        open_count, _reasons(outcome, city, open_count, is_empty=rows.empty),
    )  # fmt: skip


def presence(rows: pd.DataFrame) -> Presence:
    """Count the firms of some rows.

    ``rows``: Rows of ``ChainFirms.firms``.
    """
    output = rows["output_wan_yuan"]
    known = output.dropna()
    return Presence(
        int(rows["key"].nunique()),
        tuple(str(firm_id) for firm_id in rows["enterprise_id"]),
        float(known.sum()) if len(known) else None,
        int(output.isna().sum()),
        tuple(str(firm_id) for firm_id in rows["enterprise_id"][rows["is_leading"]]),
    )


def _by_platform(firms: ChainFirms, in_link: pd.Series) -> dict[str, Presence]:
    by_id = {}
    is_taken = in_link.to_numpy(dtype=bool)
    for platform_id, positions in firms.of_platform.items():
        positions_in_link = [n for n in positions if is_taken[n]]
        if positions_in_link:
            by_id[platform_id] = presence(firms.firms.iloc[positions_in_link])
    return by_id


def _by_unit(rows: pd.DataFrame, in_link: pd.Series) -> dict[str, Presence]:
    in_units = rows[in_link.to_numpy(dtype=bool)]
    return {str(unit_id): presence(group) for unit_id, group in in_units.groupby("unit_id")}


def _reasons(
    outcome: Outcome, city: Presence, open_count: int, *, is_empty: bool
) -> tuple[Statement, ...]:
    reasons = []
    if is_empty:
        reasons.append(say("chain_no_firms"))
    elif outcome == "no_data":
        reasons.append(say("chain_link_unknown", count=open_count))
    elif outcome == "not_met":
        reasons.append(say("chain_link_missing"))
    elif open_count:
        reasons.append(say("chain_link_at_least", count=open_count))
    if city.output_missing:
        reasons.append(say("chain_output_missing", count=city.output_missing))
    return tuple(reasons)


Near = tuple[float | None, Statement]


def chain_proximity(
    industry_code: str | None,
    platform_id: str | None,
    firms: ChainFirms,
    chains: Chains,
    table: IndustryTable,
) -> Near:
    """Say how near the firms of a platform are to an industry.

    ``industry_code``: Industry of the project, None where not stated.
    ``platform_id``: The platform, None for a site in none.

    The value of the data for: the same link stands there, a link next to it, only others of the
    chain, none; of several chains the highest. None where it can't be told: no code, an unknown
    one, a code too coarse for any link, an industry of no chain, or a platform where nothing near
    is known and firms have no usable code. What is known to be there counts, though more may be.

    Raises PlanningError: ``chain_platform_unknown``.
    """
    if industry_code is None:
        return None, say("chain_industry_missing")
    try:
        digits = table.code(industry_code).digits
    except PlanningError as error:
        return None, Statement(error.code, error.values)
    of_project = [(c, link) for c in chains.chains for link in c.links if link.takes(digits)]
    if not of_project:
        coarse = any(link.may_take(digits) for c in chains.chains for link in c.links)
        code = "chain_industry_coarse" if coarse else "chain_industry_in_none"
        return None, say(code, code=digits)
    if platform_id is None:
        return chains.proximity.none, say("chain_off_platform")
    there = firms.digits_on(platform_id)
    along = [_along(chain, link, there, chains) for chain, link in of_project]
    value, statement = max(along, key=lambda near: near[0])
    if value > chains.proximity.none:
        return value, statement
    if not there:
        return None, say("chain_platform_empty")
    unsaid = sum(neighbour is None or _is_coarse(neighbour, of_project) for neighbour in there)
    if unsaid:
        return None, say("chain_platform_open", count=unsaid)
    return value, statement


def _along(
    chain: Chain, link: Link, there: tuple[str | None, ...], chains: Chains
) -> tuple[float, Statement]:
    """Give the value of one chain and name the links that stand there."""
    values = chains.proximity
    present = [
        other
        for other in chain.links
        if any(code is not None and other.takes(code) for code in there)
    ]
    adjacent = [other for other in present if other.is_next_to(link)]
    links = "、".join(other.title for other in present)
    if link in present:
        return values.same_link, say(
            "chain_same_link", chain=chain.title, link=link.title, links=links
        )
    if adjacent:
        near = "、".join(other.title for other in adjacent)
        return values.next_link, say(
            "chain_next_link", chain=chain.title, link=link.title, links=near
        )
    if present:
        return values.same_chain, say(
            "chain_same_chain", chain=chain.title, link=link.title, links=links
        )
    return values.none, say("chain_none", chain=chain.title, link=link.title)


def _is_coarse(digits: str, of_project: list[tuple[Chain, Link]]) -> bool:
    """Say whether a coarse code may hide a firm of one of these chains."""
    return any(link.may_take(digits) for chain, _ in of_project for link in chain.links)
