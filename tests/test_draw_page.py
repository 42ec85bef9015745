"""The page on which one draws a digit: in a browser, its answers are those of Python."""

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from skmnist import read_digit
from tests.pictures.make_pictures import SLANTED, UPRIGHT, smooth

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parent.parent / "docs"
SIDE = 280  # of a drawing, in the page's own pixels


@pytest.fixture(scope="module")
def drawing():
    """The module that trains the networks of the page and writes them for it."""
    sys.path.append(str(DOCS / "_ext"))
    try:
        import drawing
    finally:
        sys.path.remove(str(DOCS / "_ext"))
    return drawing


@pytest.fixture(scope="module")
def networks(drawing):
    return drawing.train()


@pytest.fixture(scope="module")
def page(drawing, networks, tmp_path_factory):
    """The page as a file, without the site around it."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "_static").mkdir()
    for name in ("draw.js", "draw.css"):
        shutil.copy(DOCS / "_static" / name, folder / "_static")
    script = drawing.to_javascript(networks)
    (folder / "_static" / "networks.js").write_text(script, encoding="utf-8")
    path = folder / "draw.html"
    head = (
        '<!doctype html><html data-theme="light"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><body>'
    )
    path.write_text(head + (DOCS / "draw.html").read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A Chromium without a window."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1280,1000",
        f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(f"--{flag}")
    service = webdriver.ChromeService(driver)
    with webdriver.Chrome(options=options, service=service) as browser:
        yield browser


@pytest.fixture
def opened(browser, page):
    browser.get(page.as_uri())
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    return browser


def part(browser, name):
    return browser.find_element("css selector", f"[data-draw={name}]")


def draw(browser, strokes, *, height=0.7, at=(0.5, 0.5), kind="mouse"):
    """Draw strokes with a pointer; one in height and place as a part of the page's canvas."""
    from selenium.webdriver.common.actions.action_builder import ActionBuilder
    from selenium.webdriver.common.actions.pointer_input import PointerInput

    pad = part(browser, "pad")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", pad)
    actions = ActionBuilder(browser, mouse=PointerInput(kind, kind), duration=0)
    curves = [np.vstack([smooth(stroke)[::40], stroke[-1]]) for stroke in strokes]
    points = np.concatenate(curves)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    for curve in curves:
        places = ((curve - middle) * height + np.array(at) - 0.5) * pad.size["width"]
        for k, (x, y) in enumerate(places.astype(int).tolist()):
            actions.pointer_action.move_to(pad, x, y)
            if k == 0:
                actions.pointer_action.pointer_down()
        actions.pointer_action.pointer_up()
    actions.perform()


def drawn(browser):
    """The drawing as an array of booleans."""
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    ink = browser.execute_script("return Array.from(skmnistDrawing.ink)")
    return np.reshape(ink, (SIDE, SIDE)).astype(bool)


def probabilities(browser):
    bars = browser.find_elements("css selector", "[data-draw=bars] li")
    return np.array([float(bar.get_attribute("data-probability")) for bar in bars])


def same_as_python(browser, network):
    """Check the page's probabilities, and return the array that Python read."""
    ink = drawn(browser)
    row = read_digit(ink).reshape(1, -1) / 255
    np.testing.assert_allclose(
        probabilities(browser), network.predict_proba(row)[0], rtol=0, atol=1e-4
    )
    return ink


def test_probabilities_are_those_of_python(opened, networks):
    choices = opened.find_elements("css selector", "[data-draw=networks] label")
    right = np.zeros(2)
    for digit in range(10):
        strokes = (UPRIGHT, SLANTED)[digit % 2][digit]
        draw(opened, strokes, height=0.25 + 0.06 * digit, at=(0.4 + 0.02 * digit, 0.5))
        for k, network in enumerate(networks):
            choices[k].click()
            same_as_python(opened, network)
            right[k] += np.argmax(probabilities(opened)) == digit
        part(opened, "clear").click()
    assert right[0] >= 9
    assert right[1] >= 5


def test_what_is_left_out_is_that_of_python(opened, networks):
    box = [[(0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 1), (0, 1), (0, 0)]]
    dot = [[(0.5, 0.5), (0.51, 0.5)]]
    draw(opened, UPRIGHT[3], height=0.4)
    alone = probabilities(opened)
    draw(opened, dot, at=(0.9, 0.1))
    same_as_python(opened, networks[0])
    draw(opened, box, height=0.7)
    same_as_python(opened, networks[0])
    np.testing.assert_allclose(probabilities(opened), alone, atol=1e-4)
    assert part(opened, "note").text == ""

    part(opened, "clear").click()
    draw(opened, UPRIGHT[3], height=0.4, at=(0.25, 0.5))
    draw(opened, UPRIGHT[1], height=0.4, at=(0.75, 0.5))
    with pytest.warns(UserWarning, match="several shapes of like size"):
        same_as_python(opened, networks[0])
    assert "only the largest" in part(opened, "note").text


def test_by_touch_on_a_phone(opened, networks):
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 3, "mobile": True},
    )
    draw(opened, SLANTED[7], kind="touch")
    assert same_as_python(opened, networks[0]).any()
    assert np.argmax(probabilities(opened)) == 7
    width = opened.execute_script("return document.documentElement.scrollWidth")
    assert width <= 390  # nothing moves sideways


def test_a_key_clears_the_drawing(opened):
    from selenium.webdriver.common.keys import Keys

    draw(opened, UPRIGHT[1])
    assert drawn(opened).any()
    opened.find_element("css selector", "body").send_keys(Keys.ESCAPE)
    assert not drawn(opened).any()
    assert not probabilities(opened).any()
    assert part(opened, "best").text == ""


def test_units_light_up_and_follow_the_theme(opened, networks):
    draw(opened, UPRIGHT[1])
    row = read_digit(drawn(opened)).reshape(1, -1) / 255
    network = networks[0]
    hidden = 1 / (1 + np.exp(-(row @ network.coefs_[0] + network.intercepts_[0])[0]))
    tiles = opened.find_elements("css selector", "[data-draw=units] > *")
    titles = [float(re.search(r": (.*)$", tile.get_attribute("title"))[1]) for tile in tiles]
    np.testing.assert_allclose(titles, hidden, atol=0.006)

    def pixel():
        return opened.execute_script(
            "const c = document.querySelector('[data-draw=units] canvas');"
            "return Array.from(c.getContext('2d').getImageData(0, 0, 1, 1).data)"
        )

    assert min(pixel()[:3]) > 200
    opened.execute_script("document.documentElement.dataset.theme = 'dark'")
    drawn(opened)
    assert max(pixel()[:3]) < 60
