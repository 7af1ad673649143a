"""The map for investors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

import geopandas as gpd
import numpy as np
import pandas as pd

from app.answers.land import find_land
from app.context import Context, platform_names, unit_names
from geo.errors import MuPlanError
from geo.tools import Progress, nearest_name
from geo.units import m2_to_mu
from layers.codes import GUIDE, SURVEY
from layers.disclosure import PUBLIC_COLUMNS, PUBLIC_FIGURES, public_part
from layers.fields import FIELDS, split_list
from layers.maps.standalone import PublicGroup, PublicItem, PublicPage, page_html
from layers.maps.style import LayerStyle, MapStyles, load_styles
from platforms.industries.codes import IndustryTable
from platforms.land.blocks import counted_once_m2
from platforms.land.find import ContiguousLand
from platforms.land.search import BlockQuery, land_layers, lines_mu
from platforms.ledger.histories import occupied_parcels
from platforms.matching.site_facts import places_of

Facts = tuple[tuple[str, str], ...]

USES: Mapping[str, Mapping[str, str]] = {"MNR2023": GUIDE, "GBT21010": SURVEY}


def platform_facts(
    context: Context, row: pd.Series, figures: Mapping[str, object], fields: tuple[str, ...]
) -> Facts:
    """Say of a platform what is asked.

    ``figures``: ``unit_name``, ``block_count``, ``block_area_mu`` [亩].
    ``fields``: What is said, in order.

    What isn't known is left out.
    """
    words = context.words
    table = context.industries()
    values = {**row.to_dict(), **figures}
    for name in ("leading_industries", "specialty_industries"):
        values[name] = _industries(values[name], values["industry_scheme"], table, words.language)
    if isinstance(values["level"], str):
        values["level"] = words.word("level", values["level"])
    values["leading_chains"] = "、".join(split_list(values["leading_chains"]))
    return _facts(context, values, fields)


def block_facts(
    context: Context,
    row: pd.Series,
    parcels: pd.DataFrame,
    placed: Mapping[str, object],
    fields: tuple[str, ...],
) -> Facts:
    """Say of available land what is asked.

    ``placed``: ``platform_name``, ``unit_name``.
    ``fields``: What is said, in order.

    What isn't known is left out; utilities are those that every parcel has.
    """
    words = context.words
    public = parcels[list(PUBLIC_COLUMNS["land_parcels"])]
    values: dict[str, object] = {**row.to_dict(), **placed}
    each = [frozenset(split_list(value)) for value in public["utilities"]]
    common = reduce(frozenset.intersection, each) if each else frozenset()
    values["utilities"] = words.codes("utilities", ";".join(_in_order(common)))
    values["land_use"] = _together(
        _use(code, scheme)
        for code, scheme in zip(public["land_use_code"], public["land_use_scheme"], strict=True)
    )
    values["floor_area_ratio"] = _together(
        _span(low, high) for low, high in zip(public["far_min"], public["far_max"], strict=True)
    )
    return _facts(context, values, fields)


def _facts(context: Context, values: Mapping[str, object], fields: tuple[str, ...]) -> Facts:
    text = context.words.text
    facts = []
    for name in fields:
        value = values[name]
        if value is None or value == "" or value is pd.NA or value != value:  # NaN differs
            continue
        facts.append((text(f"public_{name}"), _value(context, name, value)))
    return tuple(facts)


def _value(context: Context, name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    for ending in ("_mu", "_m", "_pct"):
        if name.endswith(ending):
            return context.words.text(f"public_value{ending}", value=float(str(value)))
    return str(value)


def _industries(value: object, scheme: object, table: IndustryTable, language: str) -> str:
    """Name the industries; a code is named by the scheme that it is written in only."""
    titles = []
    for code in split_list(value):
        try:
            division = table.code(code).division if scheme == table.scheme else None
        except MuPlanError:
            division = None
        if division is None:
            titles.append(f"{scheme} {code}" if isinstance(scheme, str) else code)
        else:
            section, name = table.divisions[division]
            titles.append(f"{name} {section}{division}")
    return ("、" if language == "zh" else "; ").join(dict.fromkeys(titles))


def _use(code: object, scheme: object) -> str | None:
    """Name a land use; None where it isn't known, or no scheme says what the digits mean."""
    if not isinstance(code, str) or not isinstance(scheme, str):
        return None
    return USES.get(scheme, {}).get(code, f"{scheme} {code}")


