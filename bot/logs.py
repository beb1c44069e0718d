"""How log lines look. No token, no text of a ticket and no name of a customer is ever handed in."""

from __future__ import annotations

import logging
import sys
import traceback

import structlog

#: What libraries say, for a person.
_PLAIN = logging.Formatter("%(levelname)s %(name)s: %(message)s")


def configure(log_format: str, *, quiet: bool = False) -> None:
    """Log lines on stderr: readable ones, or JSON for a machine; `quiet` leaves only trouble."""
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                # The default shows the values of local variables: tokens and payloads.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        cache_logger_on_first_use=False,
    )
    # Libraries speak up only when something is wrong; their debug lines would hold payloads.
    # A tick that finds the one before still at work is nothing to tell.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    bolt = logging.getLogger("slack_bolt.App")
    bolt.addFilter(_is_news)
    bolt.addFilter(_without_payload)
    handler = logging.StreamHandler()
    handler.setFormatter(_of_libraries(last) if log_format == "json" else _PLAIN)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    hush()
    # Every call that fails becomes an error of ours, which says what to do.
    logging.getLogger("slack_sdk.web.base_client").setLevel(logging.CRITICAL)


def _of_libraries(last: list[structlog.typing.Processor]) -> logging.Formatter:
    """What libraries say in the form of our own lines, for a machine reads both."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_logger_name,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def hush() -> None:
    """Silences who would tell of each request with its whole address: some have their key in it."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def place_of(error: BaseException) -> str:
    """Where an error came up, and its type, without what it says: that may be of what was typed."""
    frames = traceback.format_tb(error.__traceback__)
    return "".join([*frames, type(error).__name__])


def _is_news(record: logging.LogRecord) -> bool:
    """Leaves out that Bolt does not need the token beside the client, and what `bot.app` tells itself."""
    said = record.getMessage()
    return "token` will be unused" not in said and not said.endswith("didn't call ack()")


def _without_payload(record: logging.LogRecord) -> bool:
    """Cuts off what a frame holds that Socket Mode does not understand: it may be an answer."""
    said, cut, _ = record.getMessage().partition(", payload: ")
    if cut:
        record.msg, record.args = said, ()
    return True
