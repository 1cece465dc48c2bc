"""Smielfy in a real browser: headless Chromium whose camera plays rendered faces.

``make test-browser`` brings Playwright; Chromium is the system's.
"""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from types import SimpleNamespace

import cv2
import pytest

from common.cli import ROOT
from common.smileys import read_smileys
from dataset.manifest import read_manifest
from dataset.smielfy import mirror_folder
from tests.dataset.smielfy.helpers import mentions

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not here: make test-browser installs it"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="Chromium is not here (Debian: sudo apt-get install chromium)"
)
expect = playwright.expect
expect.set_options(timeout=60_000)  # the machine may be busy
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
]
SHOWN = ("surprise", "cool", "laugh")  # by the camera, in turn
EXAMPLES = ROOT / "dataset" / "smielfy" / "static" / "examples"


def film(path, seconds=2, rate=30):
    """Write a video of rendered faces as Chromium's fake camera reads it: 640x480."""
    with open(path, "wb") as file:
        for smiley in SHOWN:
            face = cv2.resize(
                cv2.imread(str(EXAMPLES / f"{smiley}-1.jpg")),
                (420, 420),
                None,
                0,
                0,
                cv2.INTER_CUBIC,
            )
            frame = cv2.copyMakeBorder(face, 30, 30, 110, 110, cv2.BORDER_REPLICATE)
            file.write(cv2.imencode(".jpg", frame)[1].tobytes() * (seconds * rate))
    return path


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The service with the shipped networks, as `make collect` starts it."""
    folder = tmp_path_factory.mktemp("smielfy")
    command = [sys.executable, str(ROOT / "dataset" / "collect.py"), "--out", str(folder)]
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    process = subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, text=True, env=environ
    )
    address = admin = None
    for line in process.stdout:
        address = address or re.search(r"http://\S+", line)
        admin = re.search(r"http://\S+/admin.html#\w+", line) or admin
        if "Ctrl-C" in line:
            break
    yield SimpleNamespace(address=address.group(), folder=folder, admin=admin.group())
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium with a camera."""
    video = film(tmp_path_factory.mktemp("film") / "faces.mjpeg")
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={video}"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS + camera)
        yield browser
        browser.close()


# A real camera's noise: no two pictures of a still face are alike.
NOISE = """
const real = HTMLCanvasElement.prototype.toBlob;
HTMLCanvasElement.prototype.toBlob = function (...rest) {
    const context = this.getContext("2d");
    for (let k = 0; k < 24; k++) {
        context.fillStyle = Math.random() < 0.5 ? "#555" : "#777";
        context.fillRect(this.width / 2 - 96 + 8 * k, 0.08 * this.height, 8, 6);
    }
    return real.apply(this, rest);
};
"""


@pytest.fixture
def visit(browser, service):
    """Open the page in a browser of its own; what it complains of fails the test."""
    contexts, problems = [], []

    def visit(width=1280, height=800, locale="en-US", browser=browser, address=None, **options):
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, **options
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        context.add_init_script(NOISE)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else 0)
        page.on("request", lambda request: check_address(request.url))
        page.goto(address or service.address)
        return page

    def check_address(url):
        if not url.startswith((service.address, "blob:", "data:")):
            problems.append(f"asked for {url}")

    yield visit
    for context in contexts:
        context.close()
    # Chromium logs these replies, which are answers: busy, no face; and what a test cuts off.
    logged = " (429|422|503) |net::ERR_FAILED"
    assert [text for text in problems if not re.search(logged, text)] == []


def agree(page):
    """Consent, by mouse; returns the pseudonym."""
    page.check("#agree")
    page.click("#consent-form button")
    expect(page.locator("#smileys a")).to_have_count(17)
    page.click('nav a[href="#mine"]')
    expect(page.locator("#given li")).to_have_count(17)
    person = re.search("s[0-9a-f]{12}", page.inner_text("#mine-person")).group()
    page.click('nav a[href="#collect"]')
    return person


