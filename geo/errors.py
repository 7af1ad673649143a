"""The one family tree of errors: a code and named values, put into words only in ``app``."""

from collections.abc import Mapping

Value = str | int | float | bool | None


class MuPlanError(Exception):
    """Something the user gave or asked for cannot be done.

    Parameters
    ----------
    code
        Key of the sentence in the message catalogue.
    **values
        The named values that the sentence mentions; a test holds them against the catalogue.

    Examples
    --------
    >>> error = MuPlanError("file_missing", path="地块.shp")
    >>> error.code, dict(error.values)
    ('file_missing', {'path': '地块.shp'})
    """

    def __init__(self, code: str, /, **values: Value) -> None:
        super().__init__(code, values)
        self.code = code
        self.values: Mapping[str, Value] = values


class GeometryError(MuPlanError):
    """A shape, a raster or a coordinate system cannot be used for the question asked."""
