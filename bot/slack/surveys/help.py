"""How to plan, answer and read surveys, by example."""

from __future__ import annotations

from bot.locale import Reader
from bot.message import Message
from bot.slack.blocks import blocks_of, section
from bot.surveys.survey import Kind


def help_text(kind: Kind, reader: Reader, *, is_lead: bool) -> Message:
    """What can be typed; how surveys are planned is told to those who may."""
    parts = [_FOR_ALL[kind], *(_FOR_LEADS[kind] if is_lead else (_ASK_A_LEAD,))]
    told = [reader.text(part) for part in parts]
    blocks = [section(part, f"survey-help-{place}") for place, part in enumerate(told)]
    return Message(text="\n".join(told), blocks=blocks_of(*blocks))


_FOR_ALL = {
    Kind.ENPS: (
        "*eNPS: would you recommend working here?* Asked once a quarter, answered anonymously\n"
        "`/enps` opens what is waiting for you\n"
        "`/enps privacy` what is kept of your answer, and what is not\n"
        "`/enps results` what came of it, where all may see that\n"
        "`/enps forget` deletes what leads to you"
    ),
    Kind.PULSE: (
        "*Pulse: how was work lately?* A few questions every week or two, answered anonymously\n"
        "`/pulse` opens what is waiting for you\n"
        "`/pulse privacy` what is kept of your answers, and what is not\n"
        "`/pulse results` what came of it, where all may see that\n"
        "`/pulse forget` deletes what leads to you"
    ),
}

_ASK_A_LEAD = "Team leads plan surveys. Who they are: `/deskpulse leads`"

_FOR_LEADS = {
    Kind.ENPS: (
        (
            "*Leads plan it*, and see what would be sent before anything is\n"
            "`/enps start` asks all in this channel, once; more can be said:\n"
            "• `/enps start @support-agents until fri 17:00`\n"
            "• `/enps start #support #billing for 5 days remind 2 results leads min 8 in en, de`\n"
            "`/enps every quarter` asks again and again; with a day: `/enps every quarter on tue 10:00`\n"
            "`/enps new` asks for all that a survey takes"
        ),
        (
            "*A survey goes by its number*\n"
            "`/enps list` what is open, what comes next, your drafts\n"
            "`/enps pause 3`, `/enps resume 3`, `/enps remove 3`\n"
            "`/enps close 3` closes it early"
        ),
        (
            "*What came of it*\n"
            "`/enps results` the score, and whether its change can be chance\n"
            "`/enps comments` what was said, in no order, which you can answer\n"
            "`/enps did two people more` notes what was done: it is shown with the next one\n"
            "`/enps export` the results as CSV\n"
            "All of these take a number: `/enps results 3`, `/enps did #3 two people more`"
        ),
    ),
    Kind.PULSE: (
        (
            "*Leads plan it*, and see what would be sent before anything is\n"
            "`/pulse start` asks all in this channel, once; more can be said:\n"
            "• `/pulse start @support-agents about workload, tools until fri 17:00`\n"
            "• `/pulse start #support #billing 3 questions for 5 days remind 2 results leads min 8`\n"
            "`/pulse every 2 weeks on tue 10:00` asks again and again, each time something else\n"
            "`/pulse new` asks for all that a survey takes, and for questions of your own"
        ),
        (
            "*A survey goes by its number*\n"
            "`/pulse list` what is open, what comes next, your drafts\n"
            "`/pulse pause 3`, `/pulse resume 3`, `/pulse remove 3`\n"
            "`/pulse close 3` closes it early"
        ),
        (
            "*What came of it*\n"
            "`/pulse results` by theme, and whether a change can be chance\n"
            "`/pulse comments` what was said, in no order, which you can answer\n"
            "`/pulse did workload: two people more` notes what was done: it is shown with the next\n"
            "`/pulse export` the results as CSV\n"
            "All of these take a number: `/pulse results 3`, `/pulse did #3 workload: …`"
        ),
    ),
}
