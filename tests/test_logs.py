"""How log lines look: for a machine each of them is JSON, also what libraries say."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SAYING = """
import logging
from bot import logs
import structlog
logs.configure({form!r})
structlog.get_logger().info("survey_opened", wave=1)
logging.getLogger("waitress.queue").warning("Task queue depth is %d", 1)
logging.getLogger("waitress.queue").info("nothing is wrong")
logging.getLogger("slack_bolt.App").warning("score didn't call ack()")
"""


def said(form: str) -> list[str]:
    command = [sys.executable, "-c", SAYING.format(form=form)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr.splitlines()


@pytest.mark.thorough
def test_for_a_machine_every_line_is_json() -> None:
    own, of_library = map(json.loads, said("json"))
    assert (own["event"], own["wave"], own["level"]) == ("survey_opened", 1, "info")
    told = {name: of_library[name] for name in ("event", "logger", "level")}
    assert told == {
        "event": "Task queue depth is 1",
        "logger": "waitress.queue",
        "level": "warning",
    }
    assert of_library["timestamp"].endswith("Z")


@pytest.mark.thorough
def test_for_a_person_libraries_speak_plainly() -> None:
    own, of_library = said("text")
    assert "survey_opened" in own
    assert of_library == "WARNING waitress.queue: Task queue depth is 1"
