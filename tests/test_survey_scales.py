"""Every language of the bank has words for the numbers of a scale."""

from __future__ import annotations

import pytest

from bot.surveys.bank import languages
from bot.surveys.scales import scales


@pytest.mark.parametrize("language", languages())
def test_every_number_has_its_own_words_that_fit_a_button(language: str) -> None:
    words = scales(language)
    assert len(words.agreement) == len(set(words.agreement)) == 5
    assert words.likelihood[0] != words.likelihood[1]
    for told in (*words.agreement, *words.likelihood):
        assert told == told.strip()
        assert 0 < len(told) <= 40
