"""Age in whole years."""

from datetime import date


def years(born: date, on: date) -> int:
    """Return the birthdays passed until a local day; somebody born on 29 February has one on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
