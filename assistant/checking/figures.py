"""Numbers and dates as values, so that 1,500 and “fifteen hundred” are the same; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from assistant.checking.tables import MONTHS, ORDINALS, SMALL, TENS

_MONTH = f"(?:{'|'.join(MONTHS)})"
_DAYS = r"\d{1,2}(?:st|nd|rd|th)?(?:\s?(?:-|–|,|and|or|to)\s?\d{1,2}(?:st|nd|rd|th)?)*"
# Case matters: “May” is a month, and “may” is not.
DATE = rf"\b{_DAYS}\s{_MONTH}\b(?:,?\s\d{{4}})?|\b{_MONTH}\s{_DAYS}\b(?:,?\s\d{{4}})?"
DATE += rf"|\b{_MONTH}\b(?:\s\d{{4}})?"
NUMBER = r"(?:[€$£]\s?)?\d+(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th)?\b(?:\s?%)?"
_WORDS = {word: Decimal(n) for n, word in enumerate(SMALL)}
_WORDS |= {word: Decimal(10 * n) for n, word in enumerate(TENS, start=2)}
_ORDINAL = {word: Decimal(n) for n, word in enumerate(ORDINALS, start=2)}
_SCALES = {
    "hundred": Decimal(100),
    "thousand": Decimal(1_000),
    "million": Decimal(10**6),
    "billion": Decimal(10**9),
    "trillion": Decimal(10**12),
}
_UNITS = {
    "%": "%",
    "percent": "%",
    "€": "€",
    "euro": "€",
    "euros": "€",
    "$": "$",
    "dollar": "$",
    "dollars": "$",
    "£": "£",
    "pound": "£",
    "pounds": "£",
}
_YEARS = range(1000, 2101)


@dataclass(frozen=True, slots=True)
class Number:
    """A number; `unit` is %, a currency, "th" for an ordinal, or empty. `scaled` has a million."""

    value: Decimal
    unit: str = ""
    scale: Decimal = Decimal(1)

    @property
    def full(self) -> Decimal:
        """The value with its hundred, million or billion."""
        return self.value * self.scale

    @property
    def year(self) -> int | None:
        """The number as a year, where it can be one."""
        plain = not self.unit and self.scale == 1 and self.value == int(self.value)
        return int(self.value) if plain and int(self.value) in _YEARS else None

    def agrees(self, other: Number) -> bool:
        """Whether both are the same number, in the same unit where both have one."""
        units = {self.unit, other.unit} - {""}
        return self.full == other.full and len(units) < 2  # noqa: PLR2004 - one unit at most


@dataclass(frozen=True, slots=True)
class Date:
    """A date as far as it is said: days, month from 1, year."""

    days: frozenset[int]
    month: int
    year: int | None

    def within(self, other: Date) -> bool:
        """Whether the other date says all that this one says; a missing year is no quarrel."""
        return (
            self.days <= other.days
            and self.month == other.month
            and (self.year is None or other.year is None or self.year == other.year)
        )


def date_of(text: str) -> Date:
    """Read what `DATE` matched."""
    year = re.search(r"\d{4}", text)
    month = next(n for n, name in enumerate(MONTHS, start=1) if name in text)
    days = re.findall(r"(?<!\d)\d{1,2}(?!\d)", text)
    return Date(frozenset(map(int, days)), month, int(year[0]) if year else None)


def number_of(text: str) -> Number | None:
    """Read what `NUMBER` matched, or a number word; a lone “one” is mostly no number."""
    folded = text.casefold().strip()
    if folded in _ORDINAL:
        return Number(_ORDINAL[folded], "th")
    if folded in _WORDS:
        return Number(_WORDS[folded])
    if folded in _SCALES:
        return Number(Decimal(1), "", _SCALES[folded])
    unit = next((_UNITS[sign] for sign in "%€$£" if sign in folded), "")
    unit = "th" if re.search(r"\d(?:st|nd|rd|th)$", folded) else unit
    try:
        return Number(Decimal(re.sub(r"[^\d.]", "", folded)), unit)
    except InvalidOperation:
        return None


def unit_of(folded: str) -> str:
    """Give the unit that a word such as “euros” names, or an empty string."""
    return _UNITS.get(folded, "")


def joined(one: Number, other: Number) -> Number | None:
    """Join two neighbours to one number (“twenty” “one”, “2” “million”), or say that they are two.

    A scale may follow a scale: a hundred thousand.
    """
    if other.value == 1 and other.scale > 1:
        return Number(one.value, one.unit or other.unit, one.scale * other.scale)
    tens = one.value in {Decimal(10 * n) for n in range(2, 10)}
    if tens and one.scale == other.scale == 1 and 0 < other.value < 10 and not one.unit:  # noqa: PLR2004
        return Number(one.value + other.value, other.unit)
    return None