def shoot(page, smiley, drop=()):
    """Take a burst of a smiley, drop some pictures, send the rest."""
    page.click(f'#smileys a[href="#shoot/{smiley}"]')
    page.click("#take:enabled")
    pictures = page.locator("#pictures button")
    expect(pictures).to_have_count(10)
    for number in drop:
        pictures.nth(number).click()
        expect(pictures.nth(number)).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#send")).to_have_text(f"Send {10 - len(drop)} pictures")
    page.click("#send")
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#result-text")).to_have_text(f"{10 - len(drop)} pictures kept.")
    page.click("#shoot-stage >> xpath=ancestor::section//a")


def test_a_whole_visit(visit, service):
    """Consent, three smileys, one's pictures shown to another, deletion."""
    page = visit()
    expect(page.locator("#smileys")).to_be_hidden()  # nothing before the consent
    person = agree(page)
    for smiley, drop in (("smile", [1]), ("wink", []), ("surprise", [0, 9])):
        shoot(page, smiley, drop)
    expect(page.locator("#progress-text")).to_contain_text("3 of 17")
    expect(page.locator("#smileys .done")).to_have_count(3)
    expect(page.locator("#smileys .done").first).to_contain_text("9 pictures, 1 burst")
    rows = read_manifest(service.folder / "collected", read_smileys(), pictures=True)
    mine = [row for row in rows if row["person"] == person]
    assert len(mine) == 27
    assert {row["smiley"] for row in mine} == {"smile", "wink", "surprise"}
    assert len({row["clip"] for row in mine}) == 3

    other = visit()
    agree(other)
    other.click('#smileys a[href="#shoot/smile"]')
    expect(other.locator("#rendered img")).to_have_count(3)
    expect(other.locator("#people-block")).to_be_hidden()
    page.click('nav a[href="#mine"]')
    page.check("#shown")
    expect(page.locator("#shown")).to_be_checked()
    other.reload()
    expect(other.locator("#rendered img")).to_have_count(3)
    expect(other.locator("#people-block")).to_be_hidden()  # the administrator has not approved it
    admin = visit(address=service.admin)
    for left in (2, 1, 0):
        admin.locator("#shown button.main").first.click()
        expect(admin.locator("#shown button.main")).to_have_count(left)
    other.reload()
    expect(other.locator("#people img")).to_have_count(1)

    page.click("#delete")
    page.click('#sure button[value="no"]')
    expect(page.locator("#mine-things")).to_be_visible()
    page.click("#delete")
    page.click('#sure button[value="yes"]')
    expect(page.locator("#mine-things")).to_be_hidden()
    assert not mentions(service.folder, person)
    other.reload()
    expect(other.locator("#rendered img")).to_have_count(3)
    expect(other.locator("#people-block")).to_be_hidden()
    page.click('nav a[href="#collect"]')
    expect(page.locator("#agree")).to_be_visible()


def test_the_mirror_names_what_the_camera_shows(visit):
    page = visit()
    page.click('nav a[href="#mirror"]')  # without consent: nothing is kept
    smileys = read_smileys()
    for smiley in SHOWN:
        expect(page.locator("#mirror-emoji")).to_have_text(smileys[smiley]["emoji"])
    expect(page.locator("#mirror-speed")).to_have_text(re.compile(r"[\d.]+ looks a second, \d+ ms"))
    expect(page.locator("#mirror-stage .face")).to_be_visible()
    expect(page.locator("#bars li")).to_have_count(17)
    stage = page.locator("#mirror-stage").bounding_box()
    face = page.locator("#mirror-stage .face").bounding_box()
    middle = face["x"] + face["width"] / 2 - stage["x"]
    assert 0.35 < middle / stage["width"] < 0.65
    assert 0.2 < face["width"] / stage["width"] < 0.6


