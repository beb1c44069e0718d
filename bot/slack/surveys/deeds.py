"""“You said, we did”: the note of what was done about a theme, and the question where it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.locale import Reader
from bot.message import Message
from bot.slack.blocks import actions, blocks_of, button, context, plain, section
from bot.slack.surveys.words import theme_label
from bot.surveys.survey import Kind, Theme

#: The button that takes a note back; it hands back which.
TAKE_BACK = "survey_deed_take_back"


@dataclass(frozen=True, slots=True)
class Noted:
    """What was noted, about a theme or about all.

    `meant` is a theme that it may be about, as the note begins with its name; `typed` is then how
    that is typed.
    """

    deed: int
    theme: Theme | None
    text: str
    meant: Theme | None = None
    typed: str = ""


def noted(one: Noted, reader: Reader) -> Message:
    """That a deed was noted, where it will be read, and how it is taken back."""
    told = reader.text("Noted: “{text}”", text=plain(one.text))
    if one.theme is not None:
        told = reader.text(
            "Noted about “{theme}”: “{text}”",
            theme=theme_label(reader, one.theme),
            text=plain(one.text),
        )
    told += "\n" + reader.text("Everybody reads it when they are asked next.")
    if one.meant is not None:
        told += "\n" + reader.text(
            "Is it about “{theme}”? Take it back, and type a colon: {example}",
            theme=theme_label(reader, one.meant),
            example=f"`{one.typed}`",
        )
    back = button(reader.text("Take it back"), TAKE_BACK, str(one.deed))
    return Message(told, blocks_of(section(told, "deed"), actions("deed-actions", back)))


def taken_back(text: str, reader: Reader) -> Message:
    """That a note is read by nobody who is asked from now on."""
    return Message(
        reader.text("Taken back: “{text}”. Nobody is shown it from now on.", text=plain(text))
    )


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
