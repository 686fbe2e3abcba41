"""Visits to the map page under watch: nothing leaves the machine, breaks the policy, fails in the console."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from edit_ground import Ground
from patience import PATIENCE_S
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, expect
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

VIEW = {"width": 1200, "height": 760}
READY_MS = 60_000
COARSE = 0.5
"""Pixels of the screen a pixel of the page, where no fine ones are read: drawn four times as cheaply."""
BUSY = ("503 (Service Unavailable)", "Service Unavailable (503)")
"""What the browser and the map say of a server that turns away."""
REFUSAL = "Failed to load resource"
"""The browser's own line about what a platform does not give, which a test may want."""


@dataclass(frozen=True)
class Site:
    """A running platform and what a test has to know of its content."""

    url: str
    before_change: str = ""
    """A wall time, Beijing, at which the platform did not know of the change yet."""
    second_changeset: int = 0

    def map(self, **state: str) -> str:
        parts = [f"{key}={value}" for key, value in state.items()]
        return f"{self.url}/map" + (f"#{'&'.join(parts)}" if parts else "")


@dataclass
class Visit:
    """A page under watch: nothing may leave the machine, break the policy or fail in the console."""

    page: Page
    site: Site | Ground
    requests: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, **state: str) -> Page:
        self.page.goto(self.site.map(**state))
        self.drawn()
        return self.page

    def drawn(self) -> None:
        """Wait until everything asked for is on the screen."""
        expect(self.page.locator("#map[aria-busy=false]")).to_have_count(1, timeout=READY_MS)

    def still(self) -> None:
        """Wait until everything asked for is on the screen and nothing on it moves or comes any more."""
        before = [self.picture()]

        def alike() -> bool:
            self.page.wait_for_timeout(200)
            before.append(self.picture())
            return np.array_equal(before[-1], before[-2])

        self.drawn()
        self.until(alike)
        self.drawn()

    def until(self, true: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        """Let the page go on until something holds."""
        end = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < end, f"not within {within_s:g} s"
            self.page.wait_for_timeout(100)

    def streaming(self) -> None:
        """Wait until the page has asked for the stream of changes, which it does after its first picture."""
        self.until(lambda: any("/changes/stream" in url for url in self.requests))

    def picture(self) -> np.ndarray[Any, Any]:
        """What is on the screen: red, green, blue by row and column."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with MemoryFile(self.page.screenshot(scale="css")) as file, file.open() as opened:
                bands: np.ndarray[Any, Any] = opened.read((1, 2, 3))
        return bands

    def color(self) -> tuple[int, int, int]:
        """Median colour of 9 × 9 pixels in the middle of the map."""
        x, y = VIEW["width"] // 2, VIEW["height"] // 2
        patch = self.picture()[:, y - 4 : y + 5, x - 4 : x + 5]
        red, green, blue = np.median(patch.reshape(3, -1), axis=1)
        return int(red), int(green), int(blue)


def new_visit(
    browser: Browser,
    site: Site | Ground,
    *,
    fine: bool = False,
    view: Mapping[str, int] = VIEW,
    headers: Mapping[str, str] | None = None,
) -> Visit:
    """A page of its own under watch; whoever asks for it closes its context."""
    context = browser.new_context(
        viewport=ViewportSize(width=view["width"], height=view["height"]),
        locale="zh-CN",
        reduced_motion="reduce",
        device_scale_factor=1 if fine else COARSE,
        extra_http_headers=dict(headers or {}),
    )
    page = context.new_page()
    visit = Visit(page, site)

    def heard(message: ConsoleMessage) -> None:
        # A busy machine is no fault: what was turned away is asked again, and the test waits for it.
        if message.type == "error" and not any(words in message.text for words in BUSY):
            visit.complaints.append(f"{message.text} {message.location.get('url', '')}".rstrip())

    def asked(request: Request) -> None:
        visit.requests.append(request.url)
        if not request.url.startswith((f"{site.url}/", "data:", "blob:")):
            visit.foreign.append(request.url)

    page.on("request", asked)
    page.on("console", heard)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " (event) => console.error('CSP', event.violatedDirective, event.blockedURI))"
    )
    return visit


@contextmanager
def visiting(
    browser: Browser, site: Site | Ground, *, fine: bool = False, expected: Sequence[str] = ()
) -> Iterator[Visit]:
    """A page of its own, which in the end has nothing to complain of but what was expected."""
    watched = new_visit(browser, site, fine=fine)
    yield watched
    watched.page.context.close()
    complaints = [each for each in watched.complaints if not any(words in each for words in expected)]
    assert watched.foreign == []
    assert complaints == [], str(complaints)[:600]
