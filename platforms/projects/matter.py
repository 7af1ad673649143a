"""Whether two projects are the same investor and the same content (S14), or may be."""

from typing import Literal

from platforms.projects.rows import Row, text_of

Likeness = Literal["same", "near", "other"]


def likeness(one: Row, other: Row, digits: int) -> Likeness:
    """Say whether two projects are of one investor and content.

    Parameters
    ----------
    one, other
        Rows of ``projects``.
    digits
        Digits of the industry code that must agree (pack, S14).

    Returns
    -------
    str
        ``same`` where both agree for certain, ``near`` where one of them only seems to agree:
        such a pair is for a person to look at.

    Notes
    -----
    S14: same investor = same credit code or controller; same content = same four-digit industry
    and main product. The same name without the code, the same product under another industry, the
    same industry with another or no product are near.
    """
    investor = same_investor(one, other)
    content = same_content(one, other, digits)
    if "other" in (investor, content):
        return "other"
    return "same" if investor == content == "same" else "near"


def same_investor(one: Row, other: Row) -> Likeness:
    """Say whether two projects have one investor: by credit code, controller, then by name.

    A firm and its controller (实际控制人、母公司), and two firms of one controller, are one.
    """
    codes = [text_of(row, "credit_code") for row in (one, other)]
    names = [plain_name(text_of(row, "investor_name")) for row in (one, other)]
    if None not in codes:
        if codes[0] == codes[1]:
            return "same"
        heads = [text_of(row, "parent_credit_code") for row in (one, other)]
        if {codes[0], heads[0]} & {codes[1], heads[1]} - {None}:
            return "same"
        if None not in heads:
            return "other"
    return "near" if names[0] is not None and names[0] == names[1] else "other"


def same_content(one: Row, other: Row, digits: int) -> Likeness:
    """Say whether two projects have one content: by industry and main product."""
    schemes = {text_of(row, "industry_scheme") for row in (one, other)} - {None}
    classes = [_class(row, digits) for row in (one, other)]
    # codes of two editions mean different things and can't be compared
    industry = None if len(schemes) > 1 else _agree(*classes)
    product = _agree(*(plain_name(text_of(row, "product")) for row in (one, other)))
    if industry and product:
        return "same"
    if industry is False and product is False:
        return "other"
    # one of the two may be written otherwise or not at all; both missing tell nothing apart
    return "near"


def _agree(one: str | None, other: str | None) -> bool | None:
    return None if one is None or other is None else one == other


def _class(row: Row, digits: int) -> str | None:
    """Give the industry code to so many digits; a shorter one doesn't say which class it is."""
    code = (text_of(row, "industry_code") or "").upper().lstrip("ABCDEFGHIJKLMNOPQRST")
    return code[:digits] if len(code) >= digits else None


def plain_name(text: str | None) -> str | None:
    """Give a name without what people write differently: blanks, brackets, case.

    Parameters
    ----------
    text
        The name, None where there is none.

    Returns
    -------
    str or None
        The signs that tell it apart, None where nothing is left.

    Examples
    --------
    >>> plain_name("甲（中国） Co.")
    '甲中国co'
    """
    if text is None:
        return None
    plain = "".join(sign for sign in text.casefold() if sign.isalnum())
    return plain or None
