"""The errors of deskpulse, grouped by what the one who catches them should do.

    DeskpulseError
    ├── ConfigurationError     stop: the operator has to change a setting
    ├── UsageError             tell the person who typed it; nothing was changed
    ├── NotAllowed             tell the person who asked; nothing was changed
    ├── DeskError
    │   ├── DeskRefused        stop this desk: its credentials, rights or address have to be mended
    │   ├── DeskUnavailable    try again later: busy, broken or out of reach
    │   └── DeskMisunderstood  try again later, and tell: the answer was not what the API promises
    └── SlackError
        ├── SlackRefused       do not try again: Slack will never take this message
        ├── SlackHeld          try again later: somebody has to mend something (an invitation, a token)
        ├── SlackBusy          try again after `retry_after` seconds: nothing was posted
        └── SlackUnknown       find out before trying again: it may have been posted

A message is one sentence that says what went wrong. A hint is one sentence that says how to mend it.
Neither ever carries a token, a ticket's text or a customer's name.
"""

from __future__ import annotations


class DeskpulseError(Exception):
    """Something went wrong that deskpulse can name.

    `message` says what, `hint` says how to mend it (may be empty). `str(error)` gives both.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


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


class DeskMisunderstood(DeskError):
    """The help desk answered something that its API does not promise."""


class SlackError(DeskpulseError):
    """Slack did not take a call."""

    def __init__(self, message: str, hint: str = "", *, code: str = "") -> None:
        super().__init__(message, hint)
        self.code = code


class SlackRefused(SlackError):
    """Slack will never take this message: too long, malformed, archived channel."""


class SlackHeld(SlackError):
    """Slack would take this message once somebody has mended something."""


class SlackBusy(SlackError):
    """Slack asks to wait, or could not be reached; nothing was posted."""

    def __init__(
        self, message: str, hint: str = "", *, code: str = "", retry_after: float = 0.0
    ) -> None:
        super().__init__(message, hint, code=code)
        self.retry_after = retry_after


class SlackUnknown(SlackError):
    """The answer was lost: the message may or may not have been posted."""
