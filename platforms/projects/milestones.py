"""The nodes of a project with their planned and actual days, each under a light (C7).

Plans are events of the ledger: the last one entered for a node counts. The documents name the
nodes; planned days and lights are the product's, under the assumption ``node_lights``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from platforms.policy.dated import PolicySet
from platforms.projects.dossiers import first_days
from platforms.projects.rows import Row, text_of

PLANNED = "node_planned"
LIGHTS = "node_lights"
Light = Literal["green", "yellow", "red", "grey"]


@dataclass(frozen=True)
class Node:
    """One node of a project.

    Attributes
    ----------
    kind
        Kind of event that reaches it.
    planned_on, done_on
        Planned and actual day (ISO), None where there is none.
    light
        ``green`` done, or planned for later; ``yellow`` due within the days of notice, or done
        after its day; ``red`` overdue; ``grey`` neither done nor planned: nothing is known.
    days
        Days until the planned day; negative: overdue, or done so much later. None without a plan.
    """

    kind: str
    planned_on: str | None
    done_on: str | None
    light: Light
    days: int | None


def planned_days(events: Sequence[Row]) -> dict[str, str]:
    """Give the planned day (ISO) of each node, by the plan entered last.

    Parameters
    ----------
    events
        Events of one project by the as-of date, in the order in which they happened.

    Returns
    -------
    dict
        By kind of event.
    """
    plans = [one for one in events if one["event_kind"] == PLANNED]
    found = {}
    for one in sorted(plans, key=lambda event: int(event["entry_seq"])):
        kind, day = text_of(one, "planned_kind"), text_of(one, "planned_on")
        if kind is not None and day is not None:
            found[kind] = day
    return found


def nodes_of(events: Sequence[Row], kinds: Sequence[str], policy: PolicySet) -> tuple[Node, ...]:
    """Give the nodes of a project in order.

    Parameters
    ----------
    events
        Events of one project by the as-of date, in the order in which they happened.
    kinds
        The nodes: those of a stage model.
    policy
        Rules on the as-of date; ``node_lights`` states the days of notice.

    Returns
    -------
    tuple of Node
        One each.
    """
    done, plans = first_days(events), planned_days(events)
    notice = int(policy.setting_number(LIGHTS, "notice_days"))
    return tuple(
        _node(kind, plans.get(kind), done.get(kind), policy.as_of, notice) for kind in kinds
    )


def _node(kind: str, planned: str | None, done: str | None, as_of: str, notice: int) -> Node:
    if planned is None:
        return Node(kind, None, done, "grey" if done is None else "green", None)
    days = (date.fromisoformat(planned) - date.fromisoformat(done or as_of)).days
    if done is not None:
        return Node(kind, planned, done, "green" if days >= 0 else "yellow", days)
    light: Light = "red" if days < 0 else "yellow" if days <= notice else "green"
    return Node(kind, planned, None, light, days)