def test_the_game_gives_a_point_and_offers_its_mistakes(visit, service):
    page = visit()
    page.add_init_script("WebAssembly.validate = () => false")  # the server looks: it is quicker
    page.reload()
    person = agree(page)
    page.click('nav a[href="#game"]')
    page.click("#play:enabled")
    known = [read_smileys()[smiley]["emoji"] for smiley in SHOWN]
    emoji = page.locator("#game-emoji")
    expect(emoji).not_to_have_text("?")
    for _ in range(60):
        if page.inner_text("#game-emoji") in known or page.inner_text("#game-points") != "0":
            break
        page.click("#pass")
    expect(page.locator("#game-points")).not_to_have_text("0", timeout=30_000)
    expect(page.locator("#game-got")).to_contain_text("Recognised")
    expect(page.locator("#play")).to_be_visible(timeout=70_000)
    expect(page.locator("#game-how")).to_contain_text(re.compile(r"^\d+ points?\. Your best"))
    wrong = page.locator("#wrong-pictures li")
    expect(wrong.first).to_be_visible()
    expect(page.locator("#wrong-send")).to_be_disabled()
    wrong.first.locator("select").select_option("kiss")
    expect(page.locator("#wrong-send")).to_have_text("Send 1 picture as labelled")
    before = wrong.count()
    page.click("#wrong-send")
    expect(wrong).to_have_count(before - 1)
    rows = read_manifest(service.folder / "collected")
    assert [row["smiley"] for row in rows if row["person"] == person] == ["kiss"]


# Whether one sees where the focus is; a hidden input's label shows it.
OUTLINED = """() => [document.activeElement, document.activeElement.parentElement].some((node) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(node);
    return node === document.body || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2);
})"""


