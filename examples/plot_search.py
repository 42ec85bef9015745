"""
Searching the number of hidden units
====================================

`GridSearchCV` trains each width three times on two thirds of the images, and scores it
on the rest. `SearchDisplay` draws the scores and the fit times.
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SearchDisplay, SimpleMLPClassifier, load_mnist

(X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
network = SimpleMLPClassifier(learning_rate=0.01, random_state=0)
pipeline = Pipeline([("scaler", MinMaxScaler()), ("mlp", network)])

# %%
# One parameter
# -------------

search = GridSearchCV(pipeline, {"mlp__hidden_units": [2, 5, 16, 64]}, cv=3)
search.fit(X_train, y_train)
print(f"Chosen: {search.best_params_['mlp__hidden_units']} hidden units")
print(f"On the test images: {search.score(X_test, y_test):.1%} accuracy")
SearchDisplay.from_estimator(search)

# %%
# Two parameters
# --------------
#
# Candidates of the same width share a compiled program, whatever their learning rate.

grid = {
    "mlp__hidden_units": [5, 16, 64],
    "mlp__learning_rate": [0.001, 0.003, 0.01, 0.03],
}
search = GridSearchCV(pipeline, grid, cv=2).fit(X_train, y_train)
SearchDisplay.from_estimator(search)
plt.show()
