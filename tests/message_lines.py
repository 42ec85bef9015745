"""The lines of Python that messages of `load_mnist` show, run as they stand."""

import numpy as np

import skmnist
from skmnist import SimpleMLPClassifier, load_mnist


def lines_of(message):
    """The lines of code in a message, which are those that are indented."""
    lines = [line[4:] for line in str(message).splitlines() if line.startswith("    ")]
    assert lines, message
    return lines


def loaded(data):
    """The pairs of pixels and label in a Bunch, whichever part they are in."""
    X = np.concatenate([data.X_train, data.X_test])
    y = np.concatenate([data.y_train, data.y_test])
    return pairs(X, y.tolist())


def pairs(X, y):
    rows = np.asarray(X, np.uint8).reshape(len(X), -1)
    labels = [int(label) if isinstance(label, float) else label for label in y]
    return sorted(zip(map(bytes, rows), map(str, labels), strict=True))


class LineRunner:
    """Runs lines, and keeps the data that they load or fit a classifier to."""

    def __init__(self, monkeypatch):
        self.found = None
        fit = SimpleMLPClassifier.fit
        monkeypatch.setattr(skmnist, "load_mnist", self.load)
        monkeypatch.setattr(
            SimpleMLPClassifier, "fit", lambda *args: self.fit(fit, *args)
        )

    def load(self, *arguments, **options):
        data = load_mnist(*arguments, **options)
        self.found = loaded(data)
        return data

    def fit(self, fit, classifier, X, y):
        dense = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
        levels = np.rint(255 * dense)
        assert levels.max() == 255
        self.found = pairs(levels, np.asarray(y).ravel().tolist())
        return fit(classifier, X, y)

    def run(self, lines):
        """Return the pairs that the lines find; later lines count."""
        self.found = None
        code = "\n".join(lines)
        exec(compile(code, "<message>", "exec"), {"load_mnist": self.load})
        return self.found
