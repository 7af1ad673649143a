"""Which coordinate system the header of a survey text and its eastings state."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pyproj import CRS
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import TransverseMercatorConversion
from pyproj.crs.coordinate_system import Cartesian2DCS

from layers.errors import LayerError
from layers.exchange.evidence import Evidence, found

Datum = Literal["CGCS2000", "Xian80", "Beijing54", "WGS84"]

FIRST_NARROW_ZONE = 25
"""Zones of 3° over China are numbered 25–45, those of 6° 13–23: the number tells the width."""

_GEOGRAPHIC: dict[Datum, int] = {
    "CGCS2000": 4490, "Xian80": 4610, "Beijing54": 4214, "WGS84": 4326,
}  # fmt: skip
# First EPSG code of each family: 3° with zone, 3° without (both from zone 25), 6° with, 6° without
# (both from zone 13).
_FAMILIES: dict[Datum, tuple[int, int, int, int]] = {
    "CGCS2000": (4513, 4534, 4491, 4502),
    "Xian80": (2349, 2370, 2327, 2338),
    "Beijing54": (2401, 2422, 21413, 21453),
}


@dataclass(frozen=True)
class Stated:
    """What a header says of its coordinates.

    Attributes
    ----------
    datum
        The datum it names, None where it names none or one that isn't known.
    datum_text
        The words it uses.
    zone
        Number of the zone, None where none is stated.
    width
        Degrees of a zone as stated, None where not.
    is_gauss
        False where another projection than Gauss-Krüger is named.
    unit
        ``metre``, ``degree``, or None where none is stated.
    parameters
        The parameters of a transformation as stated, empty where there are none.
    """

    datum: Datum | None
    datum_text: str
    zone: int | None
    width: float | None
    is_gauss: bool
    unit: Literal["metre", "degree"] | None
    parameters: str


def stated_in(header: Mapping[str, str], path: str) -> Stated:
    """Read what a header says of its coordinates.

    Parameters
    ----------
    header
        Keys and values as they stand.
    path
        Name of the file, for messages.

    Returns
    -------
    Stated
        What is stated.

    Raises
    ------
    LayerError
        ``txt_unit_unknown`` for another unit than metres and degrees.
    """
    values = {_plain(key): _plain(value) for key, value in header.items()}
    text = values.get("坐标系", values.get("坐标系统", ""))
    projection = values.get("投影类型", values.get("投影", ""))
    parameters = values.get("转换参数", "")
    return Stated(
        _datum(text), header.get("坐标系", text), _zone(values.get("带号", "")),
        _first_number(values.get("几度分带", values.get("分带", ""))),
        not projection or "高斯" in projection or "gauss" in projection or projection == "tm",
        _unit(values.get("计量单位", values.get("单位", "")), path),
        parameters if parameters.strip(",，0. ") else "",
    )  # fmt: skip


def crs_of(
    stated: Stated, zone_in_front: int, is_geographic: bool
) -> tuple[CRS | None, tuple[Evidence, ...]]:
    """Decide the coordinate system of a survey text.

    Parameters
    ----------
    stated
        What its header says.
    zone_in_front
        Zone in front of its eastings, 0 where there is none.
    is_geographic
        True where its numbers are degrees.

    Returns
    -------
    crs, evidence
        None where header and numbers leave it open, with what is missing.

    Notes
    -----
    A header that names another zone than stands in front of the eastings is taken at its word:
    the shapes then lie elsewhere, and placing them refuses that or asks.
    """
    notes = []
    if stated.parameters:
        notes.append(found("txt_parameters_unused", parameters=stated.parameters[:80]))
    if stated.unit is not None and (stated.unit == "degree") != is_geographic:
        notes.append(found("txt_unit_contradicts"))
    if stated.datum is None:
        code = "txt_system_unknown" if stated.datum_text else "txt_system_missing"
        return None, (*notes, found(code, system=stated.datum_text, zone=zone_in_front or None))
    if is_geographic:
        return CRS(_GEOGRAPHIC[stated.datum]), tuple(notes)
    if not stated.is_gauss:
        return None, (*notes, found("txt_projection_unknown"))
    zone = stated.zone or zone_in_front or None
    if zone_in_front and zone != zone_in_front:
        notes.append(found("txt_zone_contradicts", stated=zone, in_front=zone_in_front))
    if zone is None:
        return None, (*notes, found("txt_zone_missing", system=stated.datum_text))
    width = 3 if zone >= FIRST_NARROW_ZONE else 6
    if stated.width not in {None, float(width)}:
        notes.append(found("txt_width_contradicts", stated=stated.width, zone=zone, width=width))
    return gauss_kruger(stated.datum, zone, has_zone=bool(zone_in_front)), tuple(notes)


def gauss_kruger(datum: Datum, zone: int, *, has_zone: bool) -> CRS:
    """Give the Gauss-Krüger system of a zone.

    Parameters
    ----------
    datum
        Its datum.
    zone
        13–23 (6°) or 25–45 (3°).
    has_zone
        True where eastings carry the zone in front.

    Returns
    -------
    CRS
        The system.

    Examples
    --------
    >>> gauss_kruger("CGCS2000", 40, has_zone=True).to_epsg()
    4528
    >>> gauss_kruger("CGCS2000", 40, has_zone=False).to_epsg()
    4549
    >>> gauss_kruger("Xian80", 20, has_zone=True).name
    'Xian 1980 / Gauss-Kruger zone 20'
    """
    narrow = zone >= FIRST_NARROW_ZONE
    if datum in _FAMILIES:
        family = _FAMILIES[datum]
        first = family[(0 if narrow else 2) + (not has_zone)]
        return CRS(first + zone - (FIRST_NARROW_ZONE if narrow else 13))
    middle = zone * 3 if narrow else zone * 6 - 3
    return ProjectedCRS(
        name=f"WGS 84 / Gauss-Kruger CM {middle}E",
        geodetic_crs=CRS(_GEOGRAPHIC[datum]),
        conversion=TransverseMercatorConversion(
            longitude_natural_origin=middle,
            false_easting=500_000 + (zone * 1_000_000 if has_zone else 0),
        ),
        cartesian_cs=Cartesian2DCS(),
    )


def zone_of(crs: CRS) -> tuple[Datum, int, bool] | None:
    """Tell which Gauss-Krüger system of the tables a system is.

    Parameters
    ----------
    crs
        Any system.

    Returns
    -------
    datum, zone, has_zone
        As ``gauss_kruger`` takes them; None where it is none of these.

    Examples
    --------
    >>> zone_of(CRS(4549)), zone_of(CRS(2364)), zone_of(CRS(3857))
    (('CGCS2000', 40, False), ('Xian80', 40, True), None)
    """
    code = crs.to_epsg(min_confidence=70)
    if code is None:
        return None
    for datum, families in _FAMILIES.items():
        for position, first in enumerate(families):
            start, last = (FIRST_NARROW_ZONE, 45) if position < 2 else (13, 23)
            if 0 <= code - first <= last - start:
                return datum, start + code - first, position % 2 == 0
    return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _datum(text: str) -> Datum | None:
    if "2000" in text or "cgcs" in text:
        return "CGCS2000"
    if "80" in text or "西安" in text:
        return "Xian80"
    if "54" in text or "北京" in text:
        return "Beijing54"
    return "WGS84" if re.search(r"wgs[\s_-]*(19)?84", text) else None


def _zone(text: str) -> int | None:
    match = re.fullmatch(r"(?:第)?([0-9]{2})(?:\.0*)?(?:度?带|号带)?", text)
    if match is None:
        return None
    zone = int(match[1])
    return zone if 13 <= zone <= 23 or FIRST_NARROW_ZONE <= zone <= 45 else None


def _first_number(text: str) -> float | None:
    words = {"三": 3.0, "六": 6.0}
    match = re.match(r"[0-9]{1,2}(?:\.[0-9]{1,3})?", text)
    return float(match[0]) if match else words.get(text[:1])


def _unit(text: str, path: str) -> Literal["metre", "degree"] | None:
    if not text:
        return None
    if text in {"米", "m", "meter", "metre", "meters", "metres"}:
        return "metre"
    if text in {"度", "degree", "degrees", "°", "十进制度"}:
        return "degree"
    raise LayerError("txt_unit_unknown", path=path, unit=text[:20])
