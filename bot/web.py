"""The HTTP process: signed requests of Slack by Bolt's WSGI adapter, pushes, and `/healthz`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from waitress.server import create_server

from bot import push
from bot.app import check_ready, slack_app
from bot.errors import ConfigurationError
from bot.services import Services
from bot.settings import variable

#: Where Slack sends commands and buttons; the same in the app's settings.
PATH = "/slack/events"

#: No larger body is even received, whoever sends it: Slack's are far smaller.
MOST_BYTES = 2 * push.MOST_BYTES

#: Requests that are dealt with at once; each is acknowledged at once and costs little.
THREADS = 16

StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def wsgi(services: Services, app: App) -> Wsgi:
    """The WSGI application of this process."""
    slack = SlackRequestHandler(app, path=PATH)

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == "/healthz":
            return _health(services, start_response)
        if environ.get("PATH_INFO") == push.PATH:
            return push.respond(services, environ, start_response)
        answer: Iterable[bytes] = slack(environ, start_response)
        return answer

    return application


def _health(services: Services, start_response: StartResponse) -> Iterable[bytes]:
    """200 while the database answers and has this version's tables, 503 otherwise."""
    try:
        check_ready(services)
    except ConfigurationError as error:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{error.message}\n".encode()]
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [b"ok\n"]


def server(services: Services) -> Any:
    """A server that is bound to its port and serves when `run()` is called.

    Raises `ConfigurationError` without the signing secret, and when the port is taken.
    """
    settings = services.settings
    if settings.slack_signing_secret is None:
        raise ConfigurationError(
            f"{variable('slack_signing_secret')} is not set.",
            "Copy the signing secret from the Slack app, page “Basic Information”.",
        )
    application = wsgi(services, slack_app(services))
    try:
        return create_server(
            application,
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            ident=None,
            max_request_body_size=MOST_BYTES,
        )
    except OSError as error:
        raise ConfigurationError(
            f"Port {settings.port} cannot be used: {error.strerror}.",
            f"Set {variable('port')} to a free one.",
        ) from None
