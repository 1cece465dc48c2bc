"""What is written, played in headless Chromium: ``make test-browser`` brings Playwright."""

import shutil

import cv2
import numpy as np
import pytest

from common.writer import VideoWriter
from tests.common.clips import number, number_in

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not here: make test-browser installs it"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="Chromium is not here (Debian: sudo apt-get install chromium)"
)
UNEVEN = [0.0, 0.1, 0.5, 2.0, 2.05, 3.0]
PAGE = '<body style="margin: 0"><video id="video" src="{}" muted preload="auto"></video></body>'
SEEK = """time => new Promise((done, failed) => {
    video.onerror = () => failed(video.error.message)
    video.onseeked = () => requestAnimationFrame(() => requestAnimationFrame(done))
    video.currentTime = time
})"""


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_each_picture_is_seen_at_its_time(tmp_path, ending):
    with VideoWriter(tmp_path / f"a{ending}", 2.0) as video:
        for k, (start, end) in enumerate(zip(UNEVEN, [*UNEVEN[1:], 3.5])):
            video.write(number(k, (320, 96)), start, end)
    (tmp_path / "page.html").write_text(PAGE.format(f"a{ending}"))
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 320, "height": 96})
        page.goto(f"file://{tmp_path}/page.html")
        page.wait_for_function("video.readyState >= 2", timeout=60_000)
        assert page.evaluate("video.duration") == pytest.approx(3.5, abs=0.05)
        for k, time in enumerate([0.05, 0.3, 1.9, 2.02, 2.5, 3.4]):
            page.evaluate(SEEK, time)
            shot = np.frombuffer(page.screenshot(), np.uint8)
            assert number_in(cv2.imdecode(shot, cv2.IMREAD_COLOR)) == k
        browser.close()
