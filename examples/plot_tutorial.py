"""
The tutorial, step by step
==========================

A beginner's tutorial reads handwritten digits with a small network: load, look, train,
look at the predictions. ``python -m skmnist`` does the same on the command line.
"""

import matplotlib.pyplot as plt

from skmnist import (
    DigitsDisplay,
    HiddenUnitsDisplay,
    SimpleMLPClassifier,
    TrainingDisplay,
    load_mnist,
)

# %%
# Load and look
# -------------

digits = load_mnist("sample")
X, X_test = digits.images_train / 255, digits.images_test / 255
print(f"{len(X):,} images to train on, {len(X_test):,} to test with")
DigitsDisplay.from_images(X, digits.y_train, n=5)

# %%
# Train
# -----
#
# Five hidden units, the tutorial's and the default. Its 5 epochs of 60,000 images are
# as many gradient steps as 75 epochs of these 4,000.

network = SimpleMLPClassifier(epochs=75, random_state=0)
network.fit(X, digits.y_train, X_val=X_test, y_val=digits.y_test)
print(f"The tutorial's network: {network.score(X_test, digits.y_test):.1%} accuracy")
TrainingDisplay.from_estimator(network)

# %%
# Look at what it predicts
# ------------------------
#
# Wrong predictions have a frame.

DigitsDisplay.from_estimator(network, X_test, digits.y_test)

# %%
# Look at the hidden units
# ------------------------
#
# Ink on red makes a unit more active, ink on blue less. The bars show for which digits
# an active unit counts.

HiddenUnitsDisplay.from_estimator(network, X=X)
plt.show()
