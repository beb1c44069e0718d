"""“You said, we did”: the note of what was done about a theme, and the question where it is missing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.locale import Reader
from bot.message import Message
from bot.slack.blocks import blocks_of, context, plain, section
from bot.slack.surveys.words import theme_label
from bot.surveys.survey import Kind, Theme


def noted(theme: Theme | None, text: str, reader: Reader) -> Message:
    """That a deed was noted, and where it will be read."""
    about = "" if theme is None else theme_label(reader, theme)
    told = reader.text("Noted: “{text}”", text=plain(text))
    if about:
        told = reader.text("Noted about “{theme}”: “{text}”", theme=about, text=plain(text))
    more = reader.text("Everybody reads it when they are asked next.")
    return Message(text=f"{told}\n{more}")


def missing(kind: Kind, themes: Sequence[Theme], reader: Reader) -> Message:
    """A month after a wave: nothing is noted yet about some of its themes; an eNPS has none."""
    told = reader.text(
        "A month ago your people told you how they are. Nothing is noted yet about what was done."
    )
    if themes:
        about = reader.listed(theme_label(reader, theme) for theme in themes)
        told = reader.text(
            "A month ago your people told you how they are. Nothing is noted yet about what was done "
            "about: {themes}.",
            themes=about,
        )
    example = f"/{kind} did {themes[0]}: …" if themes else f"/{kind} did …"
    hint = reader.text(
        "People answer honestly as long as something comes of it. Note it: {example}",
        example=f"`{example}`",
    )
    blocks = blocks_of(section(told, "deeds-missing"), context(hint, "deeds-hint"))
    return Message(text=told, blocks=blocks)
