"""The chains of industry of a city: links that are there, on which platform, and those missing."""

import pandas as pd

from app.answers.answer import Answer, column_titles, sheet_of
from app.context import Context, platform_names, unit_names
from platforms.checks import FIRST_YEAR, LAST_YEAR
from platforms.errors import PlanningError
from platforms.industries.chains import ChainMap, LinkOnMap, Presence, chain_firms, chain_map

COLUMNS = (
    "chain_title", "link_title", "link_stage", "link_codes", "standing", "firm_count",
    "output_known_yi_yuan", "output_missing", "leading_firms", "platform_names", "open_count",
    "basis", "why",
)  # fmt: skip
SCREEN_COLUMNS = (
    "chain_title", "link_title", "link_stage", "standing", "firm_count", "output_known_yi_yuan",
    "output_missing", "open_count",
)  # fmt: skip
PLACE_COLUMNS = (
    "chain_title", "link_title", "platform_name", "unit_name", "firm_count",
    "output_known_yi_yuan", "output_missing",
)  # fmt: skip
LACKING_COLUMNS = ("enterprise_id", "name", "unit_name", "lacking")
STANDINGS = {"met": "chain_present", "not_met": "chain_absent", "no_data": "chain_undecided"}
WAN_PER_YI = 10_000


def run_chains(context: Context, year: int | None = None) -> ChainMap:
    """Lay the firms of the city over the chains (``year_out_of_range``)."""
    asked = context.year if year is None else year
    if not FIRST_YEAR <= asked <= LAST_YEAR:
        raise PlanningError("year_out_of_range", year=asked, first=FIRST_YEAR, last=LAST_YEAR)
    firms = chain_firms(context.source, context.industries(), asked)
    return chain_map(firms, context.chains())


def chain_answer(context: Context, chains: ChainMap) -> Answer:
    """Answer ``chains``: every link with its firms, output, platforms and units."""
    words = context.words
    frame = link_frame(context, chains)
    headed = tuple(
        name for name in (*COLUMNS, *PLACE_COLUMNS, *LACKING_COLUMNS)
        if f"column_{name}" in words.sentences
    )  # fmt: skip
    return Answer(
        title=words.text("title_chains"),
        parameters={"year": chains.firms.year},
        result={
            "chains": _chain_rows(context, chains),
            "lacking": {why: list(ids) for why, ids in chains.lacking.items()},
            "basis": chains.chains.basis,
            "edition": chains.chains.edition,
        },
        sheets=(
            sheet_of(words, "chains", frame),
            sheet_of(words, "chain_platforms", place_frame(context, chains, "platform")),
            sheet_of(words, "chain_units", place_frame(context, chains, "unit")),
            sheet_of(words, "chain_lacking", lacking_frame(context, chains)),
        ),
        titles=column_titles(words, headed),
        summary=_summary(context, chains),
        screen=frame[list(SCREEN_COLUMNS)],
    )


def _summary(context: Context, chains: ChainMap) -> tuple[str, ...]:
    words = context.words
    outcomes = [link.outcome for link in chains.links]
    sentences = [
        words.text(
            "summary_chains", chains=len(chains.chains.chains), links=len(chains.links),
            present=outcomes.count("met"), missing=outcomes.count("not_met"),
            unknown=outcomes.count("no_data"),
        )
    ]  # fmt: skip
    counts = {why: len(ids) for why, ids in chains.lacking.items()}
    if counts:
        sentences.append(
            words.text(
                "summary_chains_lacking", count=sum(counts.values()),
                missing=counts.get("missing", 0), unknown=counts.get("unknown", 0),
                other_scheme=counts.get("other_scheme", 0),
            )
        )  # fmt: skip
    is_assumed = chains.chains.basis == "assumed"
    sentences.append(words.text("summary_chains_basis" if is_assumed else "summary_chains_cited"))
    return tuple(sentences)


def link_frame(context: Context, chains: ChainMap) -> pd.DataFrame:
    """List the links for people, one row each."""
    words, platforms = context.words, platform_names(context)
    names = dict(zip(chains.firms.firms["enterprise_id"], chains.firms.firms["name"], strict=True))
    basis = words.text(f"basis_{chains.chains.basis}", assumptions="")
    listed = [
        {
            **_titles(context, link),
            "link_codes": "、".join(link.link.industries),
            "standing": words.text(STANDINGS[link.outcome]),
            **_counts(link.city, is_known=link.outcome != "no_data"),
            "leading_firms": "、".join(
                [
                    *link.link.leading_firms,
                    *(str(names[firm_id]) for firm_id in link.city.leading_ids),
                ]
            ),
            "platform_names": "、".join(
                platforms.get(platform_id, platform_id) for platform_id in link.by_platform
            ),
            "open_count": link.open_count,
            "basis": basis.strip(),
            "why": words.joined(words.say(reason) for reason in link.reasons),
        }
        for link in chains.links
    ]
    return _typed(pd.DataFrame(listed, columns=list(COLUMNS)))


