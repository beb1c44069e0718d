"""Pictures of our HTML pages as Debian's Chromium shows them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.live.components import missing

#: Chromium would otherwise look for its maker's hosts; and a container's root gets no sandbox.
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_SECONDS = 60
#: A window is never narrower than 500 pixels, whatever it is asked for, and lower than asked for:
#: so the page stands in a frame that has a phone's width for it, of which the picture is cut out.
_FRAME = """<!doctype html><meta charset="utf-8"><title>frame</title>
<style>:root {{ color-scheme: light dark }} body {{ margin: 0 }} iframe {{ border: 0; display: block }}
</style><iframe src="{page}" width="{width}" height="{height}"></iframe>"""


def screenshot(
    html: Path, png: Path, width: int, height: int, *, dark: bool = False, scale: int = 1
) -> None:
    """Draws the page `html`, `width` × `height` CSS pixels large, into the file `png`.

    `dark` is what the page sees as `prefers-color-scheme: dark`; `scale` is how many pixels of the
    picture make one of CSS. Fails the test when Chromium does.
    """
    program = shutil.which("chromium")
    if program is None:
        missing("Chromium is not installed: apt-get install chromium fonts-noto-color-emoji")
    with tempfile.TemporaryDirectory(prefix="deskpulse-chromium-") as profile:
        frame = Path(profile) / "frame.html"
        page = html.resolve().as_uri()
        frame.write_text(_FRAME.format(page=page, width=width, height=height))
        command = [
            program,
            *_QUIET,
            *(["--blink-settings=preferredColorScheme=0"] if dark else []),
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--force-device-scale-factor={scale}",
            f"--screenshot={png}",
            frame.as_uri(),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    if done.returncode != 0 or not png.exists():
        pytest.fail(f"Chromium ended with {done.returncode}:\n{done.stderr[-2000:]}")
