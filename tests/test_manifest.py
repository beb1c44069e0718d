from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from bot.slack.messenger import SCOPES

Json = dict[str, Any]

MANIFEST: Json = json.loads((Path(__file__).parent.parent / "manifest.json").read_text())


def exactly(required: str = "", /, **properties: Json) -> Json:
    """An object with these properties and no other."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def text(longest: int, pattern: str = "") -> Json:
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern}


BOOLEAN = {"type": "boolean"}
INTEGER = {"type": "integer"}

#: What Slack's manifest reference says of the fields that we use, with its limits. Source:
#: https://docs.slack.dev/reference/app-manifest
RULES = exactly(
    "display_information features oauth_config settings",
    _metadata=exactly(major_version=INTEGER, minor_version=INTEGER),
    display_information=exactly(
        "name",
        name=text(35),
        description=text(140),
        background_color=text(7, "^#([0-9a-fA-F]{3}){1,2}$"),
    ),
    features=exactly(
        bot_user=exactly(
            "display_name", display_name=text(80, "^[a-z0-9._-]+$"), always_online=BOOLEAN
        ),
        slash_commands={
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "items": exactly(
                "command description",
                command=text(32, "^/[a-z0-9_-]+$"),
                description=text(2_000),
                usage_hint=text(1_000),
                should_escape=BOOLEAN,
            ),
        },
    ),
    oauth_config=exactly(
        scopes=exactly(
            "bot",
            bot={"type": "array", "items": text(50), "maxItems": 255, "uniqueItems": True},
        )
    ),
    settings=exactly(
        interactivity=exactly("is_enabled", is_enabled=BOOLEAN),
        org_deploy_enabled=BOOLEAN,
        socket_mode_enabled=BOOLEAN,
        token_rotation_enabled=BOOLEAN,
    ),
)


def problems(manifest: Json) -> list[str]:
    return [error.json_path for error in Draft7Validator(RULES).iter_errors(manifest)]


def test_the_manifest_is_one_that_slack_takes() -> None:
    assert problems(MANIFEST) == []


def edited(change: Callable[[Json], object]) -> Json:
    manifest = copy.deepcopy(MANIFEST)
    change(manifest)
    return manifest


PLANTED: dict[str, Callable[[Json], object]] = {
    "$": lambda m: m.update(scopes=[]),
    "$.display_information": lambda m: m["display_information"].pop("name"),
    "$.display_information.description": lambda m: m["display_information"].update(
        description="x" * 141
    ),
    "$.features.slash_commands[0].command": lambda m: m["features"]["slash_commands"][0].update(
        command="digest"
    ),
    "$.oauth_config.scopes.bot": lambda m: m["oauth_config"]["scopes"]["bot"].append("chat:write"),
    "$.settings.socket_mode_enabled": lambda m: m["settings"].update(socket_mode_enabled="yes"),
}


@pytest.mark.parametrize(("place", "change"), PLANTED.items(), ids=PLANTED)
def test_a_planted_fault_is_found(place: str, change: Callable[[Json], object]) -> None:
    assert problems(edited(change)) == [place]


def test_it_asks_for_the_scopes_that_the_product_declares() -> None:
    assert tuple(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert "user" not in MANIFEST["oauth_config"]["scopes"]


def test_it_works_without_a_public_address_or_an_expiring_token() -> None:
    settings = MANIFEST["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}
    assert settings["org_deploy_enabled"] is False
    assert settings["token_rotation_enabled"] is False


def test_every_slash_command_says_what_it_is_for() -> None:
    commands = MANIFEST["features"]["slash_commands"]
    assert [command["command"] for command in commands] == [
        "/digest",
        "/kpi",
        "/alert",
        "/enps",
        "/pulse",
        "/desk",
        "/deskpulse",
    ]
    for command in commands:
        assert re.fullmatch(r"\[.+\]", command["usage_hint"])
        assert not command["description"].endswith(".")
