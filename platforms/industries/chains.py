"""Chains of industry, read from data: links from raw material to product, with their codes."""

import itertools
from dataclasses import dataclass
from typing import Literal, get_args

from geo.units import compare
from layers.fields import FIELDS
from platforms.errors import PlanningError, PolicyError
from platforms.industries.codes import IndustryTable
from platforms.policy.nodes import Block, block_of
from platforms.policy.text import compose
from platforms.policy.vocabulary import BASES
from platforms.verdict import Basis

Stage = Literal["upstream", "midstream", "downstream"]
STAGES: tuple[Stage, ...] = get_args(Stage)

TOP_KEYS = (
    "name", "title", "edition", "industry_scheme", "basis", "note", "proximity", "chains",
)  # fmt: skip
CHAIN_KEYS = ("id", "title", "links", "note")
LINK_KEYS = ("id", "title", "stage", "industries", "leading_firms")
PROXIMITY_KEYS = ("same_link", "next_link", "same_chain", "none")


@dataclass(frozen=True)
class Link:
    """One link of a chain.

    Attributes
    ----------
    link_id, title
        Its id within the chain, and its Chinese name.
    stage
        ``upstream``, ``midstream`` or ``downstream``.
    industries
        Digits its industry codes begin with.
    leading_firms
        Names of leading firms, where the data names any.
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

    Attributes
    ----------
    chain_id, title
        Its id and Chinese name.
    links
        From upstream to downstream.
    note
        What is to be said of it.
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

    Attributes
    ----------
    title, edition
        What they are.
    industry_scheme
        Scheme of the codes.
    basis, note
        Whether a document lists them, and where they come from.
    proximity
        Values of the chain criterion.
    chains
        The chains, in the order written.
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
    top = block_of(compose(text, "chains"), "chains", TOP_KEYS)
    scheme = top.word("industry_scheme", tuple(FIELDS["industry_scheme"].values))
    if scheme != table.scheme:
        raise PolicyError(
            "chain_scheme_differs", line=top.line_of("industry_scheme"), scheme=scheme,
            expected=table.scheme,
        )  # fmt: skip
    top.node("chains")
    blocks = top.blocks("chains", CHAIN_KEYS)
    _refuse_twice(blocks)
    return Chains(
        title=top.text("title"),
        edition=top.text("edition"),
        industry_scheme=scheme,
        basis=top.word("basis", BASES),  # type: ignore[arg-type]
        note=top.optional_text("note"),
        proximity=_proximity(top.block("proximity", PROXIMITY_KEYS)),
        chains=tuple(_chain(block, table) for block in blocks),
    )


def _refuse_twice(blocks: list[Block]) -> None:
    seen: set[str] = set()
    for block in blocks:
        name = block.text("id")
        if name in seen:
            raise PolicyError("pack_id_twice", pack=block.pack, line=block.line, key="id", id=name)
        seen.add(name)


def _proximity(block: Block) -> Proximity:
    values = [block.number(key) for key in PROXIMITY_KEYS]
    falling = all(compare(a, b) > 0 for a, b in itertools.pairwise(values))
    if not falling or values[0] > 1 or values[-1] < 0:
        raise PolicyError("chain_proximity_order", line=block.line)
    return Proximity(*values)


def _chain(block: Block, table: IndustryTable) -> Chain:
    block.node("links")
    blocks = block.blocks("links", LINK_KEYS)
    if not blocks:
        raise PolicyError(
            "pack_key_missing", pack=block.pack, line=block.line_of("links"), key="links"
        )
    _refuse_twice(blocks)
    links: list[Link] = []
    for one in blocks:
        link = _link(one, table)
        if links and STAGES.index(link.stage) < STAGES.index(links[-1].stage):
            raise PolicyError("chain_links_order", line=one.line, link=link.link_id)
        _refuse_shared(one, link, links)
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
        raise PolicyError(
            "pack_key_missing", pack=block.pack, line=block.line_of("industries"), key="industries"
        )
    return Link(
        block.text("id"), block.text("title"), block.word("stage", STAGES),  # type: ignore[arg-type]
        tuple(codes), block.texts("leading_firms"),
    )  # fmt: skip


def _refuse_shared(block: Block, link: Link, before: list[Link]) -> None:
    """Refuse a code that another link of the chain, or this one, has already, whole or in part."""
    held = [(code, other.link_id) for other in before for code in other.industries]
    for code in link.industries:
        for other_code, link_id in held:
            if code.startswith(other_code) or other_code.startswith(code):
                raise PolicyError(
                    "chain_code_twice", line=block.line_of("industries"), code=code, link=link_id
                )
        held.append((code, link.link_id))