def _span(low: object, high: object) -> str | None:
    least, most = (None if pd.isna(v) else f"{float(str(v)):g}" for v in (low, high))
    if least is None and most is None:
        return None
    return f"{least or ''}–{most or ''}" if most else f"≥{least}"


def _together(values: Iterable[str | None]) -> str | None:
    """Join what the parcels say; None where one of them says nothing."""
    each = list(values)
    known = [value for value in each if value is not None]
    return "、".join(sorted(set(known))) if known and len(known) == len(each) else None


def _in_order(codes: frozenset[str]) -> list[str]:
    """Give the utilities known in the order of the vocabulary; another word may say anything."""
    return [code for code in FIELDS["utilities"].values if code in codes]


PLATFORM_FIELDS = (
    "level", "unit_name", "town", "leading_industries", "specialty_industries", "leading_chains",
    "approved_area_mu", "block_count", "block_area_mu",
)  # fmt: skip
"""What may be said of a platform besides its name."""
BLOCK_FIELDS = (
    "platform_name",
    "unit_name",
    *PUBLIC_FIGURES,
    "land_use",
    "utilities",
    "floor_area_ratio",
)
"""What may be said of available land."""
FIELDS_SHOWN = tuple(dict.fromkeys((*PLATFORM_FIELDS, *BLOCK_FIELDS)))

UNIT_M, PLATFORM_M, LINE_M, BLOCK_M = 60.0, 15.0, 25.0, 3.0
"""How far an outline on the screen may lie from the true one [m]; figures know nothing of it."""


@dataclass(frozen=True)
class InvestmentQuery:
    """What an investment map shows.

    ``platforms``: Numbers of the platforms shown, with the land inside them; none given: all, and
      the land outside them too.
    ``fields``: What is said of them, of ``FIELDS_SHOWN``; none given: all.
    ``min_mu``: Least area of available land [亩]; None for that of the list of contiguous land
      (B3).
    ``title, contact, source, review``: Typed by the planner: title, whom to ask, where the data
      come from, number of the map's review (审图号); empty for the usual title and source, and for
      nothing.

    Raises MuPlanError: ``public_field_unknown``, and ``min_mu_out_of_range`` of ``BlockQuery``.
    """

    platforms: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    min_mu: float | None = None
    title: str = ""
    contact: str = ""
    source: str = ""
    review: str = ""

    def __post_init__(self) -> None:
        for name in self.fields:
            if name not in FIELDS_SHOWN:
                raise MuPlanError(
                    "public_field_unknown", field=name, known=", ".join(FIELDS_SHOWN),
                    nearest=nearest_name(name, FIELDS_SHOWN),
                )  # fmt: skip
        if self.min_mu is not None:
            BlockQuery(self.min_mu)

    @property
    def fields_shown(self) -> tuple[str, ...]:
        """What is said, in the order it is said in."""
        return tuple(name for name in FIELDS_SHOWN if not self.fields or name in self.fields)


@dataclass(frozen=True)
class InvestmentMap:
    """A finished map.

    ``html``: The whole file.
    ``title``: Its title.
    ``platform_count, block_count``: How many are shown.
    ``block_mu``: Land in the blocks shown, counted once [亩].
    ``taken_count``: Blocks with parcels that live projects have: for the planner's eyes, not in
      the file.
    """

    html: str
    title: str
    platform_count: int
    block_count: int
    block_mu: float
    taken_count: int

    def sentences(self, context: Context) -> tuple[str, ...]:
        """Say what is in the file, and what to look at before it is given away."""
        text = context.words.text
        lines = [
            text(
                "summary_public_map", platforms=self.platform_count, blocks=self.block_count,
                area_mu=self.block_mu,
            )
        ]  # fmt: skip
        if self.taken_count:
            lines.append(text("public_map_taken", count=self.taken_count))
        return tuple(lines)


