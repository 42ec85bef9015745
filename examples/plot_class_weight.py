"""
Rare digits and weights
=======================

A network trained on data in which one digit is rare hardly ever predicts it, since that
costs little accuracy. ``class_weight="balanced"`` gives all digits the same weight in
sum.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import recall_score

from skmnist import SimpleMLPClassifier, load_mnist

# %%
# Eights become rare
# ------------------
#
# Of 400 eights, 10 are left.

digits = load_mnist("sample")
eights = np.flatnonzero(digits.y_train == 8)
kept = np.setdiff1d(np.arange(len(digits.y_train)), eights[10:])
X, y = digits.X_train[kept] / 255, digits.y_train[kept]

# %%
# With and without weights
# ------------------------

recalls = {}
for weight in (None, "balanced"):
    network = SimpleMLPClassifier(
        32, learning_rate=0.003, epochs=15, class_weight=weight, random_state=0
    )
    predicted = network.fit(X, y).predict(digits.X_test / 255)
    recalls[weight] = recall_score(digits.y_test, predicted, average=None)
    print(f"class_weight={weight!r}: {recalls[weight][8]:.0%} of the eights found")

figure, ax = plt.subplots(figsize=(8, 3.5), layout="constrained")
for shift, (weight, recall) in zip((-0.2, 0.2), recalls.items(), strict=True):
    ax.bar(np.arange(10) + shift, recall, width=0.4, label=f"class_weight={weight!r}")
ax.set(xlabel="digit", ylabel="part found", xticks=range(10), ylim=(0, 1.25))
ax.legend(loc="upper left", ncols=2)
plt.show()
