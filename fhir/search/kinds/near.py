"""Places near a point: `near=latitude|longitude|distance|units` (https://hl7.org/fhir/R4/location.html#search)."""

import math
from dataclasses import dataclass
from typing import Any

from fhir.search.kinds.setting import BadValue, Setting

_UNITS = {"": 1.0, "km": 1.0, "m": 0.001, "[mi_i]": 1.609344, "mi": 1.609344}
_USUAL = 50.0
_RADIUS = 6371.0
_WRITTEN = "A place is written as latitude|longitude|distance|unit, the unit one of km, m and [mi_i]."


@dataclass(frozen=True, slots=True)
class Near:
    """A point in degrees and how far from it, in kilometres."""

    latitude: float
    longitude: float
    distance: float


def read(value: str, _setting: Setting) -> Near:
    """Return the point and distance; raise BadValue when there is none on this earth."""
    parts = value.split("|")
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
        far = float(parts[2]) if len(parts) > 2 and parts[2] else _USUAL
        unit = _UNITS[parts[3] if len(parts) > 3 else ""]
    except (ValueError, IndexError, KeyError):
        raise BadValue(_WRITTEN) from None
    if len(parts) > 4 or not (abs(latitude) <= 90 and abs(longitude) <= 180 and 0 <= far < math.inf):
        raise BadValue(_WRITTEN)
    return Near(latitude, longitude, far * unit)


def fits(element: Any, asked: Near, _setting: Setting) -> bool:
    """Tell whether a position is within the distance, as a bird flies."""
    if not isinstance(element, dict):
        return False
    latitude, longitude = element.get("latitude"), element.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return False
    one, two = math.radians(latitude), math.radians(asked.latitude)
    turn = math.radians(longitude - asked.longitude)
    half = math.sin((one - two) / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(turn / 2) ** 2
    return 2 * _RADIUS * math.asin(math.sqrt(min(1.0, half))) <= asked.distance
