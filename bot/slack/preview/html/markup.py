"""Builds HTML in which every text is escaped, because nothing else can be built."""

from __future__ import annotations

from html import escape


class Markup(str):
    """HTML that is safe as it is: what `element` built, or a constant of ours."""

    __slots__ = ()


#: Elements without an end tag.
_VOID = frozenset({"br", "hr", "img", "input", "meta"})


def element(name: str, /, *children: str, **attributes: str | bool | None) -> Markup:
    """An element with its children; one that is no `Markup` is text and gets escaped.

    An underscore at an attribute's end is dropped and others become hyphens, so that
    `class_="x"` and `aria_label="y"` can be written. `None` and `False` leave an attribute out.
    """
    start = f"<{name}{''.join(map(_attribute, attributes, attributes.values()))}>"
    return Markup(start if name in _VOID else f"{start}{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """The children one after the other."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    )


def _attribute(name: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(value)}"'
