"""Puts the program together: settings → services → Bolt app. The only place where things are built."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any
from uuid import uuid4

import structlog
from slack_bolt import App, BoltContext, BoltRequest, BoltResponse, Respond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

import commands
from bot import helpdesks
from bot.clock import Clock, SystemClock
from bot.errors import ConfigurationError, DeskpulseError
from bot.helpdesks import HelpDesk
from bot.locale import Reader
from bot.logs import place_of
from bot.pauses import Pauses
from bot.seals import Seals
from bot.services import People, Services, secret_of
from bot.settings import Settings, variable
from bot.slack.alerts.windows import done
from bot.slack.blocks import plain
from bot.slack.messenger import Messenger, SlackMessenger, web_client
from bot.store.database import Database

#: Bolt's own pool has five threads, so five slow listeners would make the sixth command fail.
LISTENERS = 16

#: How many requests are remembered, to know one that is delivered again seconds later.
REMEMBERED = 1_000

log = structlog.get_logger()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    database: Database | None = None,
    desks: Mapping[str, HelpDesk] | None = None,
    messenger: Messenger | None = None,
) -> Services:
    """The services of the program; a collaborator that is given takes the place of the usual one.

    Raises `ConfigurationError` when a setting is missing or wrong.
    """
    clock = clock or SystemClock()
    database = database or Database(settings.database_url)
    stopping = Event()
    pauses = Pauses(clock, stopping)
    if desks is None:
        desks = {
            name: helpdesks.load(name, given, clock, pauses)
            for name, given in settings.desks.items()
        }
    if messenger is None and settings.slack_bot_token is not None:
        token = settings.slack_bot_token.get_secret_value()
        messenger = SlackMessenger(token, url=settings.slack_api_url)
    secret = secret_of(settings, database)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        desks=desks,
        messenger=messenger,
        people=People(messenger, clock),
        pauses=pauses,
        stopping=stopping,
        secret=secret,
        seals=Seals(secret),
    )


def check_ready(services: Services) -> None:
    """Raises `ConfigurationError` when the tables are not those of this version."""
    if not services.database.is_current():
        none = services.database.revision() is None
        state = "has no tables yet" if none else "is of an older version"
        raise ConfigurationError(f"The database {state}.", "Run: deskpulse migrate")


def slack_app(services: Services) -> App:
    """The Bolt app with every command. Requests over HTTP must be signed with the signing secret.

    Raises `ConfigurationError` without a bot token.
    """
    settings = services.settings
    if settings.slack_bot_token is None:
        raise ConfigurationError(
            f"{variable('slack_bot_token')} is not set.",
            "Copy the bot token (xoxb-…) from the Slack app, page “OAuth & Permissions”.",
        )
    secret = settings.slack_signing_secret
    token = settings.slack_bot_token.get_secret_value()
    app = App(
        # Without a name Bolt looks for the calling file through the whole stack: half a second.
        name="deskpulse",
        client=web_client(None, settings.slack_api_url),
        # Otherwise Bolt would ask Slack about the token before it lets the first command in.
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token),
        # Without a secret no request over HTTP is valid; Socket Mode needs none.
        signing_secret=secret.get_secret_value() if secret else uuid4().hex,
        user_facing_authorize_error_message=(
            "deskpulse cannot use its Slack token. An operator can find out why: `deskpulse doctor`"
        ),
        listener_executor=ThreadPoolExecutor(LISTENERS, thread_name_prefix="listener"),
        # Bolt would log the name of the button: that of a survey is what was answered.
        raise_error_for_unhandled_request=True,
    )

    def hand_over(context: BoltContext, next_: Callable[[], None]) -> None:
        context["services"] = services
        next_()

    app.middleware(_OnlyOnce())
    app.middleware(hand_over)
    app.error(tell)
    commands.register(app)
    return app


class _OnlyOnce:
    """Acknowledges, and otherwise ignores, what was delivered before.

    Over Socket Mode Slack sends again what was acknowledged too late, under the same trigger
    (https://docs.slack.dev/apis/events-api/using-socket-mode); a second `/digest now` would post.
    """

    def __init__(self) -> None:
        self._triggers: deque[str] = deque(maxlen=REMEMBERED)
        self._lock = Lock()

    def __call__(
        self, request: BoltRequest, body: dict[str, Any], next_: Callable[[], None]
    ) -> BoltResponse | None:
        if self._is_known(body.get("trigger_id")) and "x-slack-retry-num" in request.headers:
            return BoltResponse(status=200, body="")
        next_()
        return None

    def _is_known(self, trigger: str | None) -> bool:
        """Whether it came before; what has no trigger is never known."""
        if not trigger:
            return False
        with self._lock:
            known = trigger in self._triggers
            if not known:
                self._triggers.append(trigger)
        return known


def tell(
    error: Exception, respond: Respond, context: BoltContext, body: dict[str, Any]
) -> BoltResponse | None:
    """Answers whoever asked with what went wrong; what nobody foresaw goes into the log.

    A window that was sent stays open then, with all that was filled in.
    """
    if isinstance(error, BoltUnhandledRequestError):
        # Nobody knows of it, or it was not acknowledged within three seconds: Slack says so to whoever
        # asked. What they asked for may still be done.
        what = "survey" if _is_of_a_survey(body) else " ".join(_names(body)) or body.get("type")
        log.warning("request_unanswered", request=what)
        return None
    services: Services = context["services"]
    told, reader = _told(error, services, context, body)
    field = _last_field(body) if context.ack.response is None else None
    if respond.response_url is not None:
        respond(plain(told), response_type="ephemeral", replace_original=False)
    elif field is not None:
        errors = {field: told.replace("`", "")}
        return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
    elif services.messenger is not None and "view" in body:
        # What was done in a window is answered there.
        services.messenger.update_view(body["view"]["id"], done(plain(told), reader), hash_=None)
    # Given nothing, Bolt would forget that it was acknowledged, and let Slack wait for three seconds.
    return BoltResponse(status=200, body="")


def _told(
    error: Exception, services: Services, context: BoltContext, body: dict[str, Any]
) -> tuple[str, Reader]:
    """What whoever asked is told, and how they read."""
    if isinstance(error, DeskpulseError):
        reader = services.reader(context.user_id or "")
        return error.said(reader.template), reader
    number = uuid4().hex[:8]
    if _is_of_a_survey(body):
        # Neither who it was, nor what the error says: that may be of what they answered.
        log.error("listener_failed", number=number, exception=place_of(error))
    else:
        # The type and the place, never the payload: that could hold what somebody typed.
        log.error("listener_failed", number=number, user=context.user_id, exc_info=error)
    # Finding out who reads it may be the very thing that failed.
    reader = Reader(services.settings.locale, services.settings.tz)
    told = reader.text(
        "Something went wrong here, and nothing was changed. "
        "An operator finds it in the log under {number}.",
        number=number,
    )
    return told, reader


def _last_field(body: dict[str, Any]) -> str | None:
    """The field next to the button by which a window was sent; `None` where none was."""
    if body.get("type") != "view_submission":
        return None
    fields = [block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"]
    return fields[-1] if fields else None


def _is_of_a_survey(body: dict[str, Any]) -> bool:
    """Whether it came from a survey: its commands, buttons and windows have names of their own."""
    return any(name.startswith(("/enps", "/pulse", "survey_")) for name in _names(body))


def _names(body: dict[str, Any]) -> list[str]:
    """The command, the window and the buttons that a request came from."""
    view, acts = body.get("view") or {}, body.get("actions") or ()
    names = [body.get("command"), view.get("callback_id"), *(act.get("action_id") for act in acts)]
    return [str(name) for name in names if name]
