"""The phrases of a survey and what they mean: its parts, their names, and what others call them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from babel import Locale

from bot.surveys.bank import languages
from bot.surveys.survey import Every, Kind, Results, Theme

#: Each shows what can be said of a survey.
START_EXAMPLES: Mapping[Kind, str] = {
    Kind.ENPS: "/enps start @support-agents until fri 17:00 remind 2 results leads",
    Kind.PULSE: "/pulse start #support about workload, tools 5 questions for 3 days",
}
EVERY_EXAMPLES: Mapping[Kind, str] = {
    Kind.ENPS: "/enps every quarter on tue 10:00 for 5 days",
    Kind.PULSE: "/pulse every 2 weeks on tue 10:00 about workload, tools",
}
#: What is right of each part, by its name.
SAMPLES: Mapping[str, str] = {
    "until": "until fri 17:00",
    "for": "for 3 days",
    "remind": "remind 2",
    "results": "results leads",
    "min": "min 8",
    "in": "in en, de",
    "about": "about workload, tools",
    "questions": "5 questions",
}

#: They say nothing.
FILLERS = frozenset(
    ("a", "an", "the", "and", "&", "with", "to", "ask", "asking", "among", "of", "please", ":", "-")
) | {"audience", "recipients", "participants", "people", "members", "survey", "it"}

#: Those in the channel in which it is typed, who are asked anyway.
HERE = frozenset(("here", "in here", "this channel", "in this channel", "in the channel"))

#: They name nobody: whoever says so wants all in the channel, or does not know what to say.
EVERYBODY = frozenset(
    ("everyone", "everybody", "all", "@everyone", "@channel", "@here", "us", "my team", "the team")
)

#: The parts by how they begin; what they are called there is how a mistake names them.
PARTS: Mapping[str, str] = {
    **dict.fromkeys(("every", "each", "once every", "once a", "once per"), "every"),
    **dict.fromkeys(("on", "on the first", "on every first"), "on"),
    "at": "at",
    **dict.fromkeys(("until", "till", "open until", "closes", "closing", "close"), "until"),
    **dict.fromkeys(("closes at", "close at", "ends", "ending", "by"), "until"),
    **dict.fromkeys(("for", "open for", "open", "lasting"), "for"),
    **dict.fromkeys(("remind", "reminders", "reminder", "remind them", "remind people"), "remind"),
    **dict.fromkeys(("results", "result", "show results", "share results"), "results"),
    **dict.fromkeys(("min", "min.", "minimum", "at least", "not below"), "min"),
    **dict.fromkeys(("in", "language", "languages", "lang"), "in"),
    **dict.fromkeys(("about", "theme", "themes", "topic", "topics"), "about"),
    **dict.fromkeys(("question", "questions"), "questions"),
}

NO_REMINDERS = frozenset(
    ("no reminders", "no reminder", "without reminders", "without reminder", "never remind")
)

#: What may stand behind a number, and what it is the number of.
COUNTED: Mapping[str, str] = {
    **dict.fromkeys(("question", "questions"), "questions"),
    **dict.fromkeys(("reminder", "reminders"), "remind"),
}

#: What stands behind the number of reminders, or of answers, and says nothing.
TIMES = frozenset(("time", "times", "reminder", "reminders"))
ANSWERS = frozenset(("answers", "answer", "people", "responses", "replies", "persons"))

NUMBERS: Mapping[str, int] = {
    **{str(number): number for number in range(1_000)},
    **dict.fromkeys(("never", "none", "no", "zero"), 0),
    **dict.fromkeys(("once", "one"), 1),
    **dict.fromkeys(("twice", "two", "other", "second", "2nd"), 2),
    **dict.fromkeys(("three", "third", "3rd"), 3),
    **dict(
        zip(("four", "five", "six", "seven", "eight", "nine", "ten"), range(4, 11), strict=True)
    ),
}

#: In what pauses are counted, and how many of those it is.
UNITS: Mapping[str, tuple[int, Every]] = {
    **dict.fromkeys(("week", "weeks", "w", "wk", "wks"), (1, Every.WEEK)),
    **dict.fromkeys(("fortnight", "fortnights"), (2, Every.WEEK)),
    **dict.fromkeys(("month", "months"), (1, Every.MONTH)),
    **dict.fromkeys(("quarter", "quarters"), (1, Every.QUARTER)),
    **dict.fromkeys(("year", "years"), (4, Every.QUARTER)),
}
PAUSES: Mapping[str, tuple[int, Every]] = {
    "weekly": (1, Every.WEEK),
    **dict.fromkeys(("biweekly", "bi-weekly", "fortnightly"), (2, Every.WEEK)),
    "monthly": (1, Every.MONTH),
    "quarterly": (1, Every.QUARTER),
    **dict.fromkeys(("yearly", "annually"), (4, Every.QUARTER)),
}
#: More often nobody wants to be asked.
TOO_OFTEN = frozenset(("day", "days", "daily", "hour", "hours", "workday", "weekday", "weekdays"))

RESULTS: Mapping[str, Results] = {
    **dict.fromkeys(("here", "channel", "this channel", "public", "everyone"), Results.CHANNEL),
    **dict.fromkeys(("everybody", "all"), Results.CHANNEL),
    **dict.fromkeys(("leads", "lead", "leads only", "private", "managers"), Results.LEADS),
    **dict.fromkeys(("asked", "those asked", "people asked", "all asked"), Results.ASKED),
    **dict.fromkeys(("participants", "everyone asked", "everybody asked"), Results.ASKED),
}
BEFORE_RESULTS = frozenset(
    ("to", "for", "in", "with", "only", "the", "go", "go to", "are", "shown")
)

THEMES: Mapping[str, Theme] = {
    **{theme: theme for theme in Theme},
    **dict.fromkeys(("work load", "load", "work"), Theme.WORKLOAD),
    **dict.fromkeys(("tool", "tooling", "software"), Theme.TOOLS),
    **dict.fromkeys(("learning", "onboarding", "trainings"), Theme.TRAINING),
    **dict.fromkeys(("praise", "pay", "appreciation"), Theme.RECOGNITION),
    **dict.fromkeys(("managers", "management", "leadership", "lead"), Theme.MANAGER),
    **dict.fromkeys(("teams", "colleagues", "teamwork"), Theme.TEAM),
    **dict.fromkeys(("career", "development"), Theme.GROWTH),
    **dict.fromkeys(("wellbeing", "well being", "wellness", "health"), Theme.WELL_BEING),
}
ALL_THEMES = frozenset(("everything", "all", "anything", "all themes", "any"))

#: What between several of a kind says nothing.
AND = frozenset(("and", "&", "+", "or", "/"))

#: What it is called elsewhere: of a part, and of the first word.
CALLED: Mapping[str, str] = {
    **dict.fromkeys(("deadline", "due", "expires", "expiring", "end"), "until"),
    **dict.fromkeys(("duration", "length", "days"), "for"),
    **dict.fromkeys(("recurring", "repeat", "repeating", "frequency", "interval"), "every"),
    **dict.fromkeys(("schedule", "scheduled", "cadence"), "every"),
    **dict.fromkeys(("threshold", "k", "anonymity"), "min"),
    **dict.fromkeys(("visibility", "report", "share", "visible"), "results"),
    **dict.fromkeys(("nudge", "nudges", "follow-up", "followup"), "remind"),
    **dict.fromkeys(("subject", "category", "categories", "tag", "tags"), "about"),
    **dict.fromkeys(("locale", "translate", "translated"), "in"),
}
ANONYMOUS = frozenset(("anonymous", "anonymously", "anon", "anonymized", "confidential", "secret"))
VERBS: Mapping[str, str] = {
    **dict.fromkeys(("begin", "launch", "run", "new", "create", "send", "open", "go"), "start"),
    **dict.fromkeys(("make", "add", "ask", "kick", "fire", "post", "now", "survey"), "start"),
    **dict.fromkeys(("schedule", "repeat", "recurring", "plan", "each"), "every"),
    **dict.fromkeys(("stop", "end", "finish"), "close"),
    **dict.fromkeys(("result", "show", "report", "scores", "score"), "results"),
    **dict.fromkeys(("suspend", "hold"), "pause"),
    **dict.fromkeys(("unpause", "continue"), "resume"),
    **dict.fromkeys(("delete", "cancel", "drop"), "remove"),
    **dict.fromkeys(("anonymous", "anonymity", "gdpr"), "privacy"),
    **dict.fromkeys(("ls", "surveys", "all"), "list"),
}


@cache
def tongues() -> Mapping[str, str]:
    """The languages of the questions, by their codes and by their names in English and their own."""
    named = {code: Locale.parse(code) for code in languages()}
    english = {str(one.english_name).casefold(): code for code, one in named.items()}
    own = {str(one.display_name).casefold(): code for code, one in named.items()}
    return english | own | {code: code for code in named}
