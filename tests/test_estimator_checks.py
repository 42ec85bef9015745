"""scikit-learn's own checks of an estimator, all of them."""

import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmnist import SimpleMLPClassifier


@parametrize_with_checks([SimpleMLPClassifier()])
def test_estimator(estimator, check):
    check(estimator)


class GoodClassifier(SimpleMLPClassifier):
    """A classifier that claims good scores, and is checked for them.

    The tag `poor_score`, which the article's five units and five epochs need, leaves
    out the checks of scores.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = False
        return tags


@pytest.mark.parametrize(
    "name", ["check_classifiers_train", "check_class_weight_classifiers"]
)
def test_good_scores(name):
    classifier = GoodClassifier(hidden_units=32, learning_rate=0.01, epochs=100)
    getattr(estimator_checks, name)("GoodClassifier", classifier)
