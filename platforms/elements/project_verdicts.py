"""What the rule on landed major projects says of each unit (B2)."""

from collections.abc import Sequence
from typing import cast

import pandas as pd

from platforms.elements.verdicts import approved_beside
from platforms.judge import judge
from platforms.policy.dated import PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

TABLE = "projects"


def project_share_verdicts(
    shares: pd.DataFrame, policy: PolicySet, unit_ids: Sequence[str]
) -> list[Verdict]:
    """Turn the shares of landed major projects into verdicts.

    Parameters
    ----------
    shares
        What ``project_shares`` gives.
    policy
        Rules on the as-of date, the same that the shares were computed with.
    unit_ids
        Units to judge.

    Returns
    -------
    list of Verdict
        One a unit, by the outline in use; by investment and by the approved outline in the reasons.
    """
    in_use = shares[shares["boundary_basis"] == "in_use"].set_index("unit_id")
    approved = shares[shares["boundary_basis"] == "approved"].set_index("unit_id")
    verdicts = []
    for unit_id in unit_ids:
        row = cast("pd.Series", in_use.loc[unit_id])
        has_approved = unit_id in approved.index
        beside = cast("pd.Series", approved.loc[unit_id]) if has_approved else None
        verdicts.append(
            judge(
                policy.rule("B2"),
                None if pd.isna(row["share"]) else float(row["share"]),
                unit_id=unit_id,
                year=int(row["year"]),
                outcome=row["outcome"],
                evidence=_evidence(row),
                reasons=(*_figures(row), *approved_beside(row, beside)),
            )
        )
    return verdicts


def _evidence(row: pd.Series) -> tuple[Evidence, ...]:
    found = [Evidence(TABLE, tuple(row["project_ids"]))] if row["project_ids"] else []
    by_code: dict[str, list[str]] = {}
    for project_id, code in row["open_points"]:
        by_code.setdefault(code, []).append(project_id)
    found += [
        Evidence(TABLE, tuple(rows), say(code, count=len(rows))) for code, rows in by_code.items()
    ]
    return tuple(found)


def _figures(row: pd.Series) -> list[Statement]:
    if pd.isna(row["share_low"]):
        return [say("projects_none_landed", open_count=len(row["open_points"]))]
    said = [say("projects_count", inside=int(row["inside"]), total=int(row["total"]))]
    if pd.isna(row["share"]):
        said.append(
            say(
                "projects_open", low_share=float(row["share_low"]),
                high_share=float(row["share_high"]), open_count=len(row["open_points"]),
            )
        )  # fmt: skip
    if not pd.isna(row["investment_share"]):
        said.append(say("projects_by_investment", investment_share=float(row["investment_share"])))
    return said
