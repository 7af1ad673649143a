"""What a planner states of where a file's data lie."""

from dataclasses import dataclass
from typing import Literal, get_args

from geo.datum import SevenParameters, parse_parameters
from geo.nearest import nearest_name
from layers.errors import LayerError
from layers.exchange.recognise_crs import Axis

Shift = Literal["gcj02", "bd09", "none"]


@dataclass(frozen=True)
class PlaceStated:
    """What is stated of a file's place; None leaves it to the file and its numbers.

    Attributes
    ----------
    crs
        Coordinate system.
    axis
        ``xy`` where the first number is east, ``yx`` where it is north.
    datum
        ``dx,dy,dz,rx,ry,rz,ds``, the step from an older datum: metres, arc seconds, ppm.
    shift
        Shift of web maps in the data: ``gcj02``, ``bd09``, or ``none``.

    Raises
    ------
    LayerError
        ``axis_unknown``, ``shift_unknown``.
    GeometryError
        ``datum_parameters_bad``.
    """

    crs: str | None = None
    axis: str | None = None
    datum: str | None = None
    shift: str | None = None

    def __post_init__(self) -> None:
        """Refuse words that mean nothing here."""
        if self.axis is not None and self.axis not in get_args(Axis):
            raise LayerError("axis_unknown", axis=self.axis)
        if self.shift is not None and self.shift not in get_args(Shift):
            raise LayerError(
                "shift_unknown", shift=self.shift, nearest=nearest_name(self.shift, get_args(Shift))
            )
        if self.datum is not None:
            parse_parameters(self.datum)

    @property
    def parameters(self) -> SevenParameters | None:
        """The seven parameters, None where none are stated."""
        return None if self.datum is None else parse_parameters(self.datum)
