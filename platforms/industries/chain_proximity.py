"""How near a platform is to an industry along the chains: 0–1 on fixed bounds."""

from platforms.errors import PlanningError
from platforms.industries.chain_map import ChainMap
from platforms.industries.chains import Chain, Link
from platforms.industries.codes import IndustryTable
from platforms.statement import Statement, say

Near = tuple[float | None, Statement]


def chain_proximity(
    industry_code: str | None, platform_id: str | None, chains: ChainMap, table: IndustryTable
) -> Near:
    """Say how near the firms of a platform are to an industry.

    Parameters
    ----------
    industry_code
        Industry of the project, None where not stated.
    platform_id
        The platform, None for a site in none.
    chains
        The chains of the city.
    table
        Sections and divisions.

    Returns
    -------
    value, statement
        The value of the data for: the same link stands there, a link next to it, only others of
        the chain, none; of several chains the highest. None where it can't be told: no code, an
        unknown one, a code too coarse for any link, an industry of no chain, or a platform where
        nothing near is known and firms have no usable code. What is known to be there counts,
        though more may be.

    Raises
    ------
    PlanningError
        ``chain_platform_unknown``.
    """
    if industry_code is None:
        return None, say("chain_industry_missing")
    try:
        digits = table.code(industry_code).digits
    except PlanningError as error:
        return None, Statement(error.code, error.values)
    own = [(c, link) for c in chains.chains.chains for link in c.links if link.takes(digits)]
    if not own:
        coarse = any(link.may_take(digits) for c in chains.chains.chains for link in c.links)
        code = "chain_industry_coarse" if coarse else "chain_industry_in_none"
        return None, say(code, code=digits)
    if platform_id is None:
        return chains.chains.proximity.none, say("chain_off_platform")
    there = chains.digits_on(platform_id)
    found = [_along(chain, link, there, chains) for chain, link in own]
    value, statement = max(found, key=lambda near: near[0])
    if value > chains.chains.proximity.none:
        return value, statement
    if not there:
        return None, say("chain_platform_empty")
    unsaid = sum(one is None or _is_coarse(one, own) for one in there)
    if unsaid:
        return None, say("chain_platform_open", count=unsaid)
    return value, statement


def _along(
    chain: Chain, link: Link, there: tuple[str | None, ...], chains: ChainMap
) -> tuple[float, Statement]:
    """Give the value of one chain and name the links that stand there."""
    values = chains.chains.proximity
    present = [
        one for one in chain.links if any(code is not None and one.takes(code) for code in there)
    ]
    beside = [one for one in present if one.is_next_to(link)]
    links = "、".join(one.title for one in present)
    if link in present:
        return values.same_link, say(
            "chain_same_link", chain=chain.title, link=link.title, links=links
        )
    if beside:
        near = "、".join(one.title for one in beside)
        return values.next_link, say(
            "chain_next_link", chain=chain.title, link=link.title, links=near
        )
    if present:
        return values.same_chain, say(
            "chain_same_chain", chain=chain.title, link=link.title, links=links
        )
    return values.none, say("chain_none", chain=chain.title, link=link.title)


def _is_coarse(digits: str, own: list[tuple[Chain, Link]]) -> bool:
    """Say whether a coarse code may hide a firm of one of these chains."""
    return any(link.may_take(digits) for chain, _ in own for link in chain.links)
