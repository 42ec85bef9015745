"""
In a Pipeline
=============

A scaler in front of the network learns its ranges from the training images alone, and is applied
to whatever the Pipeline is asked to predict.
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
# Which digits are taken for which
# --------------------------------
#
# scikit-learn's displays take the Pipeline as they take any classifier.

figure, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    classifier, X_test, y_test, cmap="Blues", colorbar=False, ax=ax
)

# %%
# The worst mistakes
# ------------------
#
# Those that the network was most sure of.

DigitsDisplay.from_estimator(classifier, X_test, y_test, worst_first=True)
plt.show()
