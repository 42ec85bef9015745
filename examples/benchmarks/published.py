"""Train networks whose results on MNIST are published; write the tables of the page
"Published results".

    python examples/benchmarks/published.py                    all, in five minutes
    python examples/benchmarks/published.py --only lecun-300   one; the others stay
    python examples/benchmarks/published.py --only             write the tables again

``SKMNIST_DATA`` names the file of all of MNIST. Times are those of the processor, so
that other programs on the machine change them little; ``taskset -c 0 python …`` keeps
all threads on one core.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from data import load_all_of_mnist
from pages import DOCS, as_table, describe_machine, replace_part
from sklearn.model_selection import train_test_split

from skmnist import SimpleMLPClassifier

PAGE = DOCS / "published-results.md"
RESULTS = Path(__file__).parent / "published.json"

# X and y to train on, X and y to test with.
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


load_all = cache(load_all_of_mnist)


def load_first(n_rows: int) -> Split:
    """Load the first of the images to train on; others of them were for validation."""
    X, y, X_test, y_test = load_all()
    return X[:n_rows], y[:n_rows], X_test, y_test


def load_three_tenths() -> Split:
    """Load the 21,000 and 49,000 images that scikit-learn's example draws."""
    X, y, X_test, y_test = load_all()
    X_train, X_test, y_train, y_test = train_test_split(
        np.concatenate([X, X_test]),
        np.concatenate([y, y_test]),
        random_state=0,
        test_size=0.7,
    )
    return X_train, y_train, X_test, y_test


