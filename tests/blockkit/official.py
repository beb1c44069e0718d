"""Blocks and views against the JSON Schema made from Slack's own `@slack/types`.

The schema is made by `npm run blockkit` in `tests/live`, from the package that stands there; it is
no part of the repository. It knows structure only, no lengths (those are in `limits`), and no
native charts (`data_visualization`), which are therefore left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from tests.live.components import missing

_SCHEMA = Path(__file__).parent.parent / "live" / "node_modules" / "blockkit.schema.json"
_UNKNOWN = {"data_visualization"}


def official_errors(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the official types do not allow in a message's blocks: a sentence for each block.

    Skips the test where the schema was not made.
    """
    definitions = _definitions()
    found = []
    for number, block in enumerate(_known(blocks)):
        kind = block.get("type", "")
        if kind not in _names():
            found.append(f"blocks[{number}]: there is no block of type {kind!r}")
        elif problem := _problem(definitions, _names()[kind], block):
            found.append(f"blocks[{number}] ({kind}): {problem}")
    return found


def official_view_errors(view: Mapping[str, Any]) -> list[str]:
    """The same for a modal or a Home tab: its blocks, and the view around them."""
    blocks = view.get("blocks", [])
    name = "ModalView" if view.get("type") == "modal" else "HomeView"
    around = _problem(_definitions(), name, {**view, "blocks": []})
    return [*([around] if around else []), *official_errors(blocks)]


def _known(blocks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [block for block in blocks if block.get("type") not in _UNKNOWN]


def _problem(definitions: Mapping[str, Any], name: str, value: Mapping[str, Any]) -> str:
    schema = {"$ref": f"#/definitions/{name}", "definitions": definitions}
    error = best_match(Draft7Validator(schema).iter_errors(json.loads(json.dumps(value))))
    return f"{error.json_path}: {error.message}" if error else ""


@cache
def _definitions() -> Mapping[str, Any]:
    if not _SCHEMA.exists():
        missing("the JSON Schema of Slack's blocks was not made: run `make live-setup`")
    definitions: Mapping[str, Any] = json.loads(_SCHEMA.read_text())["definitions"]
    return definitions


@cache
def _names() -> Mapping[str, str]:
    """Block type → the name of its definition."""
    definitions = _definitions()
    references = [entry["$ref"] for entry in definitions["KnownBlock"]["anyOf"]]
    names = [reference.rpartition("/")[2] for reference in references]
    return {_kind(definitions[name]): name for name in names}


def _kind(definition: Mapping[str, Any]) -> str:
    """The `type` that a definition stands for; a block of several forms has it in each of them."""
    form = definition.get("anyOf", [definition])[0]
    kind: str = form["properties"]["type"]["const"]
    return kind
