"""``skmnist draw``: a saved network as a page to draw on."""

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skmnist._pixels import scale_pixels
from skmnist.cli import main
from skmnist.persistence import save, to_html
from tests.helpers import network


@pytest.fixture
def saved(digits, tmp_path, monkeypatch):
    """A function that fits an estimator to pixels from 0 to 255 and saves it."""
    monkeypatch.chdir(tmp_path)

    def fit_and_save(estimator):
        estimator.fit(255 * digits.X, digits.y)
        save(estimator, "digits.skops")
        return estimator

    return fit_and_save


@pytest.mark.parametrize("name", ["me.html", "ME.HTML"])
def test_the_page_is_that_of_to_html(saved, tmp_path, capsys, name):
    estimator = saved(
        make_pipeline(FunctionTransformer(scale_pixels), network(epochs=1))
    )
    assert main(["draw", "digits.skops", "-o", f"pages/{name}"]) == 0
    page = (tmp_path / "pages" / name).read_text(encoding="utf-8")
    assert page == to_html(estimator)
    assert f"Open pages/{name} in a browser, and draw." in capsys.readouterr().out


def test_the_page_has_the_name_of_the_network_by_default(saved, tmp_path):
    saved(make_pipeline(FunctionTransformer(scale_pixels), network(epochs=1)))
    assert main(["draw", "digits.skops"]) == 0
    assert (tmp_path / "digits.html").is_file()


def test_a_network_without_a_scaler_reads_raw_pixels(saved, tmp_path):
    estimator = saved(network(epochs=1))
    assert main(["draw", "digits.skops"]) == 0
    page = (tmp_path / "digits.html").read_text(encoding="utf-8")
    assert page == to_html(estimator, pixel_max=255)


WRONG_FILES = {
    "missing": (None, "digits.skops: No such file"),
    "no network": (
        StandardScaler(),
        "digits.skops holds a StandardScaler, not a SimpleMLP",
    ),
    "no images": (make_pipeline(StandardScaler(), network(epochs=1)), "30 features"),
}


@pytest.mark.parametrize(
    ("estimator", "message"), WRONG_FILES.values(), ids=WRONG_FILES
)
def test_files_that_hold_no_network_for_a_page(
    digits, tmp_path, monkeypatch, capsys, estimator, message
):
    monkeypatch.chdir(tmp_path)
    if estimator is not None:
        save(estimator.fit(digits.X[:, 400:430], digits.y), "digits.skops")
    assert main(["draw", "digits.skops", "-o", "me.html"]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "me.html").exists()


WRONG_OPTIONS = {
    "no network": (["draw"], "required: NETWORK"),
    "another ending": (["draw", "digits.skops", "-o", "me.pdf"], "must end with .html"),
    "a typo": (["drow"], "Did you mean draw?"),
}


@pytest.mark.parametrize(
    ("arguments", "message"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS
)
def test_wrong_options(capsys, arguments, message):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
