"""How the text of a file is encoded: stated, declared, or recognised by its bytes."""

import codecs
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from layers.errors import LayerError
from layers.exchange.readers.source import Evidence

_CHINESE = {"gbk", "gb2312", "gb18030"}
_BY_NUMBER = {"65001": "UTF-8", "936": "GB18030", "54936": "GB18030", "950": "Big5"}
_CUT = {"unexpected end of data", "incomplete multibyte sequence"}
TEXTS_READ = 500
COMMON_SHARE, CLEARLY = 0.8, 0.3
"""Plain Chinese has at least this share of common characters, and so much more than gibberish."""
_BY_LDID = {0x4D: "GB18030", 0x7A: "GB18030", 0x4F: "Big5", 0x78: "Big5"}


def known_encoding(text: str) -> str:
    """Read the name of an encoding as people and ``.cpg`` files write it.

    ``text``: ``GBK``, ``utf8``, ``936``, ``ANSI 936``, …

    Its usual name; all GB encodings are read as GB18030, which contains them.

    Raises LayerError: ``encoding_unknown``.

    >>> known_encoding("gbk"), known_encoding("ANSI 936"), known_encoding("utf8")
    ('GB18030', 'GB18030', 'UTF-8')
    """
    word = text.strip()
    number = re.fullmatch(r"(?:ansi|cp|ms|windows)?[ _-]?(\d{3,5})", word, re.IGNORECASE)
    if number and number[1] in _BY_NUMBER:
        return _BY_NUMBER[number[1]]
    try:
        name = codecs.lookup(word).name
        b"ab".decode(name)  # refuses codecs that aren't encodings of text
    except (LookupError, ValueError) as error:
        raise LayerError("encoding_unknown", encoding=text) from error
    if name in _CHINESE:
        return "GB18030"
    return {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "big5": "Big5"}.get(name, name)


def encoding_of_ldid(byte: int) -> str | None:
    """Give the encoding that byte 29 of a DBF declares.

    Only declarations of an East Asian encoding count: the others (0, and 0x57 "the system's own")
    stand on files of every encoding.

    The encoding, None where nothing is declared.
    """
    return _BY_LDID.get(byte)


def sniff(texts: Iterable[bytes]) -> str:
    """Recognise an encoding by the bytes themselves.

    ``texts``: Raw texts; one may end in the middle of a character, as full DBF fields do.

    ``ASCII`` where no byte has its high bit set, ``UTF-8`` where all such texts are valid UTF-8,
    ``GB18030`` otherwise.

    >>> sniff(["计划".encode("gbk")]), sniff(["计划".encode()]), sniff([b"plan"])
    ('GB18030', 'UTF-8', 'ASCII')
    """
    high = False
    for text in texts:
        if text.isascii():
            continue
        high = True
        if decode(text, "UTF-8") is None:
            return "GB18030"
    return "UTF-8" if high else "ASCII"


def likelier(texts: Sequence[bytes], declared: str) -> str | None:
    """Find the encoding that reads texts in common Chinese where the declared one gives gibberish.

    UTF-8 read as GBK or as Latin decodes without error, into rare characters or none that are
    Chinese: 计划 becomes 璁″垝.

    ``UTF-8`` or ``GB18030``, None where the declared one may be right.

    >>> likelier(["计划用地".encode()], "GB18030"), likelier(["计划用地".encode("gbk")], "GB18030")
    ('UTF-8', None)
    """
    telling = [text for text in texts if not text.isascii()][:TEXTS_READ]
    read = _commonness(telling, declared)
    for other in ("UTF-8", "GB18030"):
        if other == declared or read is None:
            continue
        share = _commonness(telling, other)
        if share is not None and share >= COMMON_SHARE and share - read >= CLEARLY:
            return other
    return None


def _commonness(texts: Sequence[bytes], encoding: str) -> float | None:
    """Give the share of common characters among those beyond ASCII, None where it doesn't fit."""
    common = total = 0
    for text in texts:
        decoded = decode(text, encoding)
        if decoded is None:
            return None
        for character in decoded:
            if character.isascii() or character == "�":
                continue
            total += 1
            common += _is_common(character)
    return common / total if total else None


def _is_common(character: str) -> bool:
    """Say whether a character is among the 3755 of level 1 of GB 2312, or its punctuation."""
    try:
        row = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= row <= 0xD7 or 0xA1 <= row <= 0xA3


def decode(text: bytes, encoding: str) -> str | None:
    """Decode a text, forgiving a last character that was cut.

    The text, its cut last character replaced by ``�``; None where the encoding doesn't fit.
    """
    try:
        return text.decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason not in _CUT or error.start == 0:
            return None
        return text[: error.start].decode(encoding) + "�"


def decode_file(path: Path, encoding: str | None) -> tuple[str, str, tuple[Evidence, ...]]:
    """Decode a text file: as stated, by its mark, as UTF-8, else as GB18030.

    ``encoding``: The stated encoding, None where none was.

    The text without mark, the encoding used, and what spoke for it.

    Raises LayerError: ``encoding_unknown``, ``encoding_wrong``, ``not_a_gis_file`` for bytes that
    are no text.
    """
    return decode_bytes(path.read_bytes(), path.name, encoding)


def decode_bytes(
    raw: bytes, name: str, encoding: str | None
) -> tuple[str, str, tuple[Evidence, ...]]:
    """Decode the bytes of a text file, as ``decode_file`` does.

    ``encoding``: The stated encoding, None where none was.

    The text without mark, the encoding used, and what spoke for it.

    Raises LayerError: As ``decode_file``.
    """
    marked = raw.startswith(b"\xef\xbb\xbf")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if encoding is not None:
        used, code = known_encoding(encoding), "encoding_stated"
    elif marked:
        used, code = "UTF-8", "encoding_by_mark"
    elif raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        used, code = "UTF-16", "encoding_by_mark"
    elif b"\x00" in raw[:4096]:
        raise LayerError("not_a_gis_file", path=name, format="text")
    else:
        used, code = _text_encoding(raw), "encoding_sniffed"
    try:
        return raw.decode(used), used, (Evidence.of(code, encoding=used),)
    except UnicodeDecodeError as error:
        if encoding is None:
            raise LayerError("not_a_gis_file", path=name, format="text") from error
        raise LayerError("encoding_wrong", path=name, encoding=used) from error


def _text_encoding(raw: bytes) -> str:
    try:
        raw.decode("UTF-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"
