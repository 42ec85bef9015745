"""
In a Pipeline
=============

A scaler in front of the network learns its ranges from the training images alone, and
scales all images that the Pipeline predicts.
"""

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import DigitsDisplay, SimpleMLPClassifier, load_mnist

(X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
classifier = make_pipeline(
    MinMaxScaler(), SimpleMLPClassifier(32, learning_rate=0.01, random_state=0)
)
classifier.fit(X_train, y_train)
print(f"In a Pipeline: {classifier.score(X_test, y_test):.1%} accuracy")

# %%
# Which digits are confused
# -------------------------
#
# scikit-learn's displays work with the Pipeline.

figure, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    classifier, X_test, y_test, cmap="Blues", colorbar=False, ax=ax
)

# %%
# The worst mistakes
# ------------------
#
# Those with the highest probability.

DigitsDisplay.from_estimator(classifier, X_test, y_test, worst_first=True)
plt.show()
