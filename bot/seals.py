"""Seals what nobody is to read from a copy of the database, with keys from the deployment's secret.

What is sealed is padded first, so that its length tells nothing. A ballot is sealed to the key pair
of its wave (libsodium's sealed box: whoever seals cannot open again); everything else with a key
that is derived from the secret for its purpose (libsodium's secret box, BLAKE2b).
"""

from __future__ import annotations

from nacl.encoding import HexEncoder, RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from nacl.utils import random

from bot.errors import ConfigurationError

#: A random number that nobody guesses and that comes once, in bytes.
ID = 16

#: BLAKE2b takes no longer key; a longer secret is hashed to one.
_LONGEST_KEY = 64


class Seals:
    """What only this deployment can open: whoever has the database alone cannot."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is the deployment's, of any length."""
        self._secret = (
            secret if len(secret) <= _LONGEST_KEY else blake2b(secret, encoder=RawEncoder)
        )

    def seal(self, content: bytes, purpose: str, *, size: int, with_key: bytes = b"") -> bytes:
        """Seals bytes for a purpose, padded to a multiple of `size` bytes.

        What is sealed `with_key` cannot be opened once that key is destroyed.
        """
        return bytes(self._box(purpose, with_key).encrypt(padded(content, size)))

    def open(self, sealed: bytes, purpose: str, *, with_key: bytes = b"") -> bytes:
        """What was sealed for that purpose, with that key.

        Raises `ConfigurationError` when the secret is not the one that it was sealed with.
        """
        try:
            return unpadded(self._box(purpose, with_key).decrypt(sealed))
        except CryptoError:
            raise ConfigurationError(
                "What was sealed cannot be opened: DESKPULSE_SECRET is not the one of before.",
                "Set it to the earlier value in every process.",
            ) from None

    def mark(self, name: str, purpose: str) -> str:
        """A name that only this deployment can make from somebody's id: the same each time."""
        made = blake2b(name.encode(), key=self._key(purpose), digest_size=ID, encoder=HexEncoder)
        return made.decode()

    def _box(self, purpose: str, with_key: bytes) -> SecretBox:
        key = self._key(purpose)
        if with_key:
            key = blake2b(with_key, key=key, digest_size=SecretBox.KEY_SIZE, encoder=RawEncoder)
        return SecretBox(key)

    def _key(self, purpose: str) -> bytes:
        made = blake2b(
            purpose.encode(),
            key=self._secret,
            digest_size=SecretBox.KEY_SIZE,
            encoder=RawEncoder,
        )
        return bytes(made)


def random_id() -> str:
    """A name that says nothing, not even what was before what."""
    return random(ID).hex()


def new_key() -> bytes:
    """A key for `Seals.seal(…, with_key=…)`, to be destroyed one day."""
    return random(SecretBox.KEY_SIZE)


def new_pair() -> tuple[bytes, bytes]:
    """A public key, with which ballots are sealed, and the private one that opens them."""
    private = PrivateKey.generate()
    return bytes(private.public_key), bytes(private)


def seal_to(public: bytes, content: bytes, *, size: int) -> bytes:
    """Seals bytes so that only the private key opens them; always `size` + 49 bytes long.

    Raises `ValueError` when the content does not fit.
    """
    if len(content) >= size:
        raise ValueError(f"{len(content)} bytes do not fit into {size}")
    return bytes(SealedBox(PublicKey(public)).encrypt(padded(content, size)))


def open_with(private: bytes, sealed: bytes) -> bytes:
    """What was sealed to the public key of a private one. Raises `ValueError` where it was not."""
    try:
        return unpadded(SealedBox(PrivateKey(private)).decrypt(sealed))
    except CryptoError:
        raise ValueError("it was not sealed to this key") from None


def padded(content: bytes, size: int) -> bytes:
    """The content, a byte 0x80 and zeros, up to the next multiple of `size` (ISO/IEC 7816-4)."""
    marked = content + b"\x80"
    return marked + bytes(-len(marked) % size)


def unpadded(content: bytes) -> bytes:
    return content.rstrip(b"\x00")[:-1]
