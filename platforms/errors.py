"""Errors of the planning domain."""

from geo.errors import MuPlanError


class PlanningError(MuPlanError):
    """A question of planning cannot be answered as asked."""


class PolicyError(MuPlanError):
    """A policy pack is not well formed."""
