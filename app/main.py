"""The router: sections and pages, the sidebar they share, one border for errors."""

import streamlit as st

from app.components.chart import font_face
from app.components.frame import sidebar, within_border
from app.navigation import ALWAYS, FIRST, SECTIONS
from app.routes import FONT_ROUTE, base_path
from app.session import open_path, take_language, words

# Streamlit keeps wide margins free, which lists and maps need.
ROOM = "<style>.stMainBlockContainer {padding: 2.5rem 2rem 3rem}</style>"


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
        page.run()

    within_border(whole)


main()
