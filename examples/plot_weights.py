"""
What the units respond to
=========================

A hidden unit has a weight for each pixel. Drawn as an image, ink on red makes the unit
more active, ink on blue less. The bars show for which digits an active unit counts.
Each weight is multiplied by the standard deviation of its pixel in `X`: weights of
pixels that rarely carry ink have no effect.
"""

import matplotlib.pyplot as plt

from skmnist import HiddenUnitsDisplay, SimpleMLPClassifier, load_mnist

digits = load_mnist("sample")
X, y = digits.X_train / 255, digits.y_train

# %%
# No hidden layer
# ---------------
#
# Softmax regression has an image for each digit.

softmax = SimpleMLPClassifier((), epochs=20, random_state=0).fit(X, y)
print(
    f"Softmax regression: {softmax.score(digits.X_test / 255, digits.y_test):.1%} "
    "accuracy"
)
HiddenUnitsDisplay.from_estimator(softmax, X=X)

# %%
# Sixty-four hidden units
# -----------------------
#
# The ten with the most weight.

hidden = SimpleMLPClassifier(
    64, learning_rate=0.003, l2=0.0001, epochs=20, random_state=0
)
hidden.fit(X, y)
print(
    f"64 hidden units: {hidden.score(digits.X_test / 255, digits.y_test):.1%} accuracy"
)
HiddenUnitsDisplay.from_estimator(hidden, X=X, n=10)
plt.show()
