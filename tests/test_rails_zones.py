from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.rails_zones import zone_of


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("Athens", "Europe/Athens"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("Hong Kong", "Asia/Hong_Kong"),
        ("Samoa", "Pacific/Apia"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("Middle-earth", None),
        (None, None),
    ],
)
def test_a_zone_has_the_name_of_a_city(told: str | None, zone: str | None) -> None:
    assert zone_of(told) == zone


@pytest.mark.parametrize(
    "city", ["Quito", "Bern", "Kyiv", "Abu Dhabi", "Mumbai", "Astana", "Osaka", "Chatham Is."]
)
def test_what_it_gives_for_other_cities_is_a_zone(city: str) -> None:
    assert ZoneInfo(zone_of(city) or "").key