def test_by_keyboard_alone(visit):
    page = visit()
    expect(page.locator("#agree")).to_be_visible()

    def tab_to(selector):
        for _ in range(40):
            if page.locator(f"{selector}:focus").count():
                return
            page.keyboard.press("Tab")
            assert page.evaluate(OUTLINED), page.evaluate("document.activeElement.outerHTML")
        raise AssertionError(f"no way to {selector}")

    tab_to("#agree")
    page.keyboard.press("Space")
    tab_to("#consent-form button")
    page.keyboard.press("Enter")
    expect(page.locator("#smileys a")).to_have_count(17)
    tab_to("#deal")
    page.keyboard.press("Enter")
    expect(page.locator("#take")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#result-text")).to_have_text("10 pictures kept.")
    expect(page.locator("#next")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_view_is_wider_than_the_screen(visit, width):
    page = visit(width, 800, "ru-RU")
    expect(page.locator("#consent-form button")).to_have_text("Начать")
    assert page.evaluate("document.documentElement.lang") == "ru"
    page.check("#agree")
    page.click("#consent-form button")
    expect(page.locator("#smileys a")).to_have_count(17)
    for view in ("collect", "shoot/cry", "mirror", "game", "mine"):
        page.evaluate(f"location.hash = '{view}'")
        expect(page.locator(f"[data-view={view.partition('/')[0]}]")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_every_control_has_a_name(visit):
    page = visit()
    agree(page)
    for view in ("collect", "shoot/cry", "mirror", "game", "mine"):
        page.evaluate(f"location.hash = '{view}'")
        section = page.locator(f"[data-view={view.partition('/')[0]}]")
        expect(section).to_be_visible()
        expect(section.locator("h1")).to_have_count(1)
        for control in section.locator("button:visible, a:visible, select:visible").all():
            assert (control.inner_text() or control.get_attribute("aria-label")).strip(), view
        for image in section.locator("img").all():
            assert image.get_attribute("alt") is not None


def test_another_language_at_a_click(visit):
    page = visit()
    expect(page.locator("#consent-form button")).to_have_text("Begin")
    page.click("#language")
    expect(page.locator("#consent-form button")).to_have_text("Начать")
    page.reload()
    expect(page.locator("#consent-form button")).to_have_text("Начать")


def test_without_a_camera_photos_are_taken_from_files(visit, browser):
    """The page says what is missing; a photo without a face is refused with words."""
    chromium = browser.browser_type
    bare = chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    try:
        page = visit(browser=bare)
        agree(page)
        page.click('#smileys a[href="#shoot/cool"]')
        expect(page.locator("#shoot-problem")).to_contain_text("No camera")
        empty = cv2.imencode(".png", cv2.imread(str(EXAMPLES / "cool-1.jpg"))[:12])[1].tobytes()
        faces = [str(EXAMPLES / f"cool-{number}.jpg") for number in (1, 2)]
        page.set_input_files("#files", faces)
        expect(page.locator("#send")).to_have_text("Send 2 pictures")
        page.click("#send")
        expect(page.locator("#result-text")).to_have_text("2 pictures kept.")
        page.click("#more")
        page.set_input_files("#files", {"name": "x.png", "mimeType": "image/png", "buffer": empty})
        expect(page.locator("#send")).to_have_text("Send 1 picture")
        page.click("#send")
        expect(page.locator("#result-problems")).to_contain_text("No face was found")
    finally:
        bare.close()


SLOW_CAMERA = """() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.opened = [];
    navigator.mediaDevices.getUserMedia = async (options) => {
        await new Promise((done) => setTimeout(done, 1500));  // she looks for the button
        const stream = await open(options);
        window.opened.push(stream);
        return stream;
    };
}"""
LIVE = "opened.filter((s) => s.getTracks().some((t) => t.readyState === 'live')).length"


def test_who_goes_elsewhere_before_the_camera_is_there(visit):
    """No complaint, no second camera, and none that stays on."""
    page = visit()
    agree(page)
    page.evaluate(SLOW_CAMERA)
    for view in ("mirror", "shoot/wink", "mine", "shoot/kiss", "game", "shoot/cool"):
        page.evaluate(f"location.hash = '{view}'")
        page.wait_for_timeout(200)
    expect(page.locator("#take")).to_be_enabled()
    expect(page.locator("#shoot-problem")).to_be_empty()
    assert page.evaluate("document.querySelector('#shoot-stage video').videoWidth") == 640
    assert page.evaluate(LIVE) == 1
    page.click("#language")
    expect(page.locator("#take")).to_have_text("Снять десять кадров")
    expect(page.locator("#take")).to_be_enabled()
    expect(page.locator("#shoot-problem")).to_be_empty()
    page.evaluate("location.hash = 'mirror'")
    page.wait_for_timeout(200)
    page.evaluate("location.hash = 'mine'")
    expect(page.locator("#given")).to_be_visible()
    assert page.evaluate(LIVE) == 0


def test_photos_chosen_in_the_countdown_are_not_replaced_by_the_burst(visit):
    page = visit()
    agree(page)
    page.click('#smileys a[href="#shoot/cool"]')
    page.click("#take:enabled")
    page.set_input_files("#files", [str(EXAMPLES / f"cool-{number}.jpg") for number in (1, 2)])
    pictures = page.locator("#pictures button")
    expect(pictures).to_have_count(2)
    page.wait_for_timeout(7000)  # countdown and burst would be over
    expect(pictures).to_have_count(2)


def test_what_is_being_sent_cannot_be_chosen_again(visit):
    page = visit()
    agree(page)
    page.click('#smileys a[href="#shoot/cool"]')
    page.set_input_files("#files", [str(EXAMPLES / f"cool-{number}.jpg") for number in (1, 2)])
    pictures = page.locator("#pictures button")
    expect(pictures).to_have_count(2)
    waiting, released = [], []

    def hold(route):
        if released:
            route.continue_()
        else:
            waiting.append(route)

    page.route("**/api/bursts/**", hold)
    page.click("#send")
    expect(page.locator("#send")).to_be_disabled()
    expect(pictures.first).to_be_disabled()
    page.click('nav a[href="#collect"]')  # she goes elsewhere, and they are sent all the same
    expect(page.locator("#smileys")).to_be_visible()
    released.append(True)
    for route in waiting:
        route.continue_()
    expect(page.locator("#said")).to_have_text("2 pictures kept.")


def test_what_goes_wrong_is_said_beside_the_button(visit):
    page = visit()
    agree(page)
    held = []
    page.route("**/api/teach", lambda route: held.append(route))
    with page.expect_request("**/api/teach"):
        page.click('nav a[href="#mine"]')
    # Before it is known how the teaching stands, a click would be lost.
    expect(page.locator("#teach")).to_be_disabled()
    for route in held:
        route.continue_()
    page.unroute("**/api/teach")
    page.click("#teach")
    problem = page.locator(".card:has(#teach) .problem")
    expect(problem).to_contain_text("at least three smileys")
    expect(problem).to_be_in_viewport()


AMOUNTS = """async (language) => {
    const { loadLanguage } = await import("/i18n.js");
    const { countText } = await import("/dom.js");
    await loadLanguage(language);
    return [...Array(26).keys()].map((count) => countText({ pictures: count, bursts: count }));
}"""


def test_amounts_are_right_in_both_languages(visit):
    page = visit()
    expect(page.locator("#agree")).to_be_visible()
    english = page.evaluate(AMOUNTS, "en")
    russian = page.evaluate(AMOUNTS, "ru")
    for count in range(26):
        one = count == 1
        assert english[count] == (
            f"{count} picture{'' if one else 's'}, {count} burst{'' if one else 's'}"
        )
        if count in (1, 21):
            form = "снимок", "серия"
        elif count in (2, 3, 4, 22, 23, 24):
            form = "снимка", "серии"
        else:  # 0, 5 to 20, 25
            form = "снимков", "серий"
        assert russian[count] == f"{count} {form[0]}, {count} {form[1]}"


def cut(page, number):
    """Cut the connection at the picture with this number, until it is mended."""
    pattern = re.compile(rf"/api/bursts/[^/]+/{number}$")
    page.route(pattern, lambda route: route.abort())
    return lambda: page.unroute(pattern)


def test_a_cut_connection_loses_nothing_and_the_burst_goes_on(visit, service):
    page = visit()
    person = agree(page)
    page.click('#smileys a[href="#shoot/sad"]')
    page.click("#take:enabled")
    expect(page.locator("#pictures button")).to_have_count(10)
    mend = cut(page, 7)
    page.click("#send")
    expect(page.locator("#shoot-problem")).to_contain_text("press Send again")
    mend()
    page.click("#send")
    expect(page.locator("#result-text")).to_have_text("10 pictures kept.")
    rows = [r for r in read_manifest(service.folder / "collected") if r["person"] == person]
    assert sorted(int(row["frame"]) for row in rows) == list(range(10))
    assert len({row["clip"] for row in rows}) == 1


VIEWS = ("collect", "shoot/sad", "mirror", "game", "mine")


@pytest.mark.parametrize("trouble", ["away", "503"])
def test_every_view_says_when_the_server_is_away(visit, trouble):
    page = visit()
    page.add_init_script("WebAssembly.validate = () => false")  # or the mirror needs no server
    page.reload()
    agree(page)
    answer = {
        "away": lambda route: route.abort(),
        "503": lambda route: route.fulfill(status=503, body="<html>"),
    }[trouble]
    said = {"away": "does not answer", "503": "in trouble"}[trouble]
    for view in VIEWS:
        page.evaluate("location.hash = 'collect'")
        expect(page.locator("#smileys a")).to_have_count(17)
        page.route("**/api/**", answer)
        page.evaluate(f"location.hash = '{view}'")
        if view == "collect":
            page.evaluate("dispatchEvent(new Event('statechange'))")
        if view == "shoot/sad":
            page.click("#take:enabled")
            page.click("#send:enabled")
        expect(page.locator(".problem:visible", has_text=said).first).to_be_visible()
        page.unroute("**/api/**")
    page.reload()
    page.route("**/api/**", answer)
    page.reload()
    expect(page.locator("#away-problem")).to_contain_text(said)
    page.unroute("**/api/**")
    page.click("#away-again")
    expect(page.locator("#given li, #smileys a").first).to_be_visible()


@pytest.mark.parametrize("view", ["shoot/sad", "mirror", "game"])
def test_a_camera_that_ends_in_the_middle_is_noticed(visit, view):
    page = visit()
    agree(page)
    page.evaluate(f"location.hash = '{view}'")
    video = page.locator("video:visible")
    expect(video).to_be_visible()
    stage = f"#{view.partition('/')[0]}-stage"
    expect(page.locator(f"{stage} .hint")).not_to_have_text("Starting the camera")
    video.evaluate("node => node.srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    expect(page.locator(".problem:visible")).to_contain_text("The camera has ended")


def test_the_admins_page(visit, service):
    page = visit()
    person = agree(page)
    shoot(page, "smile")
    shoot(page, "wink")
    admin = visit(address=service.admin)
    row = admin.locator("#people tr", has_text=person)
    expect(row).to_contain_text("20 pictures, 2 bursts")
    assert "#" not in admin.url  # the key is not in the history
    row.locator("button").first.click()
    expect(admin.locator("#bursts img")).to_have_count(20)
    admin.locator("#bursts li button").first.click()
    expect(admin.locator("#bursts img")).to_have_count(19)
    admin.locator("#bursts p button").last.click()
    expect(admin.locator("#bursts img")).to_have_count(9)
    with admin.expect_download() as download:
        admin.click("a[download]")
    exported = service.folder / "exported.zip"
    download.value.save_as(exported)
    row.locator("button.danger").click()
    admin.click('#sure button[value="yes"]')
    expect(row).to_have_count(0)
    assert not (service.folder / "collected" / "crops" / person).exists()
    admin.set_input_files("#import", str(exported))
    expect(row).to_contain_text("9 pictures, 1 burst")
    expect(admin.locator("#said")).to_contain_text("Added: 9")
    exported.unlink()


def test_next_person_and_back_by_the_private_link(visit):
    page = visit()
    person = agree(page)
    shoot(page, "smile")
    page.click("#next-person")
    expect(page.locator("#link-address")).to_contain_text("#come/")
    expect(page.locator("#link-code")).to_have_attribute("src", re.compile("^blob:"))
    expect(page.locator("#link-code")).not_to_have_js_property("naturalWidth", 0)
    link = page.inner_text("#link-address")
    page.click('#link button[value="next"]')
    expect(page.locator("#agree")).to_be_visible()
    assert agree(page) != person
    telephone = visit(390, 844, address=link)
    expect(telephone.locator("#mine-person")).to_contain_text(person)
    expect(telephone.locator("#thumbs img")).to_have_count(10)
    assert "come" not in telephone.url
    expect(telephone.locator("#thumbs img").first).not_to_have_js_property("naturalWidth", 0)
    telephone.locator("#thumbs button").first.click()
    expect(telephone.locator("#thumbs img")).to_have_count(9)
    with telephone.expect_download() as download:
        telephone.click("#mine-things a[download]")
    assert download.value.suggested_filename == "smielfy-mine.zip"


@pytest.mark.parametrize(("width", "height"), [(844, 390), (640, 400), (667, 375)])
def test_take_and_send_are_in_sight(visit, width, height):
    """On telephones on their side, and on a page of 1280x800 at 200 %."""
    page = visit(width, height)
    agree(page)
    page.evaluate("location.hash = 'shoot/sad'")
    for button in ("#take:enabled", "#send:enabled"):
        page.wait_for_selector(button)
        box = page.locator(button).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height
        hit = "([x, y]) => document.elementFromPoint(x, y).closest('button')?.id"
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert f"#{page.evaluate(hit, middle)}:enabled" == button  # nothing lies above it
        page.click(button)


@pytest.mark.parametrize(("width", "height"), [(844, 390), (640, 400)])
def test_the_whole_camera_is_in_sight(visit, width, height):
    """In the mirror and in the game, without scrolling."""
    page = visit(width, height)
    for view in ("mirror", "game"):
        page.evaluate(f"location.hash = '{view}'")
        stage = page.locator(f"#{view}-stage")
        expect(stage).to_be_visible()
        box = stage.bounding_box()
        bars = page.locator("nav").bounding_box()["y"]  # at the bottom, on a narrow page
        assert box["y"] + box["height"] <= (bars if bars > height / 2 else height), view
        assert box["width"] / box["height"] == pytest.approx(4 / 3, abs=0.02)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_camera_can_be_chosen(visit, browser):
    flags = [*FLAGS, "--use-fake-device-for-media-stream=device-count=2"]
    two = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    try:
        page = visit(browser=two)
        agree(page)
        page.evaluate("location.hash = 'shoot/sad'")
        cameras = page.locator("#camera option")
        expect(cameras).to_have_count(2)
        other = cameras.nth(1).get_attribute("value")
        page.select_option("#camera", other)
        page.click("#take:enabled")
        expect(page.locator("#pictures button")).to_have_count(10)
        assert page.evaluate("localStorage.getItem('camera')") == other
        page.reload()
        page.evaluate("location.hash = 'shoot/sad'")
        expect(page.locator("#camera")).to_have_value(other)
    finally:
        two.close()


needs_mirror = pytest.mark.skipif(
    not (mirror_folder.CACHE / "nets" / "meta.json").exists(),
    reason="the mirror's nets are not here: make mirror",
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """As `python -m http.server`, without its lines."""

    def log_message(self, *_):
        pass


@pytest.fixture
def standalone(tmp_path):
    """The static folder, served; (address, a function that ends the server)."""
    mirror_folder.make_folder(tmp_path / "mirror")
    handler = functools.partial(Quiet, directory=str(tmp_path / "mirror"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    ended = []

    def end():
        if not ended:
            ended.append(True)
            server.shutdown()
            server.server_close()
            thread.join()

    yield f"http://localhost:{server.server_address[1]}/", end
    end()


@needs_mirror
def test_the_standalone_mirror_works_with_the_network_cut(browser, standalone):
    address, end = standalone
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(60_000)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    page.goto(address)
    expect(page.locator("#mirror-net")).to_contain_text("no picture leaves the device")
    expect(page.locator("#mirror-share")).to_contain_text("%")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    end()
    page.reload()
    expect(page.locator("#mirror-net")).to_contain_text("no picture leaves the device")
    expect(page.locator("#mirror-share")).to_contain_text("%")
    page.click('nav a[href="#game"]')
    page.click("#play:enabled")
    expect(page.locator("#game-seen")).to_contain_text("%")
    assert all(method == "GET" and url.startswith((address, "blob:")) for method, url in asked)
    context.close()


@needs_mirror
def test_the_mirror_of_the_service_sends_no_picture(visit):
    page = visit()
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else 0)
    page.click('nav a[href="#mirror"]')
    expect(page.locator("#mirror-net")).to_contain_text("no picture leaves the device")
    expect(page.locator("#mirror-share")).to_contain_text("%")
    assert sent == []


@needs_mirror
def test_without_simd_the_server_looks(browser, service):
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(60_000)
    context.add_init_script("WebAssembly.validate = () => false")
    page = context.new_page()
    page.goto(f"{service.address}#mirror")
    expect(page.locator("#mirror-net")).to_contain_text("on the page's computer")
    context.close()


@needs_mirror
def test_the_browser_sees_what_theano_sees(tmp_path):
    """Some frames of the demo's videos; `experiments/eval_mirror.py` counts all."""
    meta = json.loads((mirror_folder.CACHE / "nets" / "meta.json").read_text(encoding="utf-8"))
    out = tmp_path / "mirror.json"
    command = [sys.executable, ROOT / "experiments" / "eval_mirror.py", "--every", "300"]
    command += ["--smiles", ROOT / "weights" / f"{meta['net']}.npz", "--out", out]
    # In a process of its own: there is one Playwright a process.
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["frames"] >= 6
    assert found["same"] + sum(lead < 0.01 for lead in found["lead_where_not"]) == found["frames"]
    assert found["shares_apart_mean"] < 0.01
