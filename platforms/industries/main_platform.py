"""What a main platform may take in: projects of the ledger that began there (A20)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.units import compare, m2_to_mu
from layers.fields import split_list
from platforms.elements.allotments import allotment_shapes
from platforms.industries.codes import division
from platforms.ledger.counting import NEVER, ProjectLedger, ledger_of
from platforms.ledger.histories import Finding, State, list_verdicts
from platforms.ledger.rows import Row, number_of, text_of
from platforms.policy.check import CheckJob
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.territory import major_rows, shapes_of

LAYER = "projects"

STANDARDS = {
    "investment_min_wan_yuan_per_mu": ("investment_yi_yuan", 10_000.0),
    "output_min_wan_yuan_per_mu": ("output_wan_yuan", 1.0),
    "tax_min_wan_yuan_per_mu": ("tax_wan_yuan", 1.0),
}
"""标准地 figures of a parcel, each with what a project promises and from its unit to 万元."""

DECISIONS = ("collective_decision", "final_decision")
"""Events by which a general expansion was decided on (二（五） 集体商议, "一支笔"审定)."""


@dataclass(frozen=True)
class _Places:
    """Where the projects of the ledger lie.

    ``shapes``: Land of each, None where not known.
    ``on_main``: Whether it is on the outline of a major platform itself, without its sub-parks.
    """

    shapes: np.ndarray
    on_main: Maybe


@check("A20", "high_energy", "traditional_expansion", "standard_land", unit="项", grouped_by="unit")
def entry_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the projects of the ledger that began at a main platform (A20).

    One a unit. A project counts that started on or after the first day of the rule, in the year
    where one is asked for. ``high_energy``: new high-energy projects, each refused.
    ``traditional_expansion``: a general expansion in the six traditional industries is open until
    its decision is on file. ``standard_land``: projects that promise less than their parcels ask
    for. Elsewhere an industry on a list is a hint only. Without its list a part is ``no_data``.

    A20 嘉政发〔2018〕15号 二（五）; both lists are undefined there and assumed.
    """
    if dated.rule.part == "standard_land":
        return list_verdicts(job, dated, list(_standard_land(job, dated)))
    listed = _listed_divisions(job, dated)
    if listed is None:
        return [
            replace(verdict, outcome="no_data", measured=None, gap=None,
                    reasons=(say("a20_list_missing"),))
            for verdict in list_verdicts(job, dated, [])
        ]  # fmt: skip
    restricted = _restricted(ledger_of(job), *listed)
    judged = _high_energy if dated.rule.part == "high_energy" else _expansions
    verdicts = list_verdicts(job, dated, list(judged(job, dated, restricted)))
    return _with_hints(job, dated, restricted, verdicts)


def _listed_divisions(job: CheckJob, dated: DatedRule) -> tuple[frozenset[str], str] | None:
    """Return the divisions that a part is about and their scheme, None where no list is held."""
    known = [name for name in dated.rule.lists if name in job.policy.pack.lists]
    if not known:
        return None
    held = job.policy.code_list(known[0])
    return frozenset(held.codes), held.industry_scheme


def _restricted(ledger: ProjectLedger, divisions: frozenset[str], scheme: str) -> Maybe:
    """Say which projects are of an industry on a list; open without a code of its scheme."""
    codes, schemes = ledger.projects["industry_code"], ledger.projects["industry_scheme"]
    unknown = codes.isna() | schemes.fillna(scheme).ne(scheme)
    on_list = codes.fillna("").map(lambda code: bool(code) and division(code) in divisions)
    yes = (on_list.astype(bool) & ~unknown).to_numpy(dtype=bool)
    return Maybe(yes, unknown.to_numpy(dtype=bool))


def _begun(job: CheckJob, dated: DatedRule) -> Maybe:
    """Say which projects started under the rule: up to the day, in the year where one is asked."""
    first, last = dated.rule.effective_from or "0000-01-01", job.policy.as_of
    if job.is_year_asked:
        first, last = max(first, f"{job.year}-01-01"), min(last, f"{job.year}-12-31")
    return ledger_of(job).happened(("started",), first, last)


