"""The command line: what it prints and writes, and how it ends when something is wrong."""

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import skops.io
from matplotlib.image import imread
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmnist
from skmnist import SimpleMLPClassifier, load_mnist, read_digit
from skmnist.cli import main
from skmnist.persistence import load, save
from tests.helpers import assert_same_network

FIGURES = sorted(
    f"{name}.png"
    for name in ("confusion_matrix", "first_digits", "hidden_units", "predictions", "training")
)
PICTURES = Path(__file__).parent / "pictures"
# Would clear the screen and rename the window.
CONTROL = "\x1b[2J\x07\n\x9b1m"


@pytest.fixture(scope="module", autouse=True)
def _environment():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SKMNIST_DATA", "FORCE_COLOR", "COLUMNS", "NO_COLOR"):
            patch.delenv(name, raising=False)
        yield


class Run:
    """A run in this process, with its output."""

    def __init__(self, *arguments, out=None):
        out, err = out or io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                self.status = main([str(argument) for argument in arguments])
            except SystemExit as end:
                self.status = end.code
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def accuracy(self):
        return float(re.search(r"Test accuracy: ([\d.]+)", self.out)[1])


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(scope="module")
def small_data(sample, tmp_path_factory):
    """A file of 200 images to train and 60 to test that are higher than wide."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(
        path,
        x_train=sample.images_train[:200, :, 4:24],
        y_train=sample.y_train[:200],
        x_test=sample.images_test[:60, :, 4:24],
        y_test=sample.y_test[:60],
    )
    return path


def assert_in_order(text, parts):
    positions = [text.find(part) for part in parts]
    assert -1 not in positions, parts[positions.index(-1)]
    assert positions == sorted(positions)


def assert_figures(folder, names):
    assert sorted(os.listdir(folder)) == names
    for name in names:
        image = imread(folder / name)
        assert image.shape[0] > 200
        assert np.ptp(image[..., 0]) == 1


@pytest.fixture(scope="module")
def piped(tmp_path_factory):
    """The default run, in a process whose output is an ASCII pipe."""
    folder = tmp_path_factory.mktemp("article") / "Zürich"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TF_CPP")}
    done = subprocess.run(
        [sys.executable, "-m", "skmnist", "--output", str(folder)],
        capture_output=True,
        env=clean | {"PYTHONIOENCODING": "ascii"},
        timeout=300,
        check=False,
    )
    return done, folder


class TestArticle:
    def test_prints_the_steps(self, piped):
        done, _ = piped
        assert (done.returncode, done.stderr) == (0, b"")
        text = done.stdout.decode("ascii")
        assert_in_order(
            text,
            [
                "X_train  (4000, 28, 28)",
                "X_test   (1000, 28, 28)",
                "The first digits are 2, 0, 9, 3, 4.",
                "(None, 784)",
                "(None, 5)",
                "(None, 10)",
                "Total params: 3,985",  # not those of the optimizer
                "4,000 images, pixels scaled to 0 to 1",
                "75 epochs of 125 gradient steps",  # the article's 9,375
                "Epoch  1/75  loss ",
                "Epoch 75/75  loss ",
                "Test accuracy: 0.",
                "weighted avg",
                r"Z\xfcrich",
                "To try next",
                "skmnist --search 5 16 64 128 --output",
            ],
        )
        rows = re.findall(r"^ +(\d) +[\d.]+ +[\d.]+ +[\d.]+ +(\d+)$", text, re.MULTILINE)
        assert rows == [(str(digit), "100") for digit in range(10)]
        *_, val_accuracy = re.findall(r"val_accuracy ([\d.]+)", text)
        assert val_accuracy == re.search(r"Test accuracy: ([\d.]+)", text)[1]

    def test_pipes_get_plain_lines_of_80_columns(self, piped):
        done, folder = piped
        assert b"\x1b" not in done.stdout
        assert b"\r" not in done.stdout
        lines = done.stdout.decode().replace(str(folder).replace("ü", r"\xfc"), "").splitlines()
        assert max(map(len, lines)) <= 80

    def test_draws_figures(self, piped):
        assert_figures(piped[1], FIGURES)


def test_options_reach_the_network_and_it_is_saved(small_data, tmp_path):
    folder, path = tmp_path / "not" / "there" / "yet", tmp_path / "nor" / "this.skops"
    pyplot = matplotlib.get_backend(), plt.get_fignums()
    options = "--epochs 3 --hidden-units 7 3 --activation relu --batch-size 20 --learning-rate 0.01"
    files = ["--data", small_data, "--output", folder, "--save", path]
    run = Run(*options.split(), *files, "--seed", "3")
    assert (run.status, run.err) == (0, "")
    data = load_mnist(small_data)
    by_hand = SimpleMLPClassifier(
        (7, 3), activation="relu", epochs=3, batch_size=20, learning_rate=0.01, random_state=3
    ).fit(data.images_train / np.float32(255), data.y_train)
    saved = load(path)
    assert_same_network(saved[-1], by_hand)
    assert run.accuracy == pytest.approx(saved.score(data.images_test, data.y_test), abs=1e-4)
    parts = ["3 epochs of 10 gradient steps", f"saved in {path}", f"skmnist predict {path} photo"]
    assert_in_order(run.out, parts)
    assert_figures(folder, FIGURES)
    assert (matplotlib.get_backend(), plt.get_fignums()) == pyplot


def test_softmax_regression_on_raw_pixels(small_data, tmp_path):
    path = tmp_path / "softmax.skops"
    options = ["--hidden-units", "--raw-pixels", "--batch-size", "1", "--save", path]
    run = Run("--data", small_data, *options, "--output", tmp_path / "figures")
    assert run.status == 0
    saved = load(path)
    assert [kernel.shape for kernel in saved.coefs_] == [(560, 10)]
    data = load_mnist(small_data)
    assert run.accuracy == pytest.approx(saved.score(data.images_test, data.y_test), abs=1e-4)
    # 9,400 steps, as near as whole epochs come to the article's 9,375
    assert "200 images, raw pixels; 47 epochs of 200 gradient steps" in run.out
    assert "hidden_units.png      the weights of the pixels, for each digit" in run.out


def test_lines_of_1000_epochs_do_not_wrap(small_data, tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    options = ["--epochs", "1000", "--batch-size", "200", "--hidden-units", "--raw-pixels"]
    run = Run("--data", small_data, *options, "--output", tmp_path, out=Terminal())
    assert "Epoch 1000/1000 loss" in run.out
    epochs = [line for line in run.out.splitlines() if line.startswith("Epoch")]
    assert all(re.search(r"val_accuracy \d\.\d+$", line) for line in epochs)
    assert "\x1b" not in run.out


class TestSearch:
    def test_ranks_trains_saves_and_draws(self, small_data, tmp_path):
        folder, path = tmp_path / "figures", tmp_path / "best.skops"
        options = "--search 7 3 16 7 --epochs 4 --activation relu --batch-size 20 --learning-rate"
        files = ["--output", folder, "--save", path]
        run = Run(*options.split(), "0.01", "--data", small_data, *files)
        assert (run.status, run.err) == (0, "")
        data = load_mnist(small_data)
        classifier = SimpleMLPClassifier(
            activation="relu", epochs=4, batch_size=20, learning_rate=0.01, random_state=0
        )
        by_hand = GridSearchCV(classifier, {"hidden_units": [7, 3, 16]}, cv=3)
        by_hand.fit(data.images_train / np.float32(255), data.y_train)

        announced = "7, 3 and 16 hidden units; 200 images in 3 folds, pixels scaled to 0 to 1"
        parts = [announced, "9 fits of 4 epochs", "hidden_units=7; total time=", "mean test score"]
        assert_in_order(run.out, [*parts, "Test accuracy: ", "weighted avg", "search.png"])
        pattern = r"^ +(\d+) +(\d+) +([\d.]+) ± ([\d.]+) +[\d.]+ s( +best)?$"
        rows = re.findall(pattern, run.out, re.MULTILINE)
        results = by_hand.cv_results_
        order = np.argsort(results["rank_test_score"], kind="stable")
        assert [tuple(row) for row in rows] == [
            (
                str(results["rank_test_score"][i]),
                str([7, 3, 16][i]),
                f"{results['mean_test_score'][i]:.4f}",
                f"{results['std_test_score'][i]:.4f}",
                "   best" if i == by_hand.best_index_ else "",
            )
            for i in order
        ]
        assert_same_network(load(path)[-1], by_hand.best_estimator_)
        score = by_hand.score(data.images_test / np.float32(255), data.y_test)
        assert run.accuracy == pytest.approx(score, abs=1e-4)
        assert_figures(folder, sorted([*FIGURES, "search.png"]))

    def test_has_a_bar_on_a_terminal_and_names_the_next_command(
        self, small_data, tmp_path, monkeypatch
    ):
        pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9")
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("NO_COLOR", "1")
        options = ["--search", "4", "--raw-pixels", "--epochs", "2", "--output", tmp_path]
        run = Run("--data", small_data, *options, out=Terminal())
        assert run.status == 0
        assert "4 hidden units; 200 images in 3 folds, raw pixels" in run.out
        data = load_mnist(small_data)
        by_hand = SimpleMLPClassifier(4, epochs=2, random_state=0)
        by_hand.fit(data.images_train, data.y_train)
        score = by_hand.score(data.images_test, data.y_test)
        assert run.accuracy == pytest.approx(score, abs=1e-4)
        assert re.search(r"GridSearchCV - search.*━.*100%", run.out)
        assert "total time" not in run.out
        assert not re.search(r"\x1b\[[\d;]*m", run.out)  # colours and bold letters
        assert (
            f"  skmnist --data {small_data} --raw-pixels --hidden-units 4 --epochs 2 "
            f"--output {tmp_path} --save digits.skops\n" in run.out
        )


class TestPredict:
    def test_prints_the_probabilities(self, pipeline, tmp_path):
        """Of a model of rows."""
        save(pipeline, tmp_path / "rows.skops")
        pictures = sorted(PICTURES.glob("*-drawn.png"))
        run = Run("predict", tmp_path / "rows.skops", *pictures)
        assert (run.status, run.err) == (0, "")
        for picture, line in zip(pictures, run.out.splitlines(), strict=True):
            name, *shown = line.split()
            probabilities = pipeline.predict_proba(read_digit(picture).reshape(1, -1))[0]
            order = np.argsort(-probabilities, kind="stable")
            expected = [(str(i), f"({probabilities[i]:.1%})") for i in order]
            assert name == picture.name
            assert list(zip(shown[::2], shown[1::2], strict=True)) == [
                pair for pair, i in zip(expected, order, strict=True) if probabilities[i] >= 5e-4
            ]

    @pytest.mark.parametrize("is_search", [False, True])
    def test_takes_a_model_that_makes_other_features_of_the_pixels(
        self, sample, tmp_path, is_search
    ):
        model = make_pipeline(
            StandardScaler(), PCA(40, random_state=0), SimpleMLPClassifier(8, random_state=0)
        )
        if is_search:
            model = GridSearchCV(model, {"pca__n_components": [30]}, cv=2)
        save(model.fit(sample.X_train[:500], sample.y_train[:500]), tmp_path / "pca.skops")
        run = Run("predict", tmp_path / "pca.skops", PICTURES / "3-drawn.png")
        label = model.predict(read_digit(PICTURES / "3-drawn.png").reshape(1, -1))[0]
        assert run.out.startswith(f"3-drawn.png   {label} (")

    def test_goes_on_after_pictures_that_it_cannot_read(self, fitted_to_images, tmp_path):
        save(fitted_to_images, tmp_path / "images.skops")
        bad = [tmp_path / name for name in ("text.png", "empty.png", "none.png")]
        bad[0].write_text("no picture")
        Image.new("L", (300, 400), 255).save(bad[1])
        run = Run("predict", tmp_path / "images.skops", *bad, PICTURES / "3-drawn.png")
        assert run.status == 1
        for line, path in zip(run.err.splitlines(), bad, strict=True):
            assert line.startswith("skmnist: error: ")
            assert path.name in line
        assert re.fullmatch(r"3-drawn.png +\d \(.*\)\n", run.out)

    @pytest.mark.filterwarnings("default")
    def test_warnings_take_one_line(self, fitted_to_images, tmp_path):
        save(fitted_to_images, tmp_path / "images.skops")
        run = Run("predict", tmp_path / "images.skops", PICTURES / "several-427.png")
        assert run.status == 0
        assert re.fullmatch(r"skmnist: warning: .*several-427.png.*\n", run.err)

    def test_show_draws_a_row_for_each_picture_that_was_read(self, fitted_to_images, tmp_path):
        save(fitted_to_images, tmp_path / "images.skops")
        picture = tmp_path / "$3_$^.png"  # as a formula, an error of matplotlib's
        picture.write_bytes((PICTURES / "3-drawn.png").read_bytes())
        shown = tmp_path / "not" / "there" / "yet" / "shown.png"
        pictures = [picture, tmp_path / "missing.png", PICTURES / "7-drawn.png"]
        run = Run("predict", tmp_path / "images.skops", *pictures, "--show", shown)
        assert run.status == 1
        assert run.out.endswith(f"drawn in {shown}\n")
        assert os.listdir(shown.parent) == ["shown.png"]
        image = imread(shown)
        height, width = image.shape[:2]
        blue = np.array(matplotlib.colors.to_rgb("tab:blue"))
        for row in (image[: height // 2, :, :3], image[height // 2 :, :, :3]):
            given, seen, bars = np.split(row[: height // 2], [width // 4, width // 2], axis=1)
            assert given.mean() > seen.mean() + 0.2  # black on white, and white on black
            assert (abs(bars - blue) < 0.01).all(axis=2).any()

    def test_control_characters_are_escaped(self, digits, tmp_path):
        names = np.array([f"digit {label}{CONTROL}" for label in range(10)])
        classifier = SimpleMLPClassifier(epochs=1, random_state=0)
        model = tmp_path / "words.skops"
        save(classifier.fit(digits.images, names[digits.y]), model)
        picture = tmp_path / f"3{CONTROL}.png"
        picture.write_bytes((PICTURES / "3-drawn.png").read_bytes())
        run = Run("predict", model, picture, tmp_path / f"missing{CONTROL}")
        escaped = r"\x1b[2J\x07\n\x9b1m"
        assert run.out.startswith(f"3{escaped}.png ")
        assert run.out.count(f"{escaped} (") == 10
        assert f"missing{escaped}" in run.err
        assert not set(CONTROL) & set(run.out[:-1] + run.err[:-1]) - set("[2J1m")

    @pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes")
    def test_names_that_are_not_text_are_printed(self, fitted_to_images, tmp_path):
        save(fitted_to_images, tmp_path / "images.skops")
        picture = os.fsencode(tmp_path) + b"/3-\xff.png"
        with open(picture, "wb") as file:
            file.write((PICTURES / "3-drawn.png").read_bytes())
        run = Run("predict", tmp_path / "images.skops", os.fsdecode(picture))
        assert run.out.startswith(r"3-\udcff.png   ")

    def test_swapped_arguments_are_recognized(self, fitted, tmp_path):
        model, picture = tmp_path / "digits.skops", PICTURES / "7-drawn.png"
        save(fitted, model)
        run = Run("predict", picture, model)
        assert run.status == 1
        assert run.err.endswith(f"The network comes first: skmnist predict {model} {picture}\n")

    @pytest.mark.parametrize(
        ("write", "message"),
        [
            (lambda path: None, "No such file"),
            (lambda path: path.write_bytes(b"rubbish"), "can't be loaded"),
            (lambda path: save(LogisticRegression(), path), "holds a LogisticRegression"),
            (lambda path: save(SimpleMLPClassifier(), path), "not fitted yet"),
            (
                lambda path: save(SimpleMLPClassifier().fit(np.eye(9), np.arange(9) % 2), path),
                r"trained on samples of shape \(9,\)",
            ),
            (lambda path: path.write_bytes(skops.io.dumps(print)), "types that are not trusted"),
        ],
    )
    def test_wrong_models_end_in_one_line(self, tmp_path, write, message):
        write(tmp_path / "model.skops")
        run = Run("predict", tmp_path / "model.skops", PICTURES / "7-drawn.png")
        assert (run.status, run.out) == (1, "")
        assert re.fullmatch(rf"skmnist: error: .*{message}.*\n", run.err)


def test_predict_does_not_need_tensorflow(fitted, tmp_path):
    save(fitted, tmp_path / "digits.skops")
    code = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('tensorflow', 'keras', 'scikeras'))\n"
        "from skmnist.cli import main\n"
        "sys.exit(main(['predict', *sys.argv[1:]]))\n"
    )
    command = [sys.executable, "-c", code, tmp_path / "digits.skops", PICTURES / "3-drawn.png"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3-drawn.png ")


class TestHelp:
    def test_waits_for_nothing_heavy(self):
        code = (
            "import sys\n"
            "from skmnist.cli import main\n"
            "for option in ('--help', '--version'):\n"
            "    try: main([option])\n"
            "    except SystemExit as end: assert end.code == 0\n"
            "sys.exit(', '.join({'tensorflow', 'keras', 'sklearn', 'numpy'} & {*sys.modules}))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stderr == "\n"
        assert "--hidden-units" in done.stdout
        assert done.stdout.endswith(f"skmnist {skmnist.__version__}\n")

    def test_fits_a_terminal(self, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        text = Run("--help").out
        for option in ("--data", "--raw-pixels", "--search", "--activation", "--epochs", "--save"):
            assert f"\n  {option} " in text or f"\n  {option}\n" in text
        assert max(map(len, text.splitlines())) <= 80


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ("--hidden-units 5 -3", "argument --hidden-units: must be a whole number greater than"),
            ("--hidden-units 2.5", "argument --hidden-units: must be a whole number greater than"),
            ("--search", "argument --search: expected at least one argument"),
            ("--search 5 --hidden-units 7", "--hidden-units: not allowed with argument --search"),
            ("--learning-rate inf", "argument --learning-rate: must be a number greater than 0"),
            ("--learning-rate fast", "argument --learning-rate: must be a number greater than 0"),
            ("--seed 4294967296", r"argument --seed: must be a whole number from 0 to 2\*\*32 - 1"),
            ("--epoch 3", r"unrecognized arguments: --epoch 3. Did you mean --epochs\?"),
            ("search 5 16", r"unrecognized arguments: search 5 16. Did you mean --search\?"),
            ("predct a.skops b.png", r"Did you mean predict\?"),
            (f"{__file__} b.png", r"To read pictures: skmnist predict NETWORK PICTURE"),
            ("xyz", r"unrecognized arguments: xyz. \(see"),
            ("--\x1b[2J", r"unrecognized arguments: --\\x1b\[2J"),
            ("--save m.PKL", r"'m.PKL' would not hold pickle's format.* Name it 'm.skops'"),
            ("--save m.onnx", r"'m.onnx' would not hold ONNX.* Name it 'm.skops'"),
            ("predict m.skops a.png --show b.jpg", "--show: must end with .png, not 'b.jpg'"),
            ("predict m.skops", "the following arguments are required: PICTURE"),
        ],
    )
    def test_wrong_options_end_in_one_line(self, arguments, message):
        run = Run(*arguments.split(" "))
        assert (run.status, run.out) == (2, "")
        assert re.fullmatch(rf"skmnist( predict)?: error: .*{message}.*\n", run.err)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--data", "fashon"], r"source='fashon': .* Did you mean fashion\?"),
            (["--data", "nowhere.npz"], "source='nowhere.npz': there is no such file"),
            (["--data", __file__], "test_cli.py"),
            (["--output", __file__], "test_cli.py exists and is not a directory"),
            (["--output", os.path.join(__file__, "deeper")], "deeper: Not a directory"),
            (["--save", os.path.dirname(__file__)], "--save needs a file name, got the directory"),
            (["--save", "a" * 300], "a{300}: File name too long"),
            (["--save", "/proc/m.skops"], "/proc/m.skops: No such file"),
            (["--activation", "tahn"], r"no activation 'tahn'. Did you mean tanh\?"),
            (["--activation", "rely", "--search", "3"], r"no activation 'rely'. Did you mean relu"),
        ],
    )
    def test_what_cannot_be_done_ends_in_one_line_before_the_training(
        self, arguments, message, small_data, tmp_path
    ):
        if "/proc" in arguments[-1] and not os.path.isdir("/proc"):
            pytest.skip("needs /proc")
        defaults = ["--data", small_data, "--output", tmp_path, "--epochs", "1"]
        run = Run(*defaults, *arguments)
        assert run.status == 1
        assert re.fullmatch(rf"skmnist: error: .*{message}.*\n", run.err)
        assert "Epoch" not in run.out

    def test_missing_data_leave_no_folder_behind(self, tmp_path):
        assert Run("--data", tmp_path / "no.npz", "--output", tmp_path / "figures").status == 1
        assert os.listdir(tmp_path) == []

    def test_a_path_that_is_found_writable_is_left_as_it_was(self, small_data, tmp_path):
        path = tmp_path / "old.skops"
        path.write_bytes(b"old")
        options = ["--save", path, "--activation", "tahn", "--output", tmp_path / "figures"]
        assert Run("--data", small_data, *options).status == 1
        assert path.read_bytes() == b"old"
        assert sorted(os.listdir(tmp_path)) == ["figures", "old.skops"]
