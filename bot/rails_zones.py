"""Time zones as Ruby on Rails names them, and with it several help desks: by a city.

https://api.rubyonrails.org/classes/ActiveSupport/TimeZone.html
"""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

#: Names that are not simply the city of a zone.
_NAMED = {
    "International Date Line West": "Etc/GMT+12",
    "Midway Island": "Pacific/Midway",
    "American Samoa": "Pacific/Pago_Pago",
    "Hawaii": "Pacific/Honolulu",
    "Alaska": "America/Juneau",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Mountain Time (US & Canada)": "America/Denver",
    "Arizona": "America/Phoenix",
    "Central Time (US & Canada)": "America/Chicago",
    "Saskatchewan": "America/Regina",
    "Guadalajara": "America/Mexico_City",
    "Central America": "America/Guatemala",
    "Eastern Time (US & Canada)": "America/New_York",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "Quito": "America/Lima",
    "Atlantic Time (Canada)": "America/Halifax",
    "Georgetown": "America/Guyana",
    "Newfoundland": "America/St_Johns",
    "Brasilia": "America/Sao_Paulo",
    "Buenos Aires": "America/Argentina/Buenos_Aires",
    "Greenland": "America/Godthab",
    "Mid-Atlantic": "Atlantic/South_Georgia",
    "Cape Verde Is.": "Atlantic/Cape_Verde",
    "Edinburgh": "Europe/London",
    "Bern": "Europe/Zurich",
    "West Central Africa": "Africa/Algiers",
    "Kyiv": "Europe/Kiev",
    "Kyev": "Europe/Kiev",
    "St. Petersburg": "Europe/Moscow",
    "Pretoria": "Africa/Johannesburg",
    "Kuwait": "Asia/Riyadh",
    "Abu Dhabi": "Asia/Muscat",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "Islamabad": "Asia/Karachi",
    "Chennai": "Asia/Kolkata",
    "Mumbai": "Asia/Kolkata",
    "New Delhi": "Asia/Kolkata",
    "Sri Jayawardenepura": "Asia/Colombo",
    "Astana": "Asia/Dhaka",
    "Hanoi": "Asia/Bangkok",
    "Beijing": "Asia/Shanghai",
    "Ulaanbaatar": "Asia/Ulaanbaatar",
    "Ulaan Bataar": "Asia/Ulaanbaatar",
    "Osaka": "Asia/Tokyo",
    "Sapporo": "Asia/Tokyo",
    "Canberra": "Australia/Canberra",
    "Solomon Is.": "Pacific/Guadalcanal",
    "New Caledonia": "Pacific/Noumea",
    "Marshall Is.": "Pacific/Majuro",
    "Wellington": "Pacific/Auckland",
    "Nuku'alofa": "Pacific/Tongatapu",
    "Tokelau Is.": "Pacific/Fakaofo",
    "Chatham Is.": "Pacific/Chatham",
    "Samoa": "Pacific/Apia",
}

_PARTS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def zone_of(name: str | None) -> str | None:
    """IANA's name of the zone; `None` for one that is not known here."""
    if name is None:
        return None
    if name in _NAMED:
        return _NAMED[name]
    return name if name in available_timezones() else _cities().get(name)


@cache
def _cities() -> dict[str, str]:
    zones = (zone.split("/") for zone in sorted(available_timezones()))
    return {
        parts[-1].replace("_", " "): "/".join(parts)
        for parts in zones
        if len(parts) == 2 and parts[0] in _PARTS
    }