def place_frame(context: Context, chains: ChainMap, by: str) -> pd.DataFrame:
    """List where each link stands, one row a link and ``platform`` or ``unit``."""
    units, platforms = unit_names(context), platform_names(context)
    owners = context.source.read("major_platforms").set_index("platform_id")["unit_id"]
    listed = []
    for link in chains.links:
        places = link.by_platform if by == "platform" else link.by_unit
        for place, presence in places.items():
            unit_id = str(owners[place]) if by == "platform" else place
            listed.append(
                {
                    **_titles(context, link),
                    "platform_name": platforms.get(place, place) if by == "platform" else None,
                    "unit_name": units.get(unit_id, unit_id),
                    **_counts(presence),
                }
            )
    frame = _typed(pd.DataFrame(listed, columns=list(PLACE_COLUMNS)))
    return frame if by == "platform" else frame.drop(columns="platform_name")


def lacking_frame(context: Context, chains: ChainMap) -> pd.DataFrame:
    """List the firms without usable industry code, each with the reason."""
    words, units = context.words, unit_names(context)
    rows = chains.firms.firms
    unusable = rows[rows["lacking"].notna()]
    listed = [
        {
            "enterprise_id": row["enterprise_id"],
            "name": row["name"],
            "unit_name": units.get(row["unit_id"], row["unit_id"]),
            "lacking": words.text(f"chain_lacks_{row['lacking']}"),
        }
        for row in unusable.to_dict("records")
    ]
    return pd.DataFrame(listed, columns=list(LACKING_COLUMNS))


def _titles(context: Context, link: LinkOnMap) -> dict[str, object]:
    stage = context.words.text(f"stage_{link.link.stage}")
    return {
        "chain_title": link.chain.title, "link_title": link.link.title, "link_stage": stage,
    }  # fmt: skip


def _counts(presence: Presence, *, is_known: bool = True) -> dict[str, object]:
    """Give number and output; of a link that can't be told no number, since none isn't known."""
    output = presence.output_wan_yuan
    return {
        "firm_count": presence.firm_count if is_known else None,
        "output_known_yi_yuan": None if output is None else output / WAN_PER_YI,
        "output_missing": presence.output_missing if is_known else None,
    }


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(
        {"firm_count": "Int64", "output_missing": "Int64", "output_known_yi_yuan": "float64"}
    )


def _chain_rows(context: Context, chains: ChainMap) -> list[dict[str, object]]:
    """Give the chains as the command prints them, each with its links."""
    rows = []
    for chain in chains.chains.chains:
        links = [link for link in chains.links if link.chain.chain_id == chain.chain_id]
        rows.append(
            {
                "chain_id": chain.chain_id, "title": chain.title, "basis": chains.chains.basis,
                "links": [_link_row(context, link) for link in links],
            }
        )  # fmt: skip
    return rows


def _link_row(context: Context, link: LinkOnMap) -> dict[str, object]:
    words = context.words
    return {
        "link_id": link.link.link_id,
        "title": link.link.title,
        "stage": link.link.stage,
        "industries": list(link.link.industries),
        "outcome": link.outcome,
        **_presence_row(link.city, is_known=link.outcome != "no_data"),
        "enterprise_ids": list(link.city.enterprise_ids),
        "leading_ids": list(link.city.leading_ids),
        "leading_firms": list(link.link.leading_firms),
        "open_count": link.open_count,
        "platforms": {
            place: _presence_row(presence) for place, presence in link.by_platform.items()
        },
        "units": {place: _presence_row(presence) for place, presence in link.by_unit.items()},
        "reasons": [{"code": reason.code, "text": words.say(reason)} for reason in link.reasons],
    }


def _presence_row(presence: Presence, *, is_known: bool = True) -> dict[str, object]:
    return {
        "firm_count": presence.firm_count if is_known else None,
        "output_wan_yuan": presence.output_wan_yuan,
        "output_missing": presence.output_missing if is_known else None,
    }
