"""The command line keeps a model, and reads digits in pictures with it."""

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmnist import SimpleMLPClassifier
from skmnist.cli import main
from skmnist.persistence import load, save

PICTURES = Path(__file__).parent / "pictures"


class Run:
    """What a run with these arguments prints."""

    def __init__(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            self.status = main(list(map(str, arguments)))
        self.out, self.err = out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def trained(folder):
    """A run that saves a good network."""
    options = "--data sample --hidden-units 64 --epochs 20 --learning-rate 0.003"
    output = ("--output", folder / "figures", "--save", folder / "not" / "there" / "digits.skops")
    return Run(*options.split(), *output)


@pytest.fixture(scope="module")
def model(trained, folder):
    assert trained.status == 0
    return folder / "not" / "there" / "digits.skops"


class TestSave:
    def test_what_is_saved_is_what_was_tested(self, trained, model, sample):
        accuracy = float(re.search(r"Test accuracy: ([\d.]+)", trained.out)[1])
        loaded = load(model)
        assert loaded.score(sample.images_test, sample.y_test) == accuracy > 0.9
        assert f"saved in {model}" in trained.out

    def test_a_search_saves_its_best(self, folder, sample):
        path = folder / "best.skops"
        options = "--data sample --search 3 9 --epochs 2 --raw-pixels --learning-rate 0.01"
        run = Run(*options.split(), "--output", folder / "search", "--save", path)
        assert run.status == 0
        width = int(re.search(r"^ +1 +(\d+) .* best$", run.out, re.MULTILINE)[1])
        accuracy = float(re.search(r"Test accuracy: ([\d.]+)", run.out)[1])
        best = load(path)
        assert best.coefs_[0].shape == (784, width)
        assert best.score(sample.images_test, sample.y_test) == accuracy

    def test_a_folder_is_refused_before_the_training(self, folder):
        run = Run("--data", "sample", "--output", folder / "none", "--save", folder)
        assert run.status == 1
        assert run.err == f"skmnist: error: {folder} is a folder, no file for the network.\n"
        assert "Epoch" not in run.out


class TestPredict:
    def test_reads_the_digits(self, model):
        pictures = sorted(PICTURES.glob("*-drawn.png"))
        assert len(pictures) == 10
        run = Run("predict", model, *pictures)
        assert (run.status, run.err) == (0, "")
        lines = run.out.splitlines()
        for picture, line in zip(pictures, lines, strict=True):
            name, digit, percent = re.match(r"(\S+) +(\d) \((\d+\.\d)%\)", line).groups()
            assert (name, digit) == (picture.name, picture.name[0])
            shown = [float(value) for value in re.findall(r"([\d.]+)%", line)]
            assert shown == sorted(shown, reverse=True)
            assert 98.5 < sum(shown) < 101
            assert float(percent) == shown[0]

    def test_says_what_it_cannot_read_and_goes_on(self, model, tmp_path):
        (tmp_path / "text.png").write_text("no picture")
        empty = tmp_path / "empty.png"
        good = PICTURES / "3-drawn.png"
        from PIL import Image

        Image.new("L", (300, 400), 255).save(empty)
        run = Run("predict", model, tmp_path / "text.png", empty, tmp_path / "none.png", good)
        assert run.status == 1
        errors = run.err.splitlines()
        assert [line.split(":")[0] for line in errors] == ["skmnist"] * 3
        for line, name in zip(errors, ("text.png", "empty.png", "none.png"), strict=True):
            assert name in line
        assert re.fullmatch(r"3-drawn.png +3 .*\n", run.out)

    def test_takes_a_model_of_rows(self, pipeline, tmp_path):
        save(pipeline, tmp_path / "rows.skops")
        run = Run("predict", tmp_path / "rows.skops", PICTURES / "7-drawn.png")
        assert run.status == 0
        assert re.match(r"7-drawn.png +7 ", run.out)

    @pytest.mark.parametrize("is_search", [False, True])
    def test_takes_a_model_that_makes_other_features_of_the_pixels(
        self, sample, tmp_path, is_search
    ):
        classifier = SimpleMLPClassifier(32, learning_rate=0.01, epochs=10, random_state=0)
        model = make_pipeline(StandardScaler(), PCA(40, random_state=0), classifier)
        if is_search:
            model = GridSearchCV(model, {"pca__n_components": [30]}, cv=2)
        save(model.fit(sample.X_train, sample.y_train), tmp_path / "pca.skops")
        run = Run("predict", tmp_path / "pca.skops", PICTURES / "3-drawn.png")
        assert (run.status, run.err) == (0, "")
        assert re.match(r"3-drawn.png +3 ", run.out)

    def test_shows_labels_of_ones_own(self, sample, tmp_path):
        labels = np.array([f"digit-{label}" for label in sample.y_train])
        classifier = SimpleMLPClassifier(32, learning_rate=0.003, epochs=10, random_state=0)
        save(classifier.fit(sample.images_train, labels), tmp_path / "words.skops")
        run = Run("predict", tmp_path / "words.skops", PICTURES / "0-drawn.png")
        assert "digit-0 (" in run.out

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda path: None, "No such file"),
            (lambda path: path.write_bytes(b"rubbish"), "can't be loaded"),
            (
                lambda path: save(LogisticRegression(), path),
                "holds a LogisticRegression, not a SimpleMLPClassifier",
            ),
            (lambda path: save(SimpleMLPClassifier(), path), "not fitted yet"),
            (
                lambda path: save(
                    SimpleMLPClassifier(epochs=1).fit(np.eye(9), np.arange(9) % 2), path
                ),
                r"trained on samples of shape \(9,\)",
            ),
            (lambda path: path.write_bytes(skops.io.dumps(print)), "types that are not trusted"),
        ],
    )
    def test_says_in_one_line_what_is_wrong_with_a_model(self, tmp_path, make, message):
        path = tmp_path / "model.skops"
        make(path)
        run = Run("predict", path, PICTURES / "7-drawn.png")
        assert run.status == 1
        assert run.out == ""
        assert re.fullmatch(rf"skmnist: error: .*{message}.*\n", run.err)

    def test_wants_a_model_and_a_picture(self, model, capsys):
        with pytest.raises(SystemExit) as refused:
            main(["predict", str(model)])
        assert refused.value.code == 2
        assert "IMAGE" in capsys.readouterr().err