def investment_map(
    context: Context,
    query: InvestmentQuery,
    land: ContiguousLand | None = None,
    progress: Progress | None = None,
) -> InvestmentMap:
    """Make the investment map.

    ``land``: The blocks, where they are found already by ``block_query``; None to find them.

    The file and what to say of it.

    Raises MuPlanError: ``public_platform_unknown``, ``public_map_empty``, and what the search for
    land raises.
    """
    platforms = _platforms(context, query)
    land_found = land or find_land(context, block_query(context, query), progress=progress)
    place = _places(context, land_found.blocks.blocks)
    chosen = [not query.platforms or platform_id in query.platforms for platform_id in place]
    blocks = land_found.blocks.blocks[np.array(chosen, dtype=bool)]
    place = [platform_id for platform_id, is_in in zip(place, chosen, strict=True) if is_in]
    if not len(platforms) and not len(blocks):
        raise MuPlanError("public_map_empty")
    styles = load_styles(context.settings.data_dir / "styles" / "layers.yaml")
    groups = (
        *_background_groups(context, styles),
        *_platform_groups(context, query, platforms, blocks.assign(platform_id=place), styles),
        *_by_class(context, "facilities", styles, 0.0, answers=True),
        _block_group(context, query, land_found, blocks, place, styles),
    )
    page = _page(context, query, groups)
    return InvestmentMap(
        html=page_html(page),
        title=page.title,
        platform_count=len(platforms),
        block_count=len(blocks),
        block_mu=m2_to_mu(counted_once_m2(blocks)) if len(blocks) else 0.0,
        taken_count=_occupied_count(context, blocks),
    )


def block_query(context: Context, query: InvestmentQuery) -> BlockQuery:
    """Say which land is available: that of the block list, with the least area asked for."""
    listed, _ = lines_mu(context.policy)
    return BlockQuery(listed if query.min_mu is None else query.min_mu)


def _platforms(context: Context, query: InvestmentQuery) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(context.source.read("major_platforms"))
    known = list(frame["platform_id"])
    for platform_id in query.platforms:
        if platform_id not in known:
            raise MuPlanError(
                "public_platform_unknown", platform_id=platform_id,
                nearest=nearest_name(platform_id, known) or "–",
            )  # fmt: skip
    if query.platforms:
        return frame[frame["platform_id"].isin(query.platforms)]
    return frame[frame["is_major"].fillna(value=True).to_numpy(dtype=bool)]


def _places(context: Context, blocks: gpd.GeoDataFrame) -> list[str | None]:
    """Say in which platform most of each block lies."""
    if not len(blocks):
        return []
    area = blocks["area_m2"].to_numpy(dtype=float)
    layers = land_layers(context.source, context.policy)
    places = places_of(blocks, context.source, layers, context.policy, context.crs, area)
    return [place["platform_id"] for place in places]


def _background_groups(context: Context, styles: MapStyles) -> list[PublicGroup]:
    """Give what helps to find one's way: units with their names, main roads, railways, rivers."""
    return [
        *_by_class(context, "units", styles, UNIT_M, name_rank=3),
        *_by_class(context, "barriers", styles, LINE_M),
    ]


def _by_class(
    context: Context,
    layer: str,
    styles: MapStyles,
    simplify_m: float,
    *,
    answers: bool = False,
    name_rank: int | None = None,
) -> list[PublicGroup]:
    rows = public_part(layer, gpd.GeoDataFrame(context.source.read(layer)))
    items = [PublicItem(_text(name)) for name in rows["name"]]
    groups = _groups(context, styles.layers[layer], rows, items)
    return [
        replace(group, simplify_m=simplify_m, answers=answers, name_rank=name_rank)
        for group in groups
    ]


def _groups(
    context: Context, style: LayerStyle, rows: gpd.GeoDataFrame, items: list[PublicItem]
) -> list[PublicGroup]:
    """Part the rows of a layer by the classes it is drawn in."""
    zh = context.words.language == "zh"
    code = rows[style.class_by].map(lambda value: value if isinstance(value, str) else "missing")
    groups = []
    for style_class in style.classes:
        at = np.flatnonzero(code.to_numpy() == style_class.code)
        if len(at):
            groups.append(
                PublicGroup(
                    layer=context.words.text(f"public_layer_{style.layer}"),
                    title=style_class.zh if zh else style_class.en,
                    mark=style_class.mark,
                    items=tuple(items[i] for i in at),
                    shapes=rows.geometry.iloc[at],
                )
            )
    return groups


