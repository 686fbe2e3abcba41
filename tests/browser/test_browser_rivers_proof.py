"""The archive browser: the proof is followed in the browser, and what was tampered with is shown as such."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha512
from pathlib import Path
from urllib.parse import quote

import pytest
from planning_page import fits
from playwright.sync_api import Browser, Locator, Page, Route, expect
from river_ground import GAUGE, OBJECT, PAPER, Riverside
from river_page import kept_in_link, part
from test_browser_panels_access import unbroken
from visits import REFUSAL, Site, Visit, visiting

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])


@pytest.fixture
def visit(browser: Browser, river: tuple[Site, Riverside]) -> Iterator[Visit]:
    with visiting(browser, river[0]) as watched:
        yield watched


@pytest.fixture
def refused(browser: Browser, river: tuple[Site, Riverside]) -> Iterator[Visit]:
    """A visit to which the platform refuses something: the browser's own line about that is no complaint."""
    with visiting(browser, river[0], expected=(REFUSAL,)) as watched:
        yield watched


def opened(visit: Visit, work: str = "W-GATE", version: int = 2) -> tuple[Page, Locator]:
    name = OBJECT.replace("W-GATE", work)
    page, panel = part(visit, "archive", f"object={quote(name, safe='')}&version={version}")
    expect(panel.locator("archive-object .files li").first).to_be_visible()
    return page, panel


def checked(panel: Locator) -> Locator:
    panel.get_by_role("button", name="在本浏览器核验").click()
    card = panel.locator("archive-proof-card")
    expect(card).to_be_visible()
    return card


@contextmanager
def altered(file: Path) -> Iterator[None]:
    """One byte of a file is another, for as long as this lasts."""
    kept = file.read_bytes()
    file.chmod(0o644)
    try:
        file.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        yield
    finally:
        file.write_bytes(kept)
        file.chmod(0o444)


def test_the_browser_follows_the_proof_to_the_root_of_the_day(
    visit: Visit, river: tuple[Site, Riverside]
) -> None:
    page, panel = part(visit, "archive")
    expect(panel.locator("li.row")).to_have_count(3)
    panel.get_by_label("按编号筛选").fill("w-gate")
    panel.locator("li.row button").click()
    files = panel.locator("archive-object .files li")
    expect(files.filter(has_text="水位.csv")).to_contain_text(sha512(PAPER + b"100+100,21.4\n").hexdigest())
    expect(panel.locator("archive-object .events li").first).to_contain_text("入藏 成功 · 张工")
    card = checked(panel)
    expect(card).to_contain_text("✓ 核验通过")
    expect(card).to_contain_text("第 3 项的哈希路径通到2026-11-21 的日根(共 3 项)")
    (line,) = (river[1].copy / "log" / "roots.jsonl").read_text().splitlines()
    expect(card).to_contain_text(json.loads(line)["root"])
    expect(files.filter(has_text="✓ 一致")).to_have_count(3)
    card.get_by_label("与纸面日根比较").fill(json.loads(line)["root"].upper())
    expect(card).to_contain_text("与纸面日根一致")
    card.get_by_label("与纸面日根比较").fill("00")
    expect(card).to_contain_text("与纸面日根不同")
    panel.get_by_label("版本").select_option("1")
    expect(panel.locator("archive-proof-card")).to_have_count(0)  # it was that of another version
    expect(checked(panel)).to_contain_text("第 1 项")
    assert kept_in_link(page)["version"] == "1"


def test_what_no_day_has_published_yet_is_no_proof(visit: Visit) -> None:
    _, panel = opened(visit, "W-BRIDGE", 1)
    expect(checked(panel)).to_contain_text("– 只核验了一部分")
    expect(panel.locator("archive-proof-card")).to_contain_text("此后尚未公布日根")


FORGED = (
    ("**/files/*csv", PAPER[:8], b"X" + PAPER[1:8], "1 个文件被改动或缺失"),
    ("**/inventory", b"v2/content", b"v1/content", "清单被改动"),
    ("**/archive/roots", b'"root":"', b'"root":"00', "日志与公布的根不符"),
    ("**/proof?size=3", b"W-GATE", b"W-GATES", "日志与公布的根不符"),
)
"""Where something is changed on the way, what into what, and what the page has to say of it."""


def forging(before: bytes, after: bytes) -> Callable[[Route], None]:
    """Hands an answer on with something in it exchanged."""

    def forge(route: Route) -> None:
        answer = route.fetch()
        assert before in answer.body()
        route.fulfill(response=answer, body=answer.body().replace(before, after))

    return forge


def test_what_is_changed_on_the_way_does_not_pass(visit: Visit) -> None:
    page, panel = opened(visit)
    for address, before, after, told in FORGED:
        forge = forging(before, after)
        page.route(address, forge)
        card = checked(panel)
        expect(card).to_contain_text("✕ 核验不通过")
        expect(card).to_contain_text(told)
        page.unroute(address, forge)
    expect(checked(panel)).to_contain_text("✓ 核验通过")


def test_a_file_altered_on_the_medium_is_shown_as_such(refused: Visit, river: tuple[Site, Riverside]) -> None:
    _, panel = opened(refused)
    (file,) = river[1].copy.glob("ocfl/*/*/*/*W-GATE*/v2/content/图/水位.csv")
    with altered(file):
        card = checked(panel)
        expect(card).to_contain_text("✕ 核验不通过")
        row = panel.locator("archive-object .files li").filter(has_text="水位.csv")
        expect(row).to_contain_text("✕ 被改动")
    expect(checked(panel)).to_contain_text("✓ 核验通过")


@SIZES
def test_nothing_is_in_the_way_in_any_part(visit: Visit, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = part(visit, "strip", "from=98500&to=104500&at=river-works%2FW-GATE")
    expect(panel.locator(".chosen")).to_be_visible()
    unbroken(page, "strip")
    fits(page, size)
    page, panel = part(visit, "sections", "section=S-1")
    expect(panel.locator("svg .water")).to_be_visible()
    unbroken(page, "section")
    fits(page, size)
    panel.get_by_role("button", name="纵剖面").click()
    expect(panel.locator("long-profile svg")).to_be_visible()
    unbroken(page, "profile")
    fits(page, size)
    page, panel = part(visit, "gauges", f"station={GAUGE}")
    expect(panel.locator("rating-chart svg").first).to_be_visible()
    unbroken(page, "station")
    fits(page, size)
    page, panel = part(visit, "works", "subject=W-GATE")
    expect(panel.locator("claim-list .claim").first).to_be_visible()
    unbroken(page, "claims")
    fits(page, size)
    page, panel = part(visit, "works", "view=records&open=QX-1")
    expect(panel.locator("record-list ol li")).to_be_visible()
    unbroken(page, "records")
    fits(page, size)
    page, panel = opened(visit)
    checked(panel)
    unbroken(page, "proof")
    fits(page, size)
    page, panel = part(visit, "flights")
    expect(panel.locator("volume-form")).to_be_visible()
    unbroken(page, "flights")
    fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel).to_contain_text("Volumes by chainage")
    unbroken(page, "English")
    page, panel = part(visit, "strip", lang="en")
    expect(panel).to_contain_text("What is in view")
    unbroken(page, "English strip")
