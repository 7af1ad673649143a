"""The sign of a verdict: by shape and word as well as colour, and by the force of the wording.

A missed target or guidance is never red: red is for what a mandatory rule forbids. The signs are
plain characters that every font has, and the colours can be told apart without seeing red or green.
"""

from platforms.verdict import Verdict

LIGHTS = {"good": "●", "amber": "▲", "bad": "✖", "below": "◆", "unknown": "○"}
COLOURS = {"●": "#00795A", "▲": "#A86500", "✖": "#C2272D", "◆": "#1F5FA8", "○": "#6B6B6B"}


def light(verdict: Verdict) -> str:
    """Give the sign of a verdict."""
    if verdict.outcome in ("no_data", "not_applicable"):
        return LIGHTS["unknown"]
    if verdict.outcome == "met":
        return LIGHTS["good"]
    return {"mandatory": LIGHTS["bad"], "principle": LIGHTS["amber"]}.get(
        verdict.force, LIGHTS["below"]
    )
