"""The errors of deskpulse, grouped by what the one who catches them should do.

    DeskpulseError
    ├── ConfigurationError     stop: the operator has to change a setting
    ├── UsageError             tell the person who typed it; nothing was changed
    ├── NotAllowed             tell the person who asked; nothing was changed
    ├── DeskError
    │   ├── DeskRefused        stop this desk: its credentials, rights or address have to be mended
    │   ├── DeskUnavailable    try again later: busy, broken or out of reach
    │   │   └── DeskBusy       try again after `wait` seconds: it says so itself
    │   └── DeskMisunderstood  try again later, and tell: the answer was not what the API promises
    └── SlackError
        ├── SlackRefused       do not try again: Slack will never take this message
        ├── SlackHeld          try again later: somebody has to mend something (an invitation, a token)
        ├── SlackBusy          try again after `retry_after` seconds: nothing was posted
        └── SlackUnknown       find out before trying again: it may have been posted

A message is one sentence that says what went wrong. A hint is one sentence that says how to mend it.
Neither ever carries a token, a ticket's text or a customer's name. Both are msgids: what differs
from one time to the next is given as a value, so that a reader can be told in their own language.
"""

from __future__ import annotations

import json
from collections.abc import Callable

#: Turns an English text into another language; `str` leaves it as it is.
Translate = Callable[[str], str]


class DeskpulseError(Exception):
    """Something went wrong that deskpulse can name.

    `message` says what, `hint` says how to mend it (may be empty); `values` fill the places of
    both, as in `UsageError("There is no day {day}.", day=typed)`. Without values a brace is a brace.
    `str(error)` gives both in English, for the log and the terminal.
    """

    def __init__(self, message: str, hint: str = "", /, **values: object) -> None:
        super().__init__(message, hint)
        self._texts = (message, hint)
        self._values = values

    @property
    def message(self) -> str:
        """What went wrong, in English."""
        return self._filled(self._texts[0])

    @property
    def hint(self) -> str:
        """How to mend it, in English; may be empty."""
        return self._filled(self._texts[1])

    def said(self, translate: Translate) -> str:
        """Message and hint in another language, e.g. `error.said(reader.template)`."""
        return " ".join(self._filled(translate(text)) for text in self._texts if text)

    def kept(self) -> str:
        """The error as a text that a database can keep; `said` says it in any language."""
        return json.dumps([*self._texts, {name: str(one) for name, one in self._values.items()}])

    def __str__(self) -> str:
        return self.said(str)

    def _filled(self, text: str) -> str:
        return text.format(**self._values) if self._values else text


def said(kept: str, translate: Translate = str) -> str:
    """What `DeskpulseError.kept` gave, in another language; any other text as it is."""
    try:
        read = json.loads(kept)
    except ValueError:
        read = None
    match read:
        case [str(message), str(hint), dict(values)]:
            return DeskpulseError(message, hint, **values).said(translate)
    return translate(kept)


class ConfigurationError(DeskpulseError):
    """A setting is missing or wrong."""


class UsageError(DeskpulseError):
    """What was typed could not be understood."""


class NotAllowed(DeskpulseError):
    """The person who asked does not have the role that this takes."""


class DeskError(DeskpulseError):
    """A help desk could not be read."""


class DeskRefused(DeskError):
    """The help desk refuses: wrong token, missing right, wrong address."""


class DeskUnavailable(DeskError):
    """The help desk cannot answer now."""


class DeskBusy(DeskUnavailable):
    """The help desk allows no more requests for `wait` seconds."""

    def __init__(self, message: str, hint: str = "", /, *, wait: float, **values: object) -> None:
        super().__init__(message, hint, **values)
        self.wait = wait


class DeskMisunderstood(DeskError):
    """The help desk answered something that its API does not promise."""


class SlackError(DeskpulseError):
    """Slack did not take a call."""

    def __init__(
        self, message: str, hint: str = "", /, *, code: str = "", **values: object
    ) -> None:
        super().__init__(message, hint, **values)
        self.code = code


class SlackRefused(SlackError):
    """Slack will never take this message: too long, malformed, archived channel."""


class SlackHeld(SlackError):
    """Slack would take this message once somebody has mended something."""


class SlackBusy(SlackError):
    """Slack asks to wait, or could not be reached; nothing was posted."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        /,
        *,
        code: str = "",
        retry_after: float = 0.0,
        **values: object,
    ) -> None:
        super().__init__(message, hint, code=code, **values)
        self.retry_after = retry_after


class SlackUnknown(SlackError):
    """The answer was lost: the message may or may not have been posted."""
