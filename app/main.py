"""The router: sections and pages, the sidebar they share, one border for errors."""

import streamlit as st

from app.components.jobs import prepare_overview
from app.components.page import sidebar, warn_of_ledger, within_border
from app.routes import ALWAYS, FIRST, FONT, FONT_ROUTE, SECTIONS, base_path
from app.session import open_path, take_language, words

# Streamlit keeps wide margins free, which lists and maps need, and spaces the list of pages so
# wide that date and rules lie below the screen of a laptop.
ROOM = """<style>
.stMainBlockContainer {padding: 2.5rem 2rem 3rem}
.stMainBlockContainer h2 {font-size: 1.6rem; padding: 0.2rem 0}
.stMainBlockContainer h3 {font-size: 1.2rem; padding: 0.2rem 0}
[data-testid="stSidebarHeader"] {height: 1.6rem; min-height: 0; margin: 0; padding: 0.2rem 0.5rem}
[data-testid="stSidebarNavItems"] {padding: 0; margin: 0}
[data-testid="stSidebarNavItems"] > div {margin: 0 0 0.2rem; padding: 0}
[data-testid="stSidebarNavItems"] li {margin: 0}
[data-testid="stSidebarNavLink"] {margin: 0; padding: 0 0.5rem; min-height: 0; line-height: 1.5}
[data-testid="stNavSectionHeader"] {margin: 0; padding: 0.15rem 0.5rem 0; min-height: 0}
[data-testid="stSidebarNav"] + div, [data-testid="stSidebarNavSeparator"] {margin: 0.2rem 0}
[data-testid="stSidebarUserContent"] {padding: 0.2rem 1.2rem 1rem}
[data-testid="stSidebarUserContent"] h3 {padding: 0.4rem 0 1rem}
[data-testid="stSidebarUserContent"] [data-testid="stAlertContainer"] {padding: 0.3rem 0.6rem}
[data-testid="stMetricValue"] {font-size: 1.6rem}
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"] {gap: 0.4rem}
</style>"""


def font_face(address: str) -> str:
    """Tell the browser where the charts' font is."""
    return (
        f"<style>@font-face {{font-family: '{FONT}'; font-display: swap; "
        f"src: url('{address}') format('opentype')}}</style>"
    )


def main() -> None:
    """Show the page chosen; an error becomes one sentence, never a traceback."""
    take_language()
    text = words().text
    st.set_page_config(page_title=text("app_title"), page_icon="🗺️", layout="wide")
    sections = {
        text(f"section_{section}"): [
            st.Page(
                f"views/{name}.py",
                title=text(f"page_{name}"),
                icon=f":material/{icon}:",
                url_path=name,
                default=name == FIRST,
            )
            for name, icon in pages
            if name in ALWAYS or open_path() is not None
        ]
        for section, pages in SECTIONS.items()
    }  # fmt: skip
    page = st.navigation({name: pages for name, pages in sections.items() if pages}, expanded=True)
    st.html(ROOM + font_face(f"{base_path()}{FONT_ROUTE}"))

    def whole() -> None:
        sidebar()
        prepare_overview()
        warn_of_ledger()
        page.run()

    within_border(whole)


main()
