"""How a name sounds, roughly, be it in Latin, Greek or Cyrillic letters: Γιάννης, Giannis, Yannis.

In many teams names are kept in Latin letters and written in one's own.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: The shortest sound that tells somebody from others.
_SHORTEST = 3

_LATIN, _GREEK, _CYRILLIC = (re.compile(f"[{letters}]+") for letters in ("a-z", "α-ω", "а-яієґ"))

_GREEK_PAIRS = (("ου", "u"), ("ει", "i"), ("οι", "i"), ("αι", "e"), ("μπ", "b"), ("ντ", "d"))
_LETTERS = (
    str.maketrans("αβγδεζηικλμνοπρστυφχω", "avgdeziiklmnoprstifho")
    | str.maketrans({"θ": "t", "ξ": "ks", "ψ": "ps"})
    | str.maketrans("абвгґдежзиіклмнопрстуфхчшщыэє", "abvggdezziiklmnoprstufhhssiee")
    | str.maketrans({"ц": "ts", "ю": "iu", "я": "ia", "ъ": "", "ь": ""})
)
#: Latin letters, in this order: what is written in several ways is written in one.
_WAYS = (
    *(("ou", "u"), ("oo", "u"), ("ee", "i"), ("y", "i"), ("j", "i"), ("ei", "i"), ("ai", "e")),
    *(("ph", "f"), ("th", "t"), ("kh", "h"), ("ch", "h"), ("sh", "s"), ("zh", "z"), ("gh", "g")),
    *(("mp", "b"), ("nt", "d"), ("gk", "g"), ("ng", "g"), ("ck", "k"), ("c", "k"), ("q", "k")),
    *(("w", "v"), ("x", "ks")),
)
_DOUBLED = re.compile(r"(.)\1+")
_BEGINNING = re.compile("^g?i(?=[aou])")
_ENDING = re.compile("[aeiou]*s?$")


def script(text: str) -> str:
    """In which of the three scripts a folded word is; empty for others and for mixed ones."""
    kinds = {"Latn": _LATIN, "Grek": _GREEK, "Cyrl": _CYRILLIC}
    return next((name for name, letters in kinds.items() if letters.fullmatch(text)), "")


@lru_cache(maxsize=16_384)
def sound(text: str) -> str:
    """How a folded word sounds without its ending; empty where that is too short to tell anything."""
    if not script(text):
        return ""
    spelled = text
    for letters, one in _GREEK_PAIRS:
        spelled = spelled.replace(letters, one)
    spelled = spelled.translate(_LETTERS)
    for letters, one in _WAYS:
        spelled = spelled.replace(letters, one)
    spelled = _BEGINNING.sub("i", _DOUBLED.sub(r"\1", spelled))
    stem = _ENDING.sub("", spelled)
    return stem if len(stem) >= _SHORTEST else ""
