"""Take the README's pictures of Smielfy, with a rendered woman before the camera.

    PYTHONPATH=.cache/browser python dataset/smielfy/make_screenshots.py

`make test-browser` brings Playwright; Chromium is the system's. The camera plays the laugh
of the demo's video; three smileys are given before, from the rendered examples.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


SMILEY = "laugh"
GIVEN = ("laugh", "wink", "kiss")
AROUND = 2.4  # height of what the camera sees, in sides of the face
WIDE, TALL = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
PAUSE = 4000  # milliseconds: the mirror's figures settle
QUALITY = 85


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    out = cli.ROOT / "results" / "smielfy"
    parser.add_argument("--out", type=Path, default=out, help="folder (default results/smielfy)")
    return parser.parse_args(argv)


def film(path):
    """Write the held smiley, to and fro, as Chromium's fake camera reads it: 640x480."""
    from itertools import islice

    import cv2

    from common.video import open_source

    video = cli.ROOT / "dataset" / "demo" / "known.mp4"
    frames = json.loads(video.with_suffix(".json").read_text(encoding="utf-8"))["frames"]
    held = [row for row in frames if row["smiley"] == SMILEY and row["phase"] == "held"]
    x, y, side, _ = held[len(held) // 2]["box"]
    height = round(AROUND * side)
    width = height * 4 // 3
    left, top = round(x + side / 2 - width / 2), max(0, round(y + 0.45 * side - height / 2))
    first, pictures = held[0]["frame"], []
    with open_source(str(video)) as source:
        for frame in islice(source, first, first + len(held)):
            part = frame[top : top + height, left : left + width]
            part = cv2.resize(part, (640, 480), interpolation=cv2.INTER_CUBIC)
            pictures.append(cv2.imencode(".jpg", part)[1].tobytes())
    path.write_bytes(b"".join(pictures + pictures[::-1]))


def begin(folder):
    """Start the service; (process, address)."""
    command = [sys.executable, str(cli.ROOT / "dataset" / "collect.py"), "--port", "0"]
    process = subprocess.Popen([*command, "--out", str(folder)], stdout=subprocess.PIPE, text=True)
    text = ""
    for line in process.stdout:
        text += line
        if "Ctrl-C" in line:
            break
    return process, re.search(r"http://\S+", text).group()


def give(page):
    """Consent, and give three smileys from files."""
    page.check("#agree")
    page.click("#consent-form button")
    for smiley in GIVEN:
        page.click(f'#smileys a[href="#shoot/{smiley}"]')
        page.wait_for_selector("#take:enabled")
        examples = sorted((cli.ROOT / "dataset/smielfy/static/examples").glob(f"{smiley}-*.jpg"))
        page.set_input_files("#files", [str(path) for path in examples])
        page.click("#send:enabled")
        page.wait_for_selector("#result:not([hidden])")
        page.click('nav a[href="#collect"]')
        page.wait_for_selector("#smileys li")


def look(page, view):
    """The page as it looks some seconds after a view was opened, as an image."""
    import cv2
    import numpy as np

    page.evaluate(f"location.hash = '{view}'")
    if view == "mirror":
        page.wait_for_selector("#mirror-stage .face:visible")
    page.wait_for_timeout(PAUSE)
    page.mouse.move(0, 0)
    return cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise cli.UserError("Playwright is not here: see --help") from None
    if not chromium:
        raise cli.UserError("Chromium is not here (Debian: sudo apt-get install chromium)")
    import cv2
    import numpy as np

    from common.output import atomic_write, make_folder

    make_folder(arguments.out)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        film(Path(folder) / "laugh.mjpeg")
        process, address = begin(Path(folder) / "smielfy")
        try:
            flags = [
                "--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={folder}/laugh.mjpeg",
            ]  # fmt: skip
            browser = driver.chromium.launch(executable_path=chromium, args=flags)
            context = browser.new_context(viewport=WIDE, locale="en-US")
            context.set_default_timeout(120_000)
            page = context.new_page()
            page.goto(address)
            give(page)
            pictures = {"collect": look(page, f"shoot/{SMILEY}"), "mirror": look(page, "mirror")}
            page.set_viewport_size(TALL)
            phones = [look(page, "collect")]
            page.emulate_media(color_scheme="dark")
            page.click("#language")
            phones += [look(page, f"shoot/{SMILEY}"), look(page, "mirror")]
            gap = np.full((TALL["height"], 14, 3), 255, np.uint8)
            pictures["phone"] = np.hstack([phones[0], gap, phones[1], gap, phones[2]])
            browser.close()
        finally:
            process.terminate()
            process.wait(20)
        for name, picture in pictures.items():
            with atomic_write(arguments.out / f"{name}.jpg") as temporary:
                cv2.imwrite(str(temporary), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{', '.join(pictures)} in {arguments.out}")


if __name__ == "__main__":
    cli.run(main)
