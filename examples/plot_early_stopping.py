"""
Early stopping
==============

A network that is trained for too long overfits. With ``early_stopping=True``, ``fit``
stops when the accuracy on validation images no longer rises, and restores the weights
of the best epoch.
"""

import matplotlib.pyplot as plt

from skmnist import SimpleMLPClassifier, TrainingDisplay, load_mnist

digits = load_mnist("sample")
network = SimpleMLPClassifier(
    64,
    activation="relu",
    learning_rate=0.003,
    epochs=100,
    early_stopping=True,
    n_iter_no_change=5,
    random_state=0,
)
network.fit(digits.X_train / 255, digits.y_train)

# %%
# A tenth of the training images is set aside for validation.

print(f"Stopped after {network.n_iter_} of {network.epochs} epochs")
print(f"The best on validation images: {network.best_validation_score_:.1%} accuracy")
print(
    f"On the test images: {network.score(digits.X_test / 255, digits.y_test):.1%} "
    "accuracy"
)
TrainingDisplay.from_estimator(network)
plt.show()
