"""Which columns of the ledger other units may see (知晓范围, C10); all others are its unit's own.

What stands here is open to every unit once a project is registered; a column that isn't named,
also a foreign one, stays with the unit that has the project on file and with the city.
"""

from types import MappingProxyType

OPEN_STAGES = ("registered", "started", "in_production")
"""Stages at which units no longer compete for a project; before, it is only known to exist."""

OPEN_COLUMNS = MappingProxyType({
    "projects": (
        "project_id", "name", "unit_id", "category", "industry_code", "industry_scheme",
        "is_expansion", "investment_yi_yuan", "investment_yi_usd", "stage", "start_planned_on",
        "started_on", "platform_id", "parcel_ids", "project_code", "phase_of", "project_class",
        "is_fortune_500", "is_frontier", "is_representative", "is_mid_high_end", "is_flagship",
        "is_landmark", "reserve_level",
    ),
    "project_events": (
        "event_id", "project_id", "event_kind", "event_on", "entered_at", "entry_seq", "unit_id",
        "exit_reason", "planned_kind", "planned_on", "corrects", "corrected_on",
        "previous_sha256", "row_sha256",
    ),
})  # fmt: skip
"""Columns of a registered project and of its events that every unit may see."""

COMPARED_COLUMNS = (
    "project_id", "unit_id", "investor_name", "credit_code", "parent_credit_code",
    "industry_code", "industry_scheme", "product", "parcel_ids", "phase_of",
    "stage", "category", "investment_yi_yuan", "investment_yi_usd",
)  # fmt: skip
"""What two projects are compared by; who looks at the answer sees none of it."""
