"""“What exactly?”: the whole truth about what is kept of an answer, and who could see what."""

from __future__ import annotations

from datetime import timedelta

from bot.locale import Reader
from bot.message import Message
from bot.slack.blocks import blocks_of, header, section
from bot.surveys.gate import REMEMBERED
from bot.surveys.survey import FEWEST, FEWEST_SHARED_OUT


def privacy(reader: Reader, *, keep_comments: timedelta, fewest: int = FEWEST) -> Message:
    """What is kept of an answer, for how long, what is shown of it, and what nobody can promise.

    `keep_comments` is for how long comments are kept, in whole days.
    """
    title = reader.text("What is kept of your answer, and what is not")
    paragraphs = [
        _paragraph(reader.text("Your answer"), _answer(reader)),
        _paragraph(reader.text("That you answered"), _answered(reader)),
        _paragraph(reader.text("What is shown"), _shown(reader, fewest)),
        _paragraph(reader.text("Comments"), _comments(reader)),
        _paragraph(reader.text("Letters"), _letters(reader)),
        _paragraph(reader.text("What Slack knows"), _slack(reader)),
        _paragraph(reader.text("What you have to trust"), _trust(reader)),
        _paragraph(reader.text("For how long"), _long(reader, keep_comments)),
    ]
    blocks = [section(text, f"privacy-{place}") for place, text in enumerate(paragraphs)]
    return Message(text=title, blocks=blocks_of(header(title, "privacy"), *blocks))


def _paragraph(title: str, text: str) -> str:
    return f"*{title}*\n{text}"


def _answer(reader: Reader) -> str:
    return reader.text(
        "It is encrypted the moment it arrives, with a key of this one survey, and kept under a random "
        "name: without your name, without a time, all of one length. In it are the numbers you gave "
        "and your team; each comment is kept by itself, apart from these. When the survey closes, all "
        "answers are opened together, shuffled and counted; then they are deleted, and the key with "
        "them. Before that nobody sees anything, not even an average."
    )


def _answered(reader: Reader) -> str:
    return reader.text(
        "Apart from the answers there is one encrypted list of who is asked and who has answered or "
        "declined, so that everybody answers once and is not reminded then. No command shows it to "
        "anybody, and at the close it is deleted. While your answer is being stored the random name "
        "of your answer is on it as well, so that it is neither lost nor counted twice when something "
        "fails; where something did, until you answer again, or the close. Who is named one by one when a "
        "survey is planned stays in its plan, which does not say whether they answered."
    )


def _shown(reader: Reader, fewest: int) -> str:
    return reader.text(
        "How many were asked and have answered. A score only of {fewest} answers or more; how many "
        "gave which answer only of {shared} or more. A team's score only if it does not give those of "
        "the rest away, and any score only if it does not, beside earlier ones, give somebody away "
        "who joined, left or stayed silent; for that some answers, drawn by lot, are left out of all "
        "numbers. What may not be shown is not kept either.",
        fewest=reader.number(fewest),
        shared=reader.number(max(fewest, FEWEST_SHARED_OUT)),
    )


def _comments(reader: Reader) -> str:
    return reader.text(
        "Team leads read them, if enough people answered, in random order and without name, team, time "
        "or number. How you write, and what you tell, may still give you away: before you send a "
        "comment you see what in it could, which is worked out here and sent nowhere."
    )


def _letters(reader: Reader) -> str:
    return reader.text(
        "If you allow a lead to answer your comment, your Slack id is kept, encrypted, in one piece with "
        "those of the others and all letters, until you end it, and for 30 days after the close at "
        "most; only deskpulse uses it, to deliver. A copy of the database shows neither about which "
        "comment a letter is, nor which conversation ended. Letters go out in batches, an hour after "
        "they were written or later, so that their time tells nothing."
    )


def _slack(reader: Reader) -> str:
    return reader.text(
        "Slack brings every press of a button and every window you send to deskpulse with your name on "
        "it, so Slack and the running program see it for a moment; anonymity is in what is kept "
        "afterwards. Slack keeps the messages that deskpulse sent you: whoever may export your "
        "workspace can see that you were asked, that you answered or declined, and that a lead "
        "answered a comment of yours, but neither your answer, nor your comment, nor the letters: "
        "these are never in a message to you. What else Slack itself logs is up to Slack."
    )


def _trust(reader: Reader) -> str:
    return reader.text(
        "That whoever runs deskpulse runs it unchanged. Whoever has a copy of its database alone "
        "learns nothing of who said what. Whoever copies it again and again, and knows when you "
        "answered an eNPS, sees that you said why afterwards, not which reason is yours; if only you "
        "did, that is enough. In the window of `/enps` number and reason go in one, and it does not "
        "show. Whoever has the deployment's secret as well can open what was in the copy: with one made "
        "before the close, the answers; with several made between two answers, one within a minute of an "
        "answer, or the database's own log of changes, whose they are; later, who wrote a comment that may be answered. `deskpulse "
        "audit-anonymity` attacks the storage and shows what comes of it: ask for its report."
    )


def _long(reader: Reader, keep_comments: timedelta) -> str:
    return reader.text(
        "Comments are deleted {comments} days after the close, the numbers stay. That you answered is "
        "kept for {marks} days, encrypted and under a mark in place of your name, so that later "
        "results can be held against earlier ones; only the secret can make that mark of you. "
        "`/pulse forget` makes it nobody's and ends the way to you by your comments. Your answers "
        "cannot be found for that: nobody can tell which they were.",
        comments=reader.number(keep_comments.days),
        marks=reader.number(REMEMBERED.days),
    )


def forgotten(reader: Reader, *, mailboxes: int, waves: int) -> Message:
    """What was forgotten, and what cannot be found to be forgotten."""
    told = reader.text(
        "Forgotten: that you answered surveys that are closed ({waves}), the ways to you by comments "
        "of yours ({mailboxes}), and what leads to you in those that are open, which do not ask you "
        "any more. Your answers themselves cannot be found: nobody can tell which were yours.",
        waves=reader.number(waves),
        mailboxes=reader.number(mailboxes),
    )
    return Message(told)
