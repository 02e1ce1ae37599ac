"""My week as an app: whether Chromium would install it, by its own word, and what it then answers for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import ARGUMENTS, LOCALES, PATIENCE, chromium, sign_in
from tests.live import wait_until
from tours.models import Guide, Museum, User

CONTROLS = "() => Boolean(navigator.serviceWorker.controller)"
KEPT = "caches.open('qonaq-guide-kept').then(box => box.keys()).then(keys => keys.length)"
SCOPES = """navigator.serviceWorker.getRegistrations().then(all => all.map(one => new URL(one.scope).pathname))"""
SOLID = """async address => {
    const picture = await createImageBitmap(await (await fetch(address)).blob()), size = picture.width;
    const paper = Object.assign(document.createElement("canvas"), { width: size, height: size }).getContext("2d");
    paper.drawImage(picture, 0, 0);
    const corners = [[0, 0], [size - 1, 0], [0, size - 1], [size - 1, size - 1]];
    return [size, picture.height, corners.every(([x, y]) => paper.getImageData(x, y, 1, 1).data[3] === 255)]; }"""
"""Width and height of a picture, and whether it fills its corners, which a phone may cut off."""


@pytest.fixture
def guide(open_museum: Museum) -> User:
    user = User.objects.create(username="g03", locale="kk")
    Guide.objects.filter(code="g03").update(user=user)
    return user


@pytest.fixture
def phone(live_site: str, browser: Browser, guide: User, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser with a profile that lasts: a private window installs nothing."""
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path / "profile"),
        executable_path=chromium(),
        args=ARGUMENTS,
        base_url=live_site,
        locale=LOCALES["kk"],
        viewport={"width": 390, "height": 844},
    )
    context.set_default_timeout(PATIENCE)
    sign_in(context, guide, live_site)
    yield context
    context.close()


def asked(screen: Page, method: str) -> dict[str, Any]:
    """What Chromium itself says of a page (Chrome DevTools Protocol)."""
    session = screen.context.new_cdp_session(screen)
    try:
        return dict(session.send(method))
    finally:
        session.detach()


def test_chromium_would_install_my_week_and_reads_its_manifest_without_a_fault(
    phone: BrowserContext, live_site: str
) -> None:
    screen = phone.new_page()
    screen.goto("/guide/")
    wait_until(lambda: screen.evaluate(CONTROLS), what="the service worker")
    read = asked(screen, "Page.getAppManifest")
    assert read["url"].startswith(f"{live_site}/guide/app.webmanifest")
    assert read["errors"] == []
    assert asked(screen, "Page.getInstallabilityErrors")["installabilityErrors"] == []
    said = json.loads(read["data"])
    assert (said["start_url"], said["scope"], said["display"]) == ("/guide/", "/", "standalone")
    assert (said["lang"], said["dir"], said["short_name"]) == ("kk", "ltr", "Менің аптам")
    assert screen.evaluate("document.documentElement.lang") == said["lang"]
    icons = [icon for icon in said["icons"] if icon["type"] == "image/png"]
    assert {(icon["sizes"], icon["purpose"]) for icon in icons} == {
        (sizes, purpose) for sizes in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    for icon in icons:
        width, height, solid = screen.evaluate(SOLID, icon["src"])
        assert f"{width}x{height}" == icon["sizes"]
        assert solid or icon["purpose"] == "any"


def test_its_worker_answers_for_the_guides_pages_alone_and_has_one_for_when_there_is_no_network(
    phone: BrowserContext,
) -> None:
    screen = phone.new_page()
    screen.goto("/guide/")
    wait_until(lambda: screen.evaluate(CONTROLS) and screen.evaluate(KEPT) == 2, what="the pages that a phone keeps")
    assert screen.evaluate(SCOPES) == ["/guide/"]
    phone.set_offline(True)
    screen.goto("/guide/")  # as the app's icon opens it
    expect(screen.locator("h1")).to_be_visible()
    assert screen.evaluate(CONTROLS)
    assert screen.title()
    phone.set_offline(False)
    screen.goto("/")
    assert not screen.evaluate(CONTROLS)


def test_chromium_says_so_where_a_page_is_no_app(phone: BrowserContext) -> None:
    """The twin: what is asked above can be answered otherwise."""
    screen = phone.new_page()
    screen.goto("/")
    found = asked(screen, "Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in found] == ["no-manifest"]
