"""
Data larger than memory
=======================

``partial_fit`` trains on one block of the data at a time, so that only one block need
be in memory. Here the blocks are files, and a Dask array reads them on demand. It needs
``pip install 'skmnist[distributed]'``.
"""

import tempfile
from pathlib import Path

import dask
import dask.array as da
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import recall_score

from skmnist import SimpleMLPClassifier, load_mnist

BLOCK = 250
PASSES = 5

# %%
# Blocks on disk
# --------------
#
# The 4,000 training images of the sample stand for data that do not fit into memory.
# Their order must be random: a network trained on all zeros first and all nines last
# forgets the zeros.

digits = load_mnist("sample")
folder = tempfile.TemporaryDirectory()
order = np.random.default_rng(0).permutation(len(digits.y_train))
for number, start in enumerate(range(0, len(order), BLOCK)):
    rows = order[start : start + BLOCK]
    np.save(
        Path(folder.name) / f"images-{number:02}.npy",
        digits.X_train[rows].astype(np.uint8),
    )
    np.save(Path(folder.name) / f"labels-{number:02}.npy", digits.y_train[rows])

# %%
# One array of all of them
# ------------------------
#
# The array has a shape, but nothing is read yet. The pixels are divided by 255 block by
# block; a fitted scaler would need a pass over all images first.


def lazy_array(name, shape, dtype):
    """Join files to an array that reads each of them when it is computed."""
    files = sorted(Path(folder.name).glob(f"{name}-*.npy"))
    blocks = [
        da.from_delayed(dask.delayed(np.load)(file), shape, dtype) for file in files
    ]
    return da.concatenate(blocks)


X = (
    lazy_array("images", (BLOCK, digits.X_train.shape[1]), np.uint8).astype(np.float32)
    / 255
)
y = lazy_array("labels", (BLOCK,), digits.y_train.dtype)
print(f"{X.shape[0]:,} images, {X.nbytes:,} bytes in {X.npartitions} blocks")

# %%
# Training
# --------
#
# Each block is read and trained on for one epoch. Five passes over all blocks come
# close to the accuracy of five epochs with all images in memory.

X_test, y_test = digits.X_test / 255, digits.y_test
classifier = SimpleMLPClassifier(hidden_units=32, learning_rate=0.003, random_state=0)
accuracies, recalls = [], []
for _ in range(PASSES):
    for blocks in zip(X.to_delayed().ravel(), y.to_delayed().ravel(), strict=True):
        X_block, y_block = dask.compute(*blocks)
        classifier.partial_fit(X_block, y_block, classes=np.arange(10))
        predicted = classifier.predict(X_test)
        accuracies.append(np.mean(predicted == y_test))
        recalls.append(recall_score(y_test, predicted, average=None))
    print(f"After {len(accuracies) * BLOCK:>6,} images: {accuracies[-1]:.1%} accuracy")

at_once = SimpleMLPClassifier(
    hidden_units=32, learning_rate=0.003, epochs=PASSES, random_state=0
).fit(digits.X_train / 255, digits.y_train)
at_once_accuracy = at_once.score(X_test, y_test)
print(f"All in memory, {PASSES} epochs: {at_once_accuracy:.1%} accuracy")
folder.cleanup()

# %%
# Accuracy over time
# ------------------
#
# Above, the accuracy on the test images after each block. Below, the recall of each
# digit.

n_seen = BLOCK * np.arange(1, len(accuracies) + 1)
figure, (curve, by_digit) = plt.subplots(
    2, 1, figsize=(8, 6), sharex=True, height_ratios=(3, 2), layout="constrained"
)
curve.plot(n_seen, accuracies, marker=".", label="block by block")
curve.axhline(
    at_once_accuracy, color="C1", linestyle="--", label="all in memory, five epochs"
)
for number in range(1, PASSES):
    curve.axvline(number * X.shape[0], color="0.8", zorder=0)
curve.set(
    ylabel="accuracy on the test images",
    ylim=(0, 1),
    title="Training from blocks on disk",
)
curve.legend(loc="lower right")

image = by_digit.imshow(
    np.transpose(recalls),
    aspect="auto",
    extent=(BLOCK / 2, n_seen[-1] + BLOCK / 2, 9.5, -0.5),
    vmin=0,
    vmax=1,
)
by_digit.set(
    xlabel="images seen; a line is the end of a pass", ylabel="digit", yticks=range(10)
)
figure.colorbar(image, ax=by_digit, label="recall")
plt.show()