def _at_main(job: CheckJob, dated: DatedRule) -> Maybe:
    return _begun(job, dated) & job.per_run(_places).on_main


def _places(job: CheckJob) -> _Places:
    """Find the land of each project, and whether it is on a main platform.

    Its parcels say so; without them the platform it states, where that has no sub-parks.
    """
    projects, platforms = ledger_of(job).projects, major_rows(job.layer("major_platforms"))
    parcels, parks = job.layer("land_parcels"), job.layer("parks")
    land = gpd.GeoDataFrame(
        {"parcel_ids": projects["parcel_ids"]}, geometry=[None] * len(projects), crs=job.crs
    )
    shapes = allotment_shapes(land, parcels)
    outlines = shapes_of(platforms)
    outlines = outlines[~shapely.is_missing(outlines)]
    drawn = ~shapely.is_missing(shapes)
    inside_m2 = np.zeros(len(shapes))
    inside_m2[drawn] = area_inside_m2(shapes[drawn], outlines, job.crs)
    # 1 m² of a border drawn twice is no land on the platform.
    on_land = np.array([compare(float(area), 1.0) > 0 for area in inside_m2], dtype=bool)
    ids = platforms["platform_id"]
    with_parks = parks["platform_id"][parks["disposition"].eq("sub_park").fillna(value=False)]
    stated = projects["platform_id"]
    on_stated = (stated.isin(ids) & ~stated.isin(with_parks)).to_numpy(dtype=bool)
    elsewhere = (stated.notna() & ~stated.isin(ids)).to_numpy(dtype=bool)
    unclear = ~drawn & ~on_stated & ~elsewhere
    if not len(platforms):
        unclear = np.ones(len(shapes), dtype=bool)
    yes = (on_land | (~drawn & on_stated)) & ~unclear
    return _Places(shapes, Maybe(yes, unclear))


def _high_energy(job: CheckJob, dated: DatedRule, restricted: Maybe) -> Iterator[Finding]:
    at_main = _at_main(job, dated)
    departs = at_main & restricted
    for n, row in enumerate(ledger_of(job).projects.to_dict("records")):
        if departs.yes[n]:
            industry = division(str(row["industry_code"]))
            yield _of_row(row, "departs", say("high_energy_on_main", industry=industry))
        elif departs.open[n]:
            yield _of_row(row, "open", say("a20_open"))
        elif at_main.yes[n]:
            yield _of_row(row, "keeps", say("ledger_keeps"))


def _expansions(job: CheckJob, dated: DatedRule, restricted: Maybe) -> Iterator[Finding]:
    """Flag expansions without a decision on file: open, whatever else is known of them."""
    ledger, at_main = ledger_of(job), _at_main(job, dated)
    column = ledger.projects["is_expansion"]
    expansion = Maybe(
        column.fillna(value=False).to_numpy(dtype=bool), column.isna().to_numpy(dtype=bool)
    )
    decided_on = ledger.first_day(DECISIONS).fillna(NEVER)
    decided = Maybe.known((decided_on <= job.policy.as_of).to_numpy(dtype=bool))
    flagged = (at_main & restricted & expansion) - decided
    for n, row in enumerate(ledger.projects.to_dict("records")):
        if flagged.may[n]:
            code = "a20_needs_decision" if flagged.yes[n] else "a20_open"
            yield _of_row(row, "open", say(code))
        elif at_main.yes[n]:
            yield _of_row(row, "keeps", say("ledger_keeps"))


def _with_hints(
    job: CheckJob, dated: DatedRule, restricted: Maybe, verdicts: Sequence[Verdict]
) -> list[Verdict]:
    """Name the projects of a listed industry that began elsewhere: a hint, nothing is judged."""
    ledger, places = ledger_of(job), job.per_run(_places)
    elsewhere = (_begun(job, dated) & restricted) - places.on_main
    with_hints = []
    for verdict in verdicts:
        own = elsewhere & ledger.of_unit(verdict.unit_id)
        ids = ledger.ids(own.yes)
        if ids and verdict.unit_id is not None:
            said = say("a20_elsewhere", count=len(ids))
            verdict = replace(
                verdict, evidence=(*verdict.evidence, Evidence(LAYER, ids, said)),
                reasons=(*verdict.reasons, said),
            )  # fmt: skip
        with_hints.append(verdict)
    return with_hints


