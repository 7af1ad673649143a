"""The sign of a verdict: by shape as well as colour, and by the force of the rule's wording.

A missed target or guidance is never red: red is for what a mandatory rule forbids.
"""

from platforms.verdict import Verdict

LIGHTS = {"good": "🟢", "amber": "🟠", "bad": "🔴", "below": "🔷", "unknown": "⚪"}


def light(verdict: Verdict) -> str:
    """Give the sign of a verdict."""
    if verdict.outcome in ("no_data", "not_applicable"):
        return LIGHTS["unknown"]
    if verdict.outcome == "met":
        return LIGHTS["good"]
    return {"mandatory": LIGHTS["bad"], "principle": LIGHTS["amber"]}.get(
        verdict.force, LIGHTS["below"]
    )
