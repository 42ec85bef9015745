"""Pages to draw on: in a browser, their answers are those of Python."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    StandardScaler,
)

from skmnist import SimpleMLPClassifier, read_digit
from skmnist._activations import ACTIVATIONS
from skmnist._pixels import scale_pixels
from skmnist.persistence import to_html
from tests.helpers import NAMES, network
from tests.pictures.make_pictures import SLANTED, UPRIGHT, smooth

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parent.parent / "docs"
SIDE = 280  # of a drawing, in the page's own pixels
PHONE = {"width": 390, "height": 664, "deviceScaleFactor": 2, "mobile": True}
SITE = '<!doctype html><html data-theme="light"><meta charset="utf-8"><body>'


@pytest.fixture(scope="module")
def drawing():
    """The module that trains the networks of the documentation's page."""
    sys.path.append(str(DOCS / "_ext"))
    try:
        import drawing_networks
    finally:
        sys.path.remove(str(DOCS / "_ext"))
    return drawing_networks


@pytest.fixture(scope="module")
def networks(drawing):
    return drawing.train()


@pytest.fixture(scope="module")
def documentation(drawing, networks, tmp_path_factory):
    """The part of the documentation's page, without the site around it."""
    path = tmp_path_factory.mktemp("documentation") / "draw.html"
    path.write_text(SITE + drawing.draw_with(networks), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A Chromium without a window."""
    webdriver = pytest.importorskip(
        "selenium.webdriver", reason="selenium is not installed"
    )
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("chromium and chromedriver are not installed")

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
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
def opened(browser, tmp_path):
    """A function that opens a page of an estimator, or the file of one."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    set_scheme(browser, "light")
    for kind in ("browser", "performance"):
        browser.get_log(kind)

    def open_page(estimator, **options):
        path = estimator
        if not isinstance(estimator, Path):
            path = tmp_path / "page.html"
            to_html(estimator, path, **options)
        browser.get(path.as_uri())
        return browser

    yield open_page
    entries = browser.get_log("browser")
    # A notebook ignores the page's security policy, and prints a message.
    errors = [
        e for e in entries if e["level"] == "SEVERE" and e["source"] != "security"
    ]
    assert errors == []


def set_scheme(browser, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def part(browser, name):
    return browser.find_element("css selector", f"[data-draw={name}]")


def draw(browser, strokes, *, height=0.7, at=(0.5, 0.5), kind="mouse"):
    """Draw strokes with a pointer; `height` and `at` are parts of the canvas."""
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


def press(browser, *keys):
    """Press keys one after another, where the focus is."""
    from selenium.webdriver import ActionChains

    ActionChains(browser, duration=0).send_keys(*keys).perform()


def wait_for_frames(browser):
    browser.execute_async_script(
        "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
    )


def drawn(browser):
    """The drawing as an array of booleans."""
    wait_for_frames(browser)
    ink = browser.execute_script(
        "return Array.from(document.querySelector('.skmnist-draw').skmnist.ink)"
    )
    return np.reshape(ink, (SIDE, SIDE)).astype(bool)


def probabilities(browser):
    bars = browser.find_elements("css selector", "[data-draw=bars] li")
    return np.array([float(bar.get_attribute("data-probability")) for bar in bars])


def answers(browser, images):
    """The answers of the page's own network to images of 28 x 28 pixels, uint8."""
    code = """
        const page = document.querySelector(".skmnist-draw").skmnist;
        return arguments[0].map((pixels) => page.predict(pixels));
    """
    return np.array(
        browser.execute_script(code, images.reshape(len(images), -1).tolist())
    )


def same_as_python(browser, classifier):
    """Check the page's probabilities, and return the array that Python read."""
    ink = drawn(browser)
    row = read_digit(ink).reshape(1, -1) / 255
    np.testing.assert_allclose(
        probabilities(browser), classifier.predict_proba(row)[0], rtol=0, atol=1e-4
    )
    return ink


# -- The documentation's page
# ------------------------------------------------------------


def test_probabilities_are_those_of_python(opened, documentation, networks):
    browser = opened(documentation)
    choices = browser.find_elements("css selector", "[data-draw=networks] label")
    right = np.zeros(2)
    for digit in range(10):
        strokes = (UPRIGHT, SLANTED)[digit % 2][digit]
        draw(browser, strokes, height=0.25 + 0.06 * digit, at=(0.4 + 0.02 * digit, 0.5))
        for k, choice in enumerate(choices):
            choice.click()
            same_as_python(browser, networks[k])
            right[k] += np.argmax(probabilities(browser)) == digit
        part(browser, "clear").click()
    assert right[0] == 10
    assert right[1] >= 7


def test_what_is_left_out_is_that_of_python(opened, documentation, networks):
    browser = opened(documentation)
    box = [[(0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 1), (0, 1), (0, 0)]]
    dot = [[(0.5, 0.5), (0.51, 0.5)]]
    draw(browser, UPRIGHT[3], height=0.4)
    alone = probabilities(browser)
    draw(browser, dot, at=(0.9, 0.1))
    same_as_python(browser, networks[0])
    draw(browser, box, height=0.7)
    same_as_python(browser, networks[0])
    np.testing.assert_allclose(probabilities(browser), alone, atol=1e-4)
    assert part(browser, "note").text == ""

    part(browser, "clear").click()
    draw(browser, UPRIGHT[3], height=0.4, at=(0.25, 0.5))
    draw(browser, UPRIGHT[1], height=0.4, at=(0.75, 0.5))
    with pytest.warns(UserWarning, match="several shapes of like size"):
        same_as_python(browser, networks[0])
    assert "only the largest" in part(browser, "note").text


NOTES = {
    "one digit": ([(UPRIGHT[3], 0.7, (0.5, 0.5))], ""),
    "a 5 in two strokes": ([(UPRIGHT[5], 0.7, (0.5, 0.5))], ""),
    "far from each other": (
        [(UPRIGHT[3], 0.4, (0.25, 0.5)), (UPRIGHT[1], 0.4, (0.75, 0.5))],
        "Several shapes of like size",
    ),
    "close to each other": (
        [(UPRIGHT[1], 0.6, (0.45, 0.5)), (UPRIGHT[1], 0.6, (0.57, 0.5))],
        "side by side",
    ),
    "wide": ([([[(0, 0), (1, 0)]], 0.6, (0.5, 0.5))], "Much wider than high"),
}


@pytest.mark.parametrize(("strokes", "note"), NOTES.values(), ids=NOTES)
def test_what_may_not_be_one_digit_is_noted(opened, pipeline, strokes, note):
    browser = opened(pipeline)
    for curves, height, at in strokes:
        draw(browser, curves, height=height, at=at)
    wait_for_frames(browser)
    assert note in part(browser, "note").text
    assert bool(part(browser, "note").text) == bool(note)


def test_units_light_up_and_follow_the_theme(opened, documentation, networks):
    browser = opened(documentation)
    draw(browser, UPRIGHT[1])
    row = read_digit(drawn(browser)).reshape(1, -1) / 255
    kernel, bias = networks[0].coefs_[0], networks[0].intercepts_[0]
    hidden = 1 / (1 + np.exp(-(row @ kernel + bias)[0]))
    tiles = browser.find_elements("css selector", "[data-draw=units] > *")
    titles = [
        float(re.search(r": (.*)$", tile.get_attribute("title"))[1]) for tile in tiles
    ]
    np.testing.assert_allclose(titles, hidden, atol=0.006)

    assert min(first_pixel(browser)) > 200
    browser.execute_script("document.documentElement.dataset.theme = 'dark'")
    wait_for_frames(browser)
    assert max(first_pixel(browser)) < 60


def first_pixel(browser):
    """The color of a corner of the first unit's picture."""
    code = """
        const canvas = document.querySelector("[data-draw=units] canvas");
        return Array.from(canvas.getContext("2d").getImageData(0, 0, 1, 1).data);
    """
    return browser.execute_script(code)[:3]


# -- The page of an estimator
# ----------------------------------------------------------------


SCALERS = {
    "raw pixels": (None, 255),
    "MinMaxScaler": (MinMaxScaler(), None),
    "MinMaxScaler from -1 to 1": (MinMaxScaler((-1, 1)), None),
    "StandardScaler": (StandardScaler(), None),
    "MaxAbsScaler": (MaxAbsScaler(), None),
    "the command line's": (FunctionTransformer(scale_pixels), None),
    "two scalers": (
        make_pipeline(MinMaxScaler(), StandardScaler(with_std=False)),
        None,
    ),
}


@pytest.mark.parametrize(("scaler", "pixel_max"), SCALERS.values(), ids=SCALERS)
def test_a_hundred_images_agree_to_four_decimals(opened, sample, scaler, pixel_max):
    layers = SimpleMLPClassifier((24, 12), activation="relu", epochs=2, random_state=0)
    estimator = layers if scaler is None else make_pipeline(scaler, layers)
    estimator.fit(sample.X_train, sample.y_train)
    browser = opened(estimator, pixel_max=pixel_max)
    expected = estimator.predict_proba(sample.X_test[:100])
    shown = answers(browser, sample.images_test[:100])
    np.testing.assert_allclose(shown, expected, rtol=0, atol=5e-5)
    assert np.ptp(expected, axis=0).max() > 0.5


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_each_activation_is_that_of_python(opened, digits, activation):
    estimator = SimpleMLPClassifier(
        12, activation=activation, epochs=3, learning_rate=0.01, random_state=0
    ).fit(digits.X, digits.y)
    expected = estimator.predict_proba(digits.X[:100])
    shown = answers(opened(estimator), digits.images[:100])
    np.testing.assert_allclose(shown, expected, rtol=0, atol=5e-5)


def test_scaled_pixels_are_read_as_such(opened, digits):
    estimator = make_pipeline(StandardScaler(), network(epochs=2)).fit(
        digits.X, digits.y
    )
    shown = answers(opened(estimator), digits.images[:50])
    np.testing.assert_allclose(
        shown, estimator.predict_proba(digits.X[:50]), rtol=0, atol=5e-5
    )


def test_images_of_another_size(opened, small_digits):
    from skimage.transform import resize_local_mean

    X, y = small_digits
    estimator = make_pipeline(MinMaxScaler(), network()).fit(X, y)
    browser = opened(estimator)
    draw(browser, UPRIGHT[3])
    levels = resize_local_mean(read_digit(drawn(browser)) / 255, (8, 8))
    expected = estimator.predict_proba(16 * levels.reshape(1, -1))[0]
    np.testing.assert_allclose(probabilities(browser), expected, rtol=0, atol=1e-4)
    assert part(browser, "seen-title").text == "8 × 8 pixels"
    assert part(browser, "pixel-max").text == "16"


def test_labels_are_text_whatever_they_hold(opened, digits):
    labels = NAMES.astype(object)
    labels[3] = (
        "<script>document.title = 'changed'</script><img src=x onerror=alert(1)>"
    )
    labels[4] = "</script><script>document.title = 'changed'</script>"
    labels[5] = "{{script}} \u2028 & \"'"
    estimator = network(epochs=12).fit(digits.X, labels.astype(str)[digits.y])
    browser = opened(estimator)
    shown = [bar.get_attribute("title") for bar in bar_labels(browser)]
    assert shown == estimator.classes_.tolist()
    assert browser.title == "Draw"

    draw(browser, UPRIGHT[3])
    wait_for_frames(browser)
    assert (
        part(browser, "best").text
        == estimator.classes_[np.argmax(probabilities(browser))]
    )
    assert browser.find_elements("css selector", "img") == []
    assert browser.title == "Draw"


def bar_labels(browser):
    return browser.find_elements("css selector", "[data-draw=bars] b")


def test_more_classes_and_units_are_summed_up(opened, digits):
    y = 2 * digits.y + np.arange(len(digits.y)) % 2  # 20 classes
    estimator = network(hidden_units=150).fit(digits.X, y)
    browser = opened(estimator)
    assert part(browser, "rest").text == "10 other classes"
    draw(browser, UPRIGHT[3])
    row = read_digit(drawn(browser)).reshape(1, -1) / 255
    expected = estimator.predict_proba(row)[0]

    np.testing.assert_allclose(
        probabilities(browser), np.sort(expected)[:9:-1], atol=1e-4
    )
    order = np.argsort(-expected)[:10]
    assert [bar.text for bar in bar_labels(browser)] == [str(code) for code in order]
    share = 100 * np.sort(expected)[:10].sum()
    assert part(browser, "rest").text == f"10 other classes: {share:.1f} %"

    assert len(browser.find_elements("css selector", "[data-draw=units] > *")) == 128
    hidden = 1 / (
        1 + np.exp(-(row @ estimator.coefs_[0] + estimator.intercepts_[0])[0])
    )
    caption = browser.find_element("css selector", ".draw-layer .draw-caption").text
    assert caption == f"and 22 more, {hidden[128:].mean():.2f} on average"


def test_each_layer_lights_up(opened, digits):
    estimator = network(hidden_units=(6, 4, 3), activation="tanh").fit(
        digits.X, digits.y
    )
    browser = opened(estimator)
    draw(browser, UPRIGHT[3])
    values = read_digit(drawn(browser)).reshape(1, -1) / 255
    layers = browser.find_elements("css selector", "[data-draw=units]")
    for layer, kernel, bias in zip(
        layers, estimator.coefs_[:-1], estimator.intercepts_[:-1], strict=True
    ):
        values = np.tanh(values @ kernel + bias)
        tiles = layer.find_elements("css selector", ".draw-unit")
        shown = [
            float(tile.find_element("css selector", "span").text) for tile in tiles
        ]
        np.testing.assert_allclose(shown, values[0], atol=0.006)
        is_negative = ["is-negative" in tile.get_attribute("class") for tile in tiles]
        np.testing.assert_array_equal(is_negative, values[0] < 0)


def test_a_network_without_hidden_layers_shows_its_classes(opened, digits):
    estimator = network(hidden_units=()).fit(digits.X, digits.y)
    browser = opened(estimator)
    draw(browser, UPRIGHT[3])
    same_as_python(browser, estimator)
    tiles = browser.find_elements("css selector", ".draw-unit span")
    assert [tile.text for tile in tiles] == [str(digit) for digit in range(10)]


def test_nothing_is_loaded_from_elsewhere(opened, pipeline):
    browser = opened(pipeline)
    draw(browser, UPRIGHT[3])
    messages = [
        json.loads(entry["message"])["message"]
        for entry in browser.get_log("performance")
    ]
    requests = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert [
        url.partition(":")[0] for url in requests if not url.startswith("data:")
    ] == ["file"]


INSERT = """
    // As JupyterLab puts the HTML of an output into its page, and runs its scripts.
    const host = document.createElement("div");
    host.innerHTML = arguments[0];
    document.body.append(host);
    for (const script of host.querySelectorAll("script")) {
        const copy = document.createElement("script");
        for (const { name, value } of script.attributes) copy.setAttribute(name, value);
        copy.textContent = script.textContent;
        script.replaceWith(copy);
    }
"""


def test_several_pages_in_a_notebook_are_each_their_own(
    opened, browser, pipeline, fitted, tmp_path
):
    path = tmp_path / "notebook.html"
    path.write_text(SITE.replace("data-theme", "data-ignored"), encoding="utf-8")
    opened(path)
    browser.execute_script("document.body.dataset.jpThemeLight = 'false'")
    for estimator in (pipeline, fitted):
        browser.execute_script(INSERT, to_html(estimator))

    draw(browser, UPRIGHT[3])
    row = read_digit(drawn(browser)).reshape(1, -1)
    expected = np.concatenate([pipeline.predict_proba(row)[0], np.zeros(10)])
    np.testing.assert_allclose(probabilities(browser), expected, atol=1e-4)
    assert max(first_pixel(browser)) < 60  # as JupyterLab's theme
    background = browser.execute_script(
        "return getComputedStyle(document.body).backgroundColor"
    )
    assert background == "rgba(0, 0, 0, 0)"  # the notebook's own look stays


# -- How one draws
# ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mouse", "touch"])
def test_on_a_phone_the_field_and_the_answer_are_seen(opened, pipeline, kind):
    browser = opened(pipeline)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    draw(browser, SLANTED[7], kind=kind)
    browser.execute_script("scrollTo(0, 0)")
    row = read_digit(drawn(browser)).reshape(1, -1)
    np.testing.assert_allclose(
        probabilities(browser), pipeline.predict_proba(row)[0], atol=1e-4
    )

    for name in ("pad", "best", "bars"):
        box = browser.execute_script(
            "return arguments[0].getBoundingClientRect().toJSON()", part(browser, name)
        )
        assert box["top"] >= 0, name
        assert box["bottom"] <= PHONE["height"], name
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= PHONE["width"]  # nothing moves sideways


def test_a_second_finger_draws_nothing(opened, pipeline):
    browser = opened(pipeline)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    box = part(browser, "pad").rect
    fingers = [
        {
            "x": box["x"] + share * box["width"],
            "y": box["y"] + 0.5 * box["height"],
            "id": k,
        }
        for k, share in enumerate((0.2, 0.8))
    ]
    touch = "Input.dispatchTouchEvent"
    browser.execute_cdp_cmd(touch, {"type": "touchStart", "touchPoints": fingers[:1]})
    browser.execute_cdp_cmd(touch, {"type": "touchStart", "touchPoints": fingers})
    browser.execute_cdp_cmd(touch, {"type": "touchEnd", "touchPoints": []})
    columns = np.flatnonzero(drawn(browser).any(axis=0))
    assert columns.max() < SIDE / 2


def test_keys_draw(opened, pipeline):
    from selenium.webdriver.common.keys import Keys

    browser = opened(pipeline)
    press(browser, Keys.TAB)
    assert browser.switch_to.active_element == part(browser, "pad")
    press(browser, *[Keys.ARROW_DOWN] * 3)
    assert not drawn(browser).any()  # the pen is up

    # A 7: to the right, and down from there, aslant.
    press(browser, *[Keys.ARROW_LEFT] * 6, " ", *[Keys.ARROW_RIGHT] * 12)
    press(browser, *[Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_LEFT] * 8, " ")
    ink = drawn(browser)
    press(browser, *[Keys.ARROW_RIGHT] * 8)  # the pen is up again
    np.testing.assert_array_equal(drawn(browser), ink)

    expected = pipeline.predict_proba(read_digit(ink).reshape(1, -1))[0]
    np.testing.assert_allclose(probabilities(browser), expected, atol=1e-4)
    assert pipeline.classes_[np.argmax(expected)] == 7


def test_a_space_bar_that_is_held_draws_until_it_is_released(opened, pipeline):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser = opened(pipeline)
    press(browser, Keys.TAB)
    chain = (
        ActionChains(browser, duration=0)
        .key_down(" ")
        .send_keys(*[Keys.ARROW_DOWN] * 15)
    )
    chain.key_up(" ").send_keys(*[Keys.ARROW_RIGHT] * 5).perform()
    height, width = np.ptp(np.argwhere(drawn(browser)), axis=0)
    assert height > 120
    assert width < 25


def test_two_arrows_move_the_pen_diagonally(opened, pipeline):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser = opened(pipeline)
    press(browser, Keys.TAB, " ")
    chain = ActionChains(browser, duration=0).key_down(Keys.ARROW_DOWN)
    for _ in range(8):
        chain.key_down(Keys.ARROW_RIGHT)
    chain.key_up(Keys.ARROW_DOWN).key_up(Keys.ARROW_RIGHT).perform()
    height, width = np.ptp(np.argwhere(drawn(browser)), axis=0)
    assert 80 < width < 110
    assert 80 < height < 115


@pytest.mark.parametrize("key", ["ESCAPE", "DELETE", "BACKSPACE"])
def test_a_key_clears_the_drawing(opened, pipeline, key):
    from selenium.webdriver.common.keys import Keys

    browser = opened(pipeline)
    draw(browser, UPRIGHT[1])
    assert drawn(browser).any()
    press(browser, getattr(Keys, key))
    assert not drawn(browser).any()
    assert not probabilities(browser).any()
    assert part(browser, "best").text == ""


def test_the_answer_is_said(opened, pipeline):
    browser = opened(pipeline)
    spoken = part(browser, "spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    draw(browser, UPRIGHT[3])
    row = read_digit(drawn(browser)).reshape(1, -1)
    share = pipeline.predict_proba(row)[0].max()
    expected = f"Read as {pipeline.predict(row)[0]}, {100 * share:.0f} percent"
    wait_for_text(browser, spoken, expected)
    press(browser, "\ue00c")  # Escape
    wait_for_text(browser, spoken, "Nothing drawn")
    label = part(browser, "pad").get_attribute("aria-label")
    assert all(word in label for word in ("arrows", "space bar", "Escape"))


def wait_for_text(browser, element, expected):
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(browser, 10)
    wait.until(lambda _: element.get_attribute("textContent") == expected)


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_is_light_or_dark_as_the_system(
    opened, pipeline, browser, scheme, is_dark
):
    set_scheme(browser, scheme)
    opened(pipeline)
    background = browser.execute_script(
        "return getComputedStyle(document.body).backgroundColor"
    )
    levels = [int(level) for level in re.findall(r"\d+", background)]
    assert (max(levels) < 60) == is_dark
    assert (max(first_pixel(browser)) < 60) == is_dark
