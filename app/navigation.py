"""Which pages there are: sections of the navigation, each page by the name of its file."""

FIRST = "start"
SECTIONS = {
    "workspace": ((FIRST, "home"), ("overview", "traffic"), ("map", "map")),
    "work": (("blocks", "grid_view"), ("match", "location_on"), ("placement", "scatter_plot")),
    "rules": (
        ("shares", "pie_chart"),
        ("consolidate", "hub"),
        ("per_mu", "show_chart"),
        ("checks", "balance"),
        ("targets", "flag"),
    ),
    "steps": (
        ("projects", "assignment"),
        ("scenarios", "alt_route"),
        ("invest", "storefront"),
    ),
    "data": (("data", "database"), ("policy", "gavel"), ("about", "info")),
}
"""Sections in the order of a planner's day; each page by the name of its file, with its icon."""
ALWAYS = (FIRST, "about")
"""Pages that need no workspace."""
