"""Headless Chromium of Debian's package, and how the tests start it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType

PROGRAM = Path("/usr/bin/chromium-headless-shell")
"""The engine without windows: a page costs it an eighth less than the whole browser."""
SPARED = (
    "PreloadTopChromeWebUI",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    # Those that Playwright turns off: an argument of ours takes the place of its own.
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
"""What a browser has around the page, a process for each, is not made: nobody looks at it."""
# The software renderer is asked for by name: falling back to it by itself is deprecated. Only maps are
# drawn with it; it is the slower way to paint a page.
DRAWING = ("--enable-unsafe-swiftshader", "--disable-gpu-rasterization")
WITHOUT_WEBGL = "--disable-3d-apis"
ARGUMENTS = (
    f"--disable-features={','.join(SPARED)}",
    # Whatever a page asks for elsewhere fails at once, and is told by those who watch it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def launched(chromium: BrowserType, *more: str, environ: dict[str, str] | None = None) -> Browser:
    """It, drawing in software; whoever asks closes it. Skips where there is none."""
    if not PROGRAM.exists():
        pytest.skip(f"no browser here: {PROGRAM}")
    drawing = () if WITHOUT_WEBGL in more else DRAWING
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    arguments = [*ARGUMENTS, *drawing, *more, *sandbox]
    return chromium.launch(executable_path=PROGRAM, args=arguments, env={**os.environ, **(environ or {})})
