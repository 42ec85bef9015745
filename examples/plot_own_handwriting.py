"""
Your own handwriting
====================

A network that was trained on MNIST reads digits that look like MNIST's: 28 pixels high
and wide, light on dark, centred, with strokes two or three pixels wide. `read_digit`
brings photos, scans and drawings of digits into that form.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageOps
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier, load_mnist, read_digit

# %%
# Pictures
# --------
#
# The script takes paths: ``python plot_own_handwriting.py one.jpg two.png``. Write a
# digit on a sheet of paper and take a photo of it, with some paper around the digit.
# Without paths, the script reads some of the pictures in this repository.


def find_pictures():
    """The paths on the command line, or those of six pictures in this repository."""
    given = [Path(argument) for argument in sys.argv[1:]]
    # Not where a builder of documentation runs this: the arguments are its own then.
    if __name__ == "__main__" and given and all(path.is_file() for path in given):
        return given
    here = Path.cwd()
    pictures = Path("tests", "pictures")
    roots = [folder for folder in (here, *here.parents) if (folder / pictures).is_dir()]
    if not roots:
        sys.exit("Give the paths of pictures, or run this in a checkout of skmnist.")
    names = [
        "0-chalk.jpg",
        "2-gradient.jpg",
        "3-framed.png",
        "5-blue-ballpoint.jpg",
        "7-turned-by-exif.jpg",
        "9-squared-paper.jpg",
    ]
    return [roots[0] / pictures / name for name in names]


# %%
# A network
# ---------
#
# The sample of 4,000 digits is enough; a network trained on ``load_mnist("full")``
# reads better.


def train():
    """Fit a network to the sample."""
    digits = load_mnist("sample")
    network = SimpleMLPClassifier(
        64, activation="relu", learning_rate=0.003, epochs=20, random_state=0
    )
    return make_pipeline(MinMaxScaler(), network).fit(digits.X_train, digits.y_train)


# %%
# What it reads
# -------------
#
# In each column: the picture, the digit in MNIST's form, which is the input of the
# network, and the probability of each digit. If a digit is misread, look at the middle
# row first: it may contain the edge of a shadow, for example.


def plot(paths, digits, probabilities):
    """Draw the pictures, the digits in MNIST's form, and their probabilities."""
    figure, axes = plt.subplots(
        3,
        len(paths),
        figsize=(1.7 * len(paths), 5.6),
        height_ratios=[4, 3, 2],
        squeeze=False,
        layout="constrained",
    )
    for column, path, digit, probability in zip(
        axes.T, paths, digits, probabilities, strict=True
    ):
        picture, form, bars = column
        picture.imshow(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
        picture.set_title(path.name, fontsize=7)
        form.imshow(digit, cmap="gray_r", vmin=0, vmax=255)
        best = int(np.argmax(probability))
        form.set_title(f"{best} ({probability[best]:.0%})", fontsize=10)
        for panel in (picture, form):
            panel.set(xticks=[], yticks=[])
        bars.bar(
            range(10),
            probability,
            color=["C1" if k == best else "C0" for k in range(10)],
        )
        bars.set(ylim=(0, 1), xticks=range(10), yticks=[0, 1])
        bars.tick_params(labelsize=7)
    for bars in axes[2, 1:]:
        bars.set_yticklabels([])
    axes[2, 0].set_ylabel("probability", fontsize=8)
    return figure


if __name__ == "__main__":
    paths = find_pictures()
    digits = [read_digit(path) for path in paths]
    rows = np.reshape(digits, (len(digits), 784))
    classifier = train()
    probabilities = classifier.predict_proba(rows)
    for path, probability in zip(paths, probabilities, strict=True):
        print(
            f"{path.name}: {np.argmax(probability)}, with a probability of "
            f"{probability.max():.2f}"
        )
    plot(paths, digits, probabilities)
    plt.show()