def _standard_land(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    ledger, at_main = ledger_of(job), _at_main(job, dated)
    shapes = job.per_run(_places).shapes
    parcels = pd.DataFrame(job.layer("land_parcels")).drop_duplicates("parcel_id")
    by_id = parcels.set_index("parcel_id")
    for n, row in enumerate(ledger.projects.to_dict("records")):
        if not at_main.may[n]:
            continue
        names = [name.split("#")[0] for name in split_list(row["parcel_ids"])]
        if shapes[n] is None:
            yield _of_row(row, "open", say("a20_land_unknown"))
            continue
        area_mu = float(m2_to_mu(ellipsoidal_area_m2(shapes[n : n + 1], job.crs)[0]))
        short, lacking = _shortfall(row, by_id.loc[list(dict.fromkeys(names))], area_mu)
        if short is not None and at_main.yes[n]:
            yield _of_row(row, "departs", short)
        elif short is not None or not at_main.yes[n]:
            yield _of_row(row, "open", say("a20_open"))
        elif lacking is not None:
            yield _of_row(row, "open", lacking)
        else:
            yield _of_row(row, "keeps", say("ledger_keeps"))


def _of_row(row: Row, state: State, statement: Statement) -> Finding:
    return Finding(str(row["project_id"]), text_of(row, "unit_id"), state, statement)


def _shortfall(
    row: Row, parcels: pd.DataFrame, area_mu: float
) -> tuple[Statement | None, Statement | None]:
    """Say in what a project falls short of the strictest of its parcels, and what is missing."""
    least = {name: parcels[name].max() for name in STANDARDS if parcels[name].notna().any()}
    amounts = {name: number_of(row, column) for name, (column, _) in STANDARDS.items()}
    per_mu = {
        name: amount * STANDARDS[name][1] / area_mu
        for name, amount in amounts.items()
        if amount is not None and area_mu > 0
    }
    short = [n for n in sorted(least) if n in per_mu and compare(per_mu[n], float(least[n])) < 0]
    if short:
        return say(
            "standard_land_short", column=short[0], value_wan_yuan_per_mu=per_mu[short[0]],
            least_wan_yuan_per_mu=float(least[short[0]]), count=len(short),
        ), None  # fmt: skip
    far, low, high = number_of(row, "far"), parcels["far_min"].max(), parcels["far_max"].min()
    beyond = far is not None and (
        (pd.notna(low) and compare(far, float(low)) < 0)
        or (pd.notna(high) and compare(far, float(high)) > 0)
    )
    if far is not None and beyond:
        bounds = ["" if pd.isna(bound) else f"{bound:g}" for bound in (low, high)]
        return say("standard_land_far", far=far, low=bounds[0], high=bounds[1]), None
    code, allowed = text_of(row, "industry_code"), _allowed(parcels)
    if allowed is not None and code is not None and division(code) not in allowed:
        names = ", ".join(sorted(allowed))
        return say("standard_land_industry", industry=division(code), allowed=names), None
    without = parcels.index[parcels[list(STANDARDS)].isna().all(axis=1)]
    if len(without):
        return None, say("standard_land_lacking", parcels=", ".join(map(str, without)))
    missing = [STANDARDS[name][0] for name in sorted(least) if name not in per_mu]
    missing += ["far"] if far is None and (pd.notna(low) or pd.notna(high)) else []
    missing += ["industry_code"] if code is None and allowed is not None else []
    return None, say("standard_land_unknown", columns=";".join(missing)) if missing else None


def _allowed(parcels: pd.DataFrame) -> frozenset[str] | None:
    """Return the divisions that every parcel with a list admits, None where none has one."""
    listed = [split_list(text) for text in parcels["allowed_industries"]]
    divisions = [frozenset(map(division, codes)) for codes in listed if codes]
    return frozenset.intersection(*divisions) if divisions else None
