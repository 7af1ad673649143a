"""Errors of the planning domain."""

from geo.errors import MuPlanError
from geo.strict_yaml import Fault


class PlanningError(MuPlanError):
    """A question of planning cannot be answered as asked."""


class PolicyError(MuPlanError):
    """A policy pack is not well formed."""


def pack_error(fault: Fault) -> PolicyError:
    """Make the error of a fault in a policy pack, or in a scheme or table read like one.

    ``pack_`` and the code of the fault, with pack and line.
    """
    return PolicyError(f"pack_{fault.code}", pack=fault.source, line=fault.line, **fault.values)
