"""
The article, step by step
=========================

A well-known beginner's article reads handwritten digits with a small network: load, look, train,
look at the predictions. These are its steps, with nothing but the classifier's default parameters.
"""

import matplotlib.pyplot as plt

from skmnist import DigitsDisplay, SimpleMLPClassifier, TrainingDisplay, load_mnist

# %%
# Load and look
# -------------

digits = load_mnist("sample")
print(f"{len(digits.y_train):,} images to train on, {len(digits.y_test):,} to test with")
DigitsDisplay.from_images(digits.images_train, digits.y_train, n=5)

# %%
# Train
# -----
#
# Five hidden units, five epochs, raw pixels from 0 to 255: the article's choices, and humble ones.

article = SimpleMLPClassifier(random_state=0).fit(
    digits.X_train, digits.y_train, X_val=digits.X_test, y_val=digits.y_test
)
print(f"The article's network: {article.score(digits.X_test, digits.y_test):.1%} accuracy")
TrainingDisplay.from_estimator(article)

# %%
# Look at what it predicts
# ------------------------
#
# Wrong predictions have a frame.

DigitsDisplay.from_estimator(article, digits.X_test, digits.y_test)
plt.show()
