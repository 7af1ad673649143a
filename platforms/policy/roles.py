"""Which units a rule speaks of, by the roles that its pack states."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from platforms.policy.in_force import PolicySet
from platforms.policy.pack import Role, Rule
from platforms.policy.verdict import Statement, say


@dataclass(frozen=True)
class Addressed:
    """The units that a rule speaks of.

    ``unit_ids``: Their ids.
    ``lacking``: What is wrong with a role: nobody carries it, or two units where one may; None
      where nothing is.
    """

    unit_ids: frozenset[str]
    lacking: Statement | None


def carriers(units: pd.DataFrame, role: Role) -> tuple[str, ...]:
    """List the units that carry a role, in the order of the layer."""
    return tuple(
        str(unit_id)
        for unit_id, name in zip(units["unit_id"], units["name"], strict=True)
        if role.is_carried_by(str(unit_id), name if isinstance(name, str) else None)
    )


def fault_of(units: pd.DataFrame, role: Role) -> Statement | None:
    """Say what is wrong with a role: no unit carries it, or two where one alone may."""
    of_role = carriers(units, role)
    names = "、".join((*role.names, *role.codes))
    if not of_role:
        return say("role_nobody", role=role.title, names=names)
    if role.is_single and of_role[1:]:
        return say("role_twice", role=role.title, unit_ids="、".join(of_role))
    return None


def addressed_units(units: pd.DataFrame, rule: Rule, policy: PolicySet) -> Addressed:
    """Return the units that a rule speaks of by its roles: all where it names none.

    ``units``: Layer ``units``.
    """
    every = frozenset(map(str, units["unit_id"]))
    chosen = _of_roles(units, rule.roles, policy) if rule.roles else every
    left_out = _of_roles(units, rule.roles_except, policy)
    roles = [policy.pack.roles[name] for name in (*rule.roles, *rule.roles_except)]
    faults = (fault_of(units, role) for role in roles)
    return Addressed(chosen - left_out, next((fault for fault in faults if fault), None))


def _of_roles(units: pd.DataFrame, names: Iterable[str], policy: PolicySet) -> frozenset[str]:
    return frozenset(
        unit_id for name in names for unit_id in carriers(units, policy.pack.roles[name])
    )
