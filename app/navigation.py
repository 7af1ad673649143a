"""Which pages there are: sections of the navigation, each page by the name of its file."""

FIRST = "start"
SECTIONS = {
    "workspace": ((FIRST, "home"), ("overview", "traffic"), ("map", "map")),
    "work": (
        ("blocks", "grid_view"),
        ("match", "location_on"),
        ("placement", "scatter_plot"),
        ("checks", "balance"),
        ("targets", "flag"),
        ("projects", "assignment"),
        ("consolidate", "hub"),
        ("scenarios", "alt_route"),
        ("invest", "storefront"),
    ),
    "data": (("data", "database"),),
}
"""Sections in their order; each page by the name of its file, with its icon."""
