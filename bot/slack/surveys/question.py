"""What somebody is sent: the question of an eNPS with its eleven buttons, or the way to a pulse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.locale import Reader
from bot.message import Message
from bot.slack.blocks import actions, blocks_of, button, context, plain, section
from bot.slack.surveys.words import scales_of, theme_label
from bot.surveys.asking import Asking
from bot.surveys.roll import Cast
from bot.surveys.survey import Kind, Question, Results

if TYPE_CHECKING:
    from slackblocks import Block

#: The actions of a question: a number of an eNPS, the form of a pulse, and what is said below both.
SCORE, OPEN, PRIVACY, DECLINE, WHY = (
    "survey_score",
    "survey_open",
    "survey_privacy",
    "survey_decline",
    "survey_why",
)


def question(asking: Asking, reader: Reader) -> Message:
    """The message that asks somebody, or reminds them."""
    first = _first_line(asking, reader)
    blocks = blocks_of(
        *_reminder(asking, reader),
        section(first, "survey-question"),
        *(_numbers(asking, reader) if asking.kind is Kind.ENPS else _opener(asking, reader)),
        *_deeds(asking, reader),
        context(promise(asking, reader), "survey-promise"),
        actions("survey-more", *_more(asking, reader)),
    )
    return Message(text=_notification(asking, reader), blocks=blocks)


def promise(asking: Asking, reader: Reader) -> str:
    """For how long an answer is sealed, and who sees what then."""
    return " ".join([_seen(asking, reader), reader.text(_NOBODY)])


def promise_of_words(asking: Asking, reader: Reader) -> str:
    """The same where somebody can write as well: what they write is no number."""
    words = reader.text("Team leads read comments word for word, without a name.")
    return " ".join([_seen(asking, reader), words, reader.text(_NOBODY)])


def _seen(asking: Asking, reader: Reader) -> str:
    return reader.text(
        _SEEN[asking.results],
        moment=reader.day_and_time(asking.closes_at),
        channel=f"<#{asking.channel}>",
        fewest=reader.number(asking.fewest),
    )


#: What is posted to a public channel is told elsewhere as well (`/kpi`, digests): everybody can read it.
_SEEN = {
    Results.CHANNEL: "🔒 Sealed until {moment}. Numbers are then shown to whoever can read {channel}, "
    "only as a total of {fewest} or more.",
    Results.LEADS: "🔒 Sealed until {moment}. Numbers are then shown to team leads, only as a total of "
    "{fewest} or more.",
    Results.ASKED: "🔒 Sealed until {moment}. Numbers are then shown to everybody asked, only as a total "
    "of {fewest} or more.",
}
_NOBODY = "Nobody can look up who said what."


def _notification(asking: Asking, reader: Reader) -> str:
    if asking.kind is Kind.ENPS:
        return wording(asking.questions[0], reader)
    return reader.text("How was work lately? A few questions, anonymous.")


def wording(asked: Question, reader: Reader) -> str:
    """A question in the language of whoever reads it, if there is one."""
    return plain(asked.wording(reader.locale)[0])


def _first_line(asking: Asking, reader: Reader) -> str:
    if asking.kind is Kind.ENPS:
        return f"*{wording(asking.questions[0], reader)}*"
    told = reader.plural(
        "*How was work lately?* {n} question, a minute.",
        "*How was work lately?* {n} questions, a minute.",
        len(asking.questions),
    )
    themes = dict.fromkeys(one.theme for one in asking.questions if one.theme)
    about = reader.listed(theme_label(reader, theme) for theme in themes)
    return f"{told}\n{about}" if about else told


def _reminder(asking: Asking, reader: Reader) -> list[Block]:
    if not asking.before:
        return []
    told = reader.text("A reminder: your answer is still missing. Only you see this.")
    if asking.is_last:
        told = reader.text("The last reminder: your answer is still missing. Only you see this.")
    return [context(told, "survey-reminder")]


def _numbers(asking: Asking, reader: Reader) -> list[Block]:
    """Eleven buttons: radio buttons allow only ten options."""
    low, high = scales_of(asking.questions[0], reader).likelihood
    buttons = [
        button(reader.number(score), f"{SCORE}_{score}", f"{asking.wave}:{score}")
        for score in range(11)
    ]
    ends = reader.text(
        "{lowest} {low} · {highest} {high}",
        lowest=reader.number(0),
        low=low,
        highest=reader.number(10),
        high=high,
    )
    return [actions("survey-scores", *buttons), context(ends, "survey-ends")]


def _opener(asking: Asking, reader: Reader) -> list[Block]:
    answer = button(reader.text("Answer"), OPEN, str(asking.wave), style="primary")
    return [actions("survey-open", answer)]


def _deeds(asking: Asking, reader: Reader) -> list[Block]:
    """“You said, we did”: what came of the answers of last time."""
    lines = [
        f"• {theme_label(reader, theme)}: {plain(text)}" if theme else f"• {plain(text)}"
        for theme, text in asking.deeds
    ]
    if not lines:
        return []
    told = reader.text("You said, we did:")
    return [section("\n".join([f"*{told}*", *lines])[:3_000], "survey-deeds")]


def _more(asking: Asking, reader: Reader) -> list[Any]:
    wave = str(asking.wave)
    return [
        button(reader.text("What exactly?"), PRIVACY, wave),
        button(reader.text("Not this time"), DECLINE, wave),
    ]


def thanks(asking: Asking, reader: Reader, *, may_say_why: bool, again: bool = False) -> Message:
    """What stands in the place of the question once it is answered; not what was answered.

    Whoever answers `again` is told that they have.
    """
    told = "✅ Thank you. Your answer is sealed until {moment}."
    if again:
        told = "You have answered already. Everybody answers once; it is sealed until {moment}."
    told = reader.text(told, moment=reader.day_and_time(asking.closes_at))
    buttons = [button(reader.text("What exactly?"), PRIVACY, str(asking.wave))]
    if may_say_why:
        buttons.insert(0, button(reader.text("Say why (optional)"), WHY, str(asking.wave)))
    blocks = blocks_of(section(told, "survey-thanks"), actions("survey-after", *buttons))
    return Message(text=told, blocks=blocks)


_REFUSED = {
    Cast.CLOSED: "This survey is closed: no answer is taken any more.",
    Cast.NOT_ASKED: "You are not among those who are asked this time.",
}


def refused(outcome: Cast, reader: Reader) -> Message:
    """What stands in the place of a question that takes no answer, and why."""
    told = reader.text(_REFUSED[outcome])
    return Message(text=told, blocks=blocks_of(section(told, "survey-refused")))


def declined(reader: Reader, kind: Kind) -> Message:
    """What stands in the place of the question once somebody declined."""
    told = reader.text(
        "All right, you are not reminded of this one. Should you change your mind: `/{command}`",
        command=str(kind),
    )
    return Message(text=told, blocks=blocks_of(section(told, "survey-declined")))
