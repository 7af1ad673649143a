"""How a text gets into the map's page as text, whatever is written in it."""

from html import escape


def markup(text: str) -> str:
    """Turn a text into HTML that shows it.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        HTML without ``{`` besides: folium reads its finished scripts as templates once more, and
        a template can run code on the server.

    Examples
    --------
    >>> markup("<b>{{ name }}")
    '&lt;b&gt;&#123;&#123; name }}'
    """
    return escape(text).replace("{", "&#123;")
