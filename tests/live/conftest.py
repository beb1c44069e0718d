"""The fixtures of the live tests, each a real component, and the mark that sets them apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.emulator import slack_emulator
from tests.live.request_tracker import request_tracker

__all__ = ["request_tracker", "slack_emulator"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a live test, so that none can be forgotten."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.live)