@dataclass(frozen=True)
class Published:
    """A published result, and the parameters of a classifier that should reach it."""

    network: str
    source: str
    # On the test images, in percent.
    error: float
    # The source's.
    settings: str
    hidden_units: int | tuple[int, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    # Whether the source only gives the error as about so much.
    is_rough: bool = False
    # Whether Adam's learning rate falls to 0.
    annealed: bool = False
    load: Callable[[], Split] = load_all


LECUN = "[LeCun et al. 1998](https://doi.org/10.1109/5.726791)"
PUBLISHED = {
    "lecun-linear": Published(
        network="no hidden units",
        source=LECUN,
        error=12.0,
        settings="a weighted sum of the pixels for each digit",
        hidden_units=(),
    ),
    "tensorflow": Published(
        network="no hidden units",
        source="[TensorFlow's former tutorial]"
        "(https://github.com/tensorflow/tensorflow/blob/"
        "245bdbac5abbab9ee3a17ef6111574fed2a1df40/tensorflow/docs_src/get_started/mnist/"
        "beginners.md)",
        error=8.0,
        is_rough=True,
        settings='"about 92%"; 1,000 steps of SGD, 55,000 images',
        hidden_units=(),
        parameters={
            "optimizer": "sgd",
            "learning_rate": 0.5,
            "batch_size": 100,
            "epochs": 2,
        },
        load=lambda: load_first(55_000),
    ),
    "scikit-learn": Published(
        network="40 units",
        source="[scikit-learn's example]"
        "(https://scikit-learn.org/dev/auto_examples/neural_networks/"
        "plot_mnist_filters.html)",
        error=4.69,
        settings="relu, SGD with momentum, 8 epochs; 21,000 images to train on, 49,000 "
        "to test with",
        hidden_units=40,
        parameters={
            "activation": "relu",
            "optimizer": keras.optimizers.SGD(0.2, momentum=0.9, nesterov=True),
            "batch_size": 200,
            "l2": 1e-4 / (2 * 200),
            "epochs": 8,
        },
        load=load_three_tenths,
    ),
    "nielsen": Published(
        network="30 units",
        source="[Nielsen 2015](http://neuralnetworksanddeeplearning.com/chap1.html)",
        error=4.58,
        settings="sigmoid, squared error, SGD, 50,000 images; the best epoch of 30, of "
        "three runs",
        hidden_units=30,
        parameters={
            "optimizer": "sgd",
            "learning_rate": 0.5,
            "batch_size": 10,
            "epochs": 30,
        },
        load=lambda: load_first(50_000),
    ),
    "lecun-300": Published(
        network="300 units",
        source=LECUN,
        error=4.7,
        settings="tanh, squared error, SGD",
        hidden_units=300,
        parameters={"activation": "tanh", "epochs": 5},
    ),
    "lecun-300-100": Published(
        network="300 and 100 units",
        source=LECUN,
        error=3.05,
        settings="tanh, SGD",
        hidden_units=(300, 100),
        parameters={"activation": "tanh", "epochs": 5},
    ),
    "keras": Published(
        network="512 and 512 units",
        source="[Keras's former example]"
        "(https://github.com/keras-team/keras/blob/2.3.1/examples/mnist_mlp.py)",
        error=1.6,
        settings="relu, dropout, RMSprop, 20 epochs",
        hidden_units=(512, 512),
        parameters={
            "activation": "relu",
            "dropout": 0.2,
            "optimizer": "rmsprop",
            "batch_size": 128,
            "epochs": 20,
        },
    ),
    "simard": Published(
        network="800 units",
        source="[Simard et al. 2003](https://doi.org/10.1109/ICDAR.2003.1227801)",
        error=1.6,
        settings="cross-entropy, SGD, no distortions",
        hidden_units=800,
        parameters={"activation": "relu", "batch_size": 128, "epochs": 20},
        annealed=True,
    ),
    "hinton": Published(
        network="500 and 300 units",
        source="[Hinton 2005](http://yann.lecun.com/exdb/mnist/), unpublished",
        error=1.53,
        settings="softmax, cross-entropy, weight decay",
        hidden_units=(500, 300),
        parameters={
            "activation": "relu",
            "l2": 1e-5,
            "batch_size": 128,
            "epochs": 20,
        },
        annealed=True,
    ),
}


def make(published: Published, n_rows: int, seed: int) -> SimpleMLPClassifier:
    """Make the classifier that should reach a published result."""
    classifier = SimpleMLPClassifier(
        published.hidden_units, random_state=seed, **published.parameters
    )
    if published.annealed:
        n_steps = classifier.epochs * math.ceil(n_rows / classifier.batch_size)
        schedule = keras.optimizers.schedules.CosineDecay(0.001, n_steps)
        classifier.set_params(optimizer=keras.optimizers.Adam(schedule))
    return classifier


def measure(published: Published, seeds: range) -> dict[str, Any]:
    """Fit with each seed; return the errors in percent and the processor's seconds."""
    X, y, X_test, y_test = published.load()
    errors, seconds = [], []
    for seed in seeds:
        classifier = make(published, len(X), seed)

        start = time.process_time()
        classifier.fit(X, y)
        seconds.append(round(time.process_time() - start, 2))

        n_wrong = np.count_nonzero(classifier.predict(X_test) != y_test)
        errors.append(round(100 * n_wrong / len(y_test), 3))
        print(f"  seed {seed}: {errors[-1]:.2f} % in {seconds[-1]:.1f} s", flush=True)
    return {"errors": errors, "seconds": seconds, "machine": describe_machine()}


def describe(published: Published) -> str:
    """Write the parameters of a classifier as they are written in Python."""
    parts = [repr(published.hidden_units)]
    for name, value in published.parameters.items():
        written = repr(value)
        if isinstance(value, keras.optimizers.SGD):
            written = f"SGD({float(value.learning_rate):g}, momentum={value.momentum}"
            written += f", nesterov={value.nesterov})"
        parts.append(f"{name}={written}")
    if published.annealed:
        parts.append("optimizer=Adam(CosineDecay(0.001, …))")
    return f"`{', '.join(parts)}`"


def write_page(results: dict[str, Any]) -> None:
    """Write what was measured into the page, the highest published errors first."""
    rows, settings = [], []
    in_order = sorted(PUBLISHED, key=lambda name: PUBLISHED[name].error, reverse=True)
    for name in in_order:
        if name not in results:
            continue
        published = PUBLISHED[name]
        errors, seconds = results[name]["errors"], results[name]["seconds"]
        reached = f"{np.mean(errors):.2f} ({min(errors):.2f}–{max(errors):.2f})"
        error = f"{published.error:g}"
        if published.is_rough:
            error = f"about {error}"

        rows.append(
            [
                f"{published.network}, {published.source}",
                error,
                reached,
                f"{min(seconds):.1f}",
            ]
        )
        settings.append([f"`{name}`", published.settings, describe(published)])

    header = ["Network", "Published", "Reached", "Seconds"]
    replace_part(PAGE, "results", f"\n{as_table(header, rows)}\n")
    header = ["`--only`", "The source", "`SimpleMLPClassifier`"]
    replace_part(PAGE, "settings", f"\n{as_table(header, settings)}\n")
    machines = dict.fromkeys(result["machine"] for result in results.values())
    replace_part(PAGE, "machine", f"\nMeasured on {'; '.join(machines)}.\n")


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Reach published results on MNIST.")
    parser.add_argument("--only", nargs="*", choices=PUBLISHED, help="only these")
    parser.add_argument("--seeds", type=int, default=3, help="fits of each network")
    arguments = parser.parse_args()

    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name, published in PUBLISHED.items():
        if arguments.only is None or name in arguments.only:
            print(name, flush=True)
            results[name] = measure(published, range(arguments.seeds))
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    write_page(results)


if __name__ == "__main__":
    main()
