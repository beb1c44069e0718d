"""What is sealed tells nothing without the secret, not even its length."""

from __future__ import annotations

import pytest

from bot.errors import ConfigurationError
from bot.seals import Seals, new_key, new_pair, open_with, padded, random_id, seal_to, unpadded

SEALS = Seals(b"a secret of the tests")


@pytest.mark.parametrize("content", [b"", b"x", b"\x80", b"a\x80\x00", b"\x00" * 9, b"y" * 400])
def test_what_was_sealed_is_opened_as_it_was(content: bytes) -> None:
    sealed = SEALS.seal(content, "tests", size=64)
    assert SEALS.open(sealed, "tests") == content
    assert unpadded(padded(content, 64)) == content


def test_the_same_is_sealed_differently_each_time_and_at_one_length() -> None:
    sealed = [SEALS.seal(content, "tests", size=256) for content in (b"", b"yes", b"n" * 255)]
    assert len({len(one) for one in sealed}) == 1
    assert SEALS.seal(b"yes", "tests", size=256) != SEALS.seal(b"yes", "tests", size=256)


@pytest.mark.parametrize(
    ("seals", "purpose", "key"),
    [
        (Seals(b"another secret"), "tests", b""),
        (SEALS, "something else", b""),
        (SEALS, "tests", b"with a key"),
        (Seals(b"x" * 200), "tests", b""),
    ],
)
def test_nothing_else_opens_it(seals: Seals, purpose: str, key: bytes) -> None:
    sealed = SEALS.seal(b"answer", "tests", size=64)
    with pytest.raises(ConfigurationError, match="DESKPULSE_SECRET"):
        seals.open(sealed, purpose, with_key=key)


def test_what_was_sealed_with_a_key_needs_that_key() -> None:
    key = new_key()
    sealed = SEALS.seal(b"U1", "address", size=64, with_key=key)
    assert SEALS.open(sealed, "address", with_key=key) == b"U1"
    with pytest.raises(ConfigurationError):
        SEALS.open(sealed, "address")
    with pytest.raises(ConfigurationError):
        SEALS.open(sealed, "address", with_key=new_key())


def test_all_of_a_long_secret_counts() -> None:
    one, other = Seals(b"x" * 100 + b"1"), Seals(b"x" * 100 + b"2")
    assert one.mark("U1", "marks") != other.mark("U1", "marks")


def test_a_mark_is_the_same_each_time_and_another_for_each_purpose() -> None:
    assert SEALS.mark("U1", "marks") == SEALS.mark("U1", "marks")
    told = {SEALS.mark(user, purpose) for user in ("U1", "U2") for purpose in ("a", "b")}
    assert len(told) == 4


def test_a_ballot_is_opened_by_its_key_alone() -> None:
    public, private = new_pair()
    sealed = seal_to(public, b"nine", size=128)
    assert len(sealed) == len(seal_to(public, b"", size=128))
    assert open_with(private, sealed) == b"nine"
    with pytest.raises(ValueError, match="not sealed to this key"):
        open_with(new_pair()[1], sealed)


def test_what_does_not_fit_into_a_ballot_is_not_sealed_longer() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        seal_to(new_pair()[0], b"x" * 128, size=128)


def test_a_random_name_never_comes_twice() -> None:
    assert len({random_id() for _ in range(1_000)}) == 1_000