def _platform_groups(
    context: Context,
    query: InvestmentQuery,
    platforms: gpd.GeoDataFrame,
    blocks: gpd.GeoDataFrame,
    styles: MapStyles,
) -> list[PublicGroup]:
    drawn = platforms[platforms.geometry.notna() & ~platforms.geometry.is_empty]
    names = unit_names(context)
    rows = public_part("major_platforms", drawn)
    items = []
    for (_, row), platform_id, unit_id in zip(
        rows.iterrows(), drawn["platform_id"], drawn["unit_id"], strict=True
    ):
        inside = blocks[blocks["platform_id"].eq(platform_id).to_numpy(dtype=bool)]
        figures: dict[str, object] = {
            "unit_name": names.get(unit_id), "block_count": len(inside),
            "block_area_mu": m2_to_mu(counted_once_m2(inside)) if len(inside) else 0.0,
        }  # fmt: skip
        facts = platform_facts(context, row, figures, _of(query, PLATFORM_FIELDS))
        items.append(PublicItem(_text(row["name"], context, "public_unnamed"), facts))
    groups = _groups(context, styles.layers["major_platforms"], rows, items)
    return [
        replace(
            group, title=f"{group.layer}（{group.title}）" if context.words.language == "zh"
            else f"{group.layer}: {group.title}",
            simplify_m=PLATFORM_M, is_listed=True, name_rank=1,
        )
        for group in groups
    ]  # fmt: skip


def _block_group(
    context: Context,
    query: InvestmentQuery,
    land: ContiguousLand,
    blocks: gpd.GeoDataFrame,
    place: list[str | None],
    styles: MapStyles,
) -> PublicGroup:
    """List available land under numbers of this map: those on file contain numbers of parcels."""
    text = context.words.text
    platforms = platform_names(context, text("public_unnamed"))
    names = unit_names(context)
    described = pd.concat([land.blocks.blocks, land.described, land.terrain], axis=1)
    parcels = pd.DataFrame(context.source.read("land_parcels"))
    members = land.blocks.members
    items = []
    for number, (at, platform_id) in enumerate(zip(blocks.index, place, strict=True), start=1):
        of_block = members["block_id"].eq(blocks.at[at, "block_id"]).to_numpy(dtype=bool)
        rows = parcels.iloc[np.unique(members["row"].to_numpy()[of_block])]
        placed: dict[str, object] = {
            "platform_name": platforms.get(platform_id),
            "unit_name": names.get(blocks.at[at, "unit_id"]),
        }
        facts = block_facts(context, described.loc[at], rows, placed, _of(query, BLOCK_FIELDS))
        items.append(PublicItem(text("public_block", number=number), facts))
    return PublicGroup(
        layer=text("public_blocks"), title=text("public_blocks"),
        mark=styles.highlights["result"].mark, items=tuple(items), shapes=blocks.geometry,
        simplify_m=BLOCK_M, is_listed=True, name_rank=2,
    )  # fmt: skip


def _of(query: InvestmentQuery, known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in known if name in query.fields_shown)


def _page(context: Context, query: InvestmentQuery, groups: tuple[PublicGroup, ...]) -> PublicPage:
    text = context.words.text
    facts = [
        (text("public_date"), context.as_of),
        (text("public_source"), query.source.strip() or text("public_source_usual")),
        (text("public_contact"), query.contact.strip()),
        (text("public_review"), query.review.strip()),
    ]
    phrases: Mapping[str, str] = {
        name: text(f"public_word_{name}")
        for name in ("legend", "north", "zoom_in", "zoom_out", "close", "show_all", "map", "print")
    }
    return PublicPage(
        title=query.title.strip() or text("public_title"),
        facts=tuple((label, value) for label, value in facts if value),
        notes=(text("public_disclaimer"), text("public_how_measured")),
        mark=text("demo_mark") if context.facts.is_demo else "",
        groups=groups,
        words=phrases,
        language=context.words.language,
    )


def _occupied_count(context: Context, blocks: gpd.GeoDataFrame) -> int:
    """Count blocks with parcels that live projects have."""
    occupied = occupied_parcels(
        context.source.read("projects"), context.source.read("project_events"), context.as_of
    )
    return sum(
        any(part.rpartition("#")[0] in occupied or part in occupied for part in ids)
        for ids in blocks["parcel_ids"]
    )


def _text(value: object, context: Context | None = None, unnamed: str = "") -> str:
    if isinstance(value, str) and value.strip():
        return value
    return context.words.text(unnamed) if context is not None else ""
