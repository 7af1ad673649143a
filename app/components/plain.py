"""How text that may come from data is shown as text, never as markup."""

import re

import streamlit as st

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-!|<>~$:&])")


def as_text(sentence: str) -> str:
    r"""Take away the meaning that a sentence's characters have as markup.

    Parameters
    ----------
    sentence
        A sentence with names, paths or values from data in it.

    Returns
    -------
    str
        Markdown that shows exactly this sentence.

    Examples
    --------
    >>> as_text("[x](http)")
    '\\[x\\]\\(http\\)'
    """
    return SPECIAL.sub(r"\\\1", sentence)


def say_lines(lines: tuple[str, ...]) -> None:
    """Show sentences one below the other."""
    for line in lines:
        st.markdown(as_text(line))
