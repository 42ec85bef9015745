"""
Saving, and ONNX
================

`save` writes the whole Pipeline into a file that runs no code when it is read. An ONNX
file predicts in programs without Python. It needs ``pip install 'skmnist[onnx]'
onnxruntime``.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import DigitsDisplay, SimpleMLPClassifier, load_mnist
from skmnist.persistence import load, save, to_onnx

(X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
classifier = make_pipeline(
    MinMaxScaler(), SimpleMLPClassifier(32, learning_rate=0.01, random_state=0)
).fit(X_train, y_train)

# %%
# Save, export, and read again
# ----------------------------

with tempfile.TemporaryDirectory() as folder:
    save(classifier, Path(folder, "digits.skops"))
    loaded = load(Path(folder, "digits.skops"))
    to_onnx(classifier, Path(folder, "digits.onnx"))
    session = onnxruntime.InferenceSession(Path(folder, "digits.onnx").read_bytes())

expected = classifier.predict_proba(X_test)
print("Loaded, the same bits:", np.array_equal(loaded.predict_proba(X_test), expected))

# %%
# Predictions of the ONNX file
# ----------------------------

labels, probabilities = session.run(None, {"X": X_test.astype(np.float32)})
print("ONNX, the same labels:", np.array_equal(labels, classifier.predict(X_test)))
print(f"ONNX, probabilities within {np.abs(probabilities - expected).max():.0e}")
DigitsDisplay.from_predictions(
    X_test, y_test, labels, probabilities=probabilities.max(axis=1), n=5
)
plt.show()
