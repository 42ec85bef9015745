"""Imports print nothing, change nothing, and import no more than is needed."""

import ast
import os
import pickle
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier
from skmnist.persistence import save
from tests.helpers import is_before

FIT = """
import os
import sys
import numpy as np
from skmnist import SimpleMLPClassifier

SimpleMLPClassifier(epochs=1).fit(np.eye(20), np.arange(20) % 2)
planning = sys.modules["skmnist.engine.planning"]
planning.SECONDS_WORTH_COMPILING = 0.0  # XLA has messages of its own
SimpleMLPClassifier(epochs=1).fit(np.eye(20), np.arange(20) % 2)
print(os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
"""
IMPORT = "import skmnist.engine; print('imported')"


def run(code, log_level, arguments=(), **how):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    if log_level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = log_level
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        **how,
    )


@pytest.mark.slow
@pytest.mark.skipif(
    is_before("tensorflow", 2, 21),
    reason="TensorFlow before 2.21 prints messages of XLA at any level",
)
def test_nothing_is_printed_but_errors_of_the_user():
    process = run(f"{FIT}\nraise SystemExit('an error')", None)
    assert process.stderr == "an error\n"
    # What the user's other programs go by is as it was.
    assert process.stdout == "None\n"


@pytest.mark.slow
@pytest.mark.skipif(
    is_before("tensorflow", 2, 21),
    reason="TensorFlow before 2.21 prints messages of XLA at any level",
)
def test_the_command_line_prints_none_of_it(tmp_path):
    """Its spinner moves in a thread of its own."""
    code = "import sys; from skmnist.cli import main; main(sys.argv[1:])"
    process = run(code, None, arguments=["--epochs", "1", "--output", tmp_path])
    assert "The network" in process.stdout
    assert process.stderr == ""


@pytest.mark.slow
def test_everything_is_printed_on_request():
    assert "TensorFlow" in run(IMPORT, "0").stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the descriptors of a process are POSIX's")
def test_without_a_standard_error():
    code = f"import os; os.close(2); {IMPORT}"
    assert run(code, None).stdout == "imported\n"


FIT_BESIDE_OTHERS = """
import logging, subprocess, sys, threading
import numpy as np
from skmnist import SimpleMLPClassifier

logging.basicConfig(level=logging.INFO, format="%(message)s")
is_over = threading.Event()
n_lines = 0
CHILD = (
    "import os, sys; input(); "
    "print('child', os.environ.get('TF_CPP_MIN_LOG_LEVEL'), file=sys.stderr)"
)

def serve():
    global n_lines, child
    while not is_over.wait(0.05):
        logging.info("request")
        n_lines += 1
        if n_lines == 5:
            child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=-1)

thread = threading.Thread(target=serve)
thread.start()
SimpleMLPClassifier(epochs=1).fit(np.eye(20), np.arange(20) % 2)
is_over.set()
thread.join()
child.communicate(b"go on\\n")
print(n_lines)
"""


@pytest.mark.slow
def test_nothing_that_others_write_is_lost():
    """Neither log lines of other threads, nor those of a process started meanwhile."""
    process = run(FIT_BESIDE_OTHERS, None)
    lines = process.stderr.splitlines()
    assert lines.count("request") == int(process.stdout) > 20
    assert lines.count("child None") == 1


WITHOUT_KERAS = """
import pickle, sys
import numpy as np
from sklearn.base import clone
import skmnist
from skmnist import SimpleMLPClassifier
from skmnist import DigitsDisplay, HiddenUnitsDisplay, TrainingDisplay
from skmnist.persistence import load

repr(clone(SimpleMLPClassifier(3)))
pipeline = load(sys.argv[1])
network = pickle.load(open(sys.argv[2], "rb"))
X = np.load(sys.argv[3])
network.predict(X)
pipeline.predict_proba(X)
pipeline._repr_html_()
assert "model_" in dir(network)
HiddenUnitsDisplay.from_estimator(network)
DigitsDisplay.from_estimator(pipeline, X, pipeline.predict(X))
TrainingDisplay.from_estimator(network)
print(sorted({"tensorflow", "keras", "scikeras"} & sys.modules.keys()))
"""


def test_only_fits_import_tensorflow(digits, tmp_path):
    classifier = SimpleMLPClassifier(3, epochs=1).fit(digits.images, digits.y)
    pipeline = make_pipeline(MinMaxScaler(), SimpleMLPClassifier(3, epochs=1))
    save(pipeline.fit(digits.X, digits.y), tmp_path / "pipeline.skops")
    (tmp_path / "network.pkl").write_bytes(pickle.dumps(classifier))
    np.save(tmp_path / "X.npy", digits.X)
    files = [tmp_path / name for name in ("pipeline.skops", "network.pkl", "X.npy")]
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS, *files],
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.splitlines()[-1] == "[]"


HEAVY = {
    "PIL",
    "matplotlib",
    "mlxtend.data",
    "pandas",
    "scipy",
    "skimage",
    "sklearn",
    "tensorflow",
}
# scikit-image 0.24 imports matplotlib to see whether it is there.
LOOKED_FOR = {"matplotlib"} if version("scikit-image").startswith("0.24.") else set()
# Each of them imports no more than those before and what stands beside it.
IMPORTS = {
    "import skmnist": set(),
    "skmnist.load_mnist()": {"pandas", "scipy", "sklearn"},
    "skmnist.read_digit(sys.argv[1])": {"PIL", "skimage"} | LOOKED_FOR,
    "skmnist.show_versions()": set(),
    "skmnist.SearchDisplay": set(),
}


@pytest.fixture(scope="module")
def imported():
    """The heavy modules after each of the lines, which one process runs."""
    lines = [
        f"{code}; print(sorted(set({HEAVY}) & sys.modules.keys()))" for code in IMPORTS
    ]
    picture = Path(__file__).parent / "pictures" / "2-tiny.png"
    process = subprocess.run(
        [sys.executable, "-c", "import sys\n" + "\n".join(lines), picture],
        env=os.environ | {"SKMNIST_DATA": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stderr == ""
    printed = [line for line in process.stdout.splitlines() if line.startswith("[")]
    modules = [set(ast.literal_eval(line)) for line in printed]
    return dict(zip(IMPORTS, modules, strict=True))


@pytest.mark.parametrize("code", IMPORTS)
def test_nothing_heavy_is_imported_that_is_not_needed(imported, code):
    n_lines = list(IMPORTS).index(code) + 1
    allowed = set().union(*list(IMPORTS.values())[:n_lines])
    assert imported[code] <= allowed
