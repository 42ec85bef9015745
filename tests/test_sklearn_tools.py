"""What scikit-learn's tools do with the classifier, and what it leaves behind for a notebook."""

import pickle

import keras
import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone, is_classifier
from sklearn.metrics import accuracy_score, classification_report, log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from skmnist import SimpleMLPClassifier


def assert_same_network(one, other):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


class TestPipelines:
    def test_a_scaler_and_the_classifier_learn_digits(self, pipeline, sample):
        assert pipeline.score(sample.X_test, sample.y_test) > 0.88
        # The scaler is part of it: raw pixels straight into the network are something else.
        assert pipeline[-1].score(sample.X_test, sample.y_test) < pipeline.score(
            sample.X_test, sample.y_test
        )

    def test_classification_report(self, pipeline, sample):
        predicted = pipeline.predict(sample.X_test)
        report = classification_report(
            sample.y_test, predicted, target_names=sample.target_names, output_dict=True
        )
        assert set(sample.target_names) < set(report)
        assert report["accuracy"] == pipeline.score(sample.X_test, sample.y_test)
        assert min(report[name]["recall"] for name in sample.target_names) > 0.7

    def test_validation_data_goes_through_the_steps_before(self, digits):
        X, X_val = digits.images.reshape(-1, 784)[:250], digits.images.reshape(-1, 784)[250:]
        y, y_val = digits.y[:250], digits.y[250:]
        with sklearn.config_context(enable_metadata_routing=True):
            classifier = SimpleMLPClassifier(epochs=3, random_state=0)
            classifier.set_fit_request(X_val=True, y_val=True)
            routed = Pipeline(
                [("scaler", MinMaxScaler()), ("mlp", classifier)], transform_input=["X_val"]
            ).fit(X, y, X_val=X_val, y_val=y_val)
        scaler = MinMaxScaler().fit(X)
        by_hand = SimpleMLPClassifier(epochs=3, random_state=0).fit(
            scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val
        )
        assert routed[-1].history_ == by_hand.history_
        not_scaled = SimpleMLPClassifier(epochs=3, random_state=0).fit(
            scaler.transform(X), y, X_val=X_val, y_val=y_val
        )
        assert routed[-1].history_["val_loss"] != not_scaled.history_["val_loss"]

    def test_weights_are_routed_to_the_fits_and_scores_of_a_search(self, digits):
        is_small = digits.y < 5
        with sklearn.config_context(enable_metadata_routing=True):
            classifier = SimpleMLPClassifier((), learning_rate=0.01, random_state=0)
            classifier.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
            search = GridSearchCV(classifier, {"epochs": [10]}, cv=2)
            search.fit(digits.X, digits.y, sample_weight=is_small.astype(float))
        assert set(search.predict(digits.X)) <= set(range(5))
        assert search.best_score_ > 0.7  # where large digits counted, 0.5 would be a lot

    def test_data_frames_between_the_steps(self, digits):
        scaler = StandardScaler().set_output(transform="pandas")
        chain = make_pipeline(scaler, SimpleMLPClassifier(epochs=1, random_state=0))
        chain.fit(digits.X, digits.y)
        assert chain[-1].feature_names_in_[:2].tolist() == ["x0", "x1"]
        assert chain.predict(digits.X[:3]).shape == (3,)


class TestSearches:
    def test_the_larger_network_is_found(self, sample):
        chain = Pipeline(
            [
                ("scaler", MinMaxScaler()),
                ("mlp", SimpleMLPClassifier(learning_rate=0.01, random_state=0)),
            ]
        )
        search = GridSearchCV(chain, {"mlp__hidden_units": [5, 16, 64]}, cv=3)
        search.fit(sample.X_train, sample.y_train)
        assert search.best_params_ == {"mlp__hidden_units": 64}
        assert search.best_score_ > 0.88
        scores = search.cv_results_["mean_test_score"]
        assert scores.tolist() == sorted(scores)
        assert search.best_estimator_[-1].coefs_[0].shape == (784, 64)
        assert search.score(sample.X_test, sample.y_test) > 0.88

    def test_optimizers_are_candidates(self, digits):
        good, bad = keras.optimizers.SGD(0.5), keras.optimizers.SGD(1e-6)
        search = GridSearchCV(
            SimpleMLPClassifier((), epochs=5, random_state=0),
            {"optimizer": [bad, good, "sgd"]},
            cv=StratifiedKFold(3),
            error_score="raise",
        ).fit(digits.X, digits.y)
        assert search.best_params_["optimizer"] is good
        assert search.best_score_ > 0.7
        assert search.cv_results_["mean_test_score"][0] < 0.5
        assert float(good.learning_rate) == 0.5

    def test_layers_and_names_are_candidates(self, digits):
        grid = [{"hidden_units": [(), (6, 4)]}, {"activation": ["relu", keras.ops.tanh]}]
        search = GridSearchCV(
            SimpleMLPClassifier(epochs=1), grid, cv=2, refit=False, error_score="raise"
        ).fit(digits.X, digits.y)
        assert len(search.cv_results_["params"]) == 4

    def test_folds_are_stratified(self, digits):
        """Folds of sorted labels that were not would be tested on digits never seen."""
        assert is_classifier(SimpleMLPClassifier())
        order = np.argsort(digits.y, kind="stable")
        classifier = SimpleMLPClassifier(32, learning_rate=0.01, epochs=15, random_state=0)
        scores = cross_val_score(classifier, digits.X[order], digits.y[order], cv=3)
        assert scores.shape == (3,)
        assert scores.min() > 0.6


class TestParameters:
    PARAMETERS = (
        "activation batch_size callbacks class_weight dropout early_stopping epochs hidden_units "
        "l2 learning_rate n_iter_no_change optimizer random_state shuffle tol "
        "validation_fraction verbose warm_start"
    )

    def test_they_are_those_of_the_constructor(self):
        assert " ".join(sorted(SimpleMLPClassifier().get_params())) == self.PARAMETERS

    def test_there_and_back(self):
        given = {
            "hidden_units": np.array([7, 3]),
            "activation": keras.activations.relu,
            "optimizer": keras.optimizers.Adam(0.01),
            "class_weight": {0: 2.0},
            "random_state": np.random.RandomState(0),
            "l2": 0.1,
        }
        expected = SimpleMLPClassifier().get_params() | given
        for classifier in (
            SimpleMLPClassifier(**given),
            SimpleMLPClassifier().set_params(**given),
            SimpleMLPClassifier(**SimpleMLPClassifier(**given).get_params()),
        ):
            parameters = classifier.get_params()
            assert parameters.keys() == expected.keys()
            assert all(parameters[name] is value for name, value in expected.items())

    @pytest.mark.parametrize("is_fitted", [False, True])
    def test_clones_train_the_same_network(self, digits, is_fitted):
        original = SimpleMLPClassifier(
            [7, 3],
            activation=keras.activations.relu,
            optimizer=keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5), momentum=0.9
            ),
            dropout=0.1,
            l2=0.01,
            class_weight={0: 2.0},
            epochs=2,
            random_state=0,
        )
        if is_fitted:
            original.fit(digits.X, digits.y)
        twin = clone(original)
        assert not hasattr(twin, "coefs_")
        assert repr(twin).split("optimizer")[0] == repr(original).split("optimizer")[0]
        twin.fit(digits.X, digits.y)
        assert_same_network(twin, original.fit(digits.X, digits.y))

    def test_parameters_of_the_next_fit_are_no_parameters_of_this_one(self, digits):
        classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(digits.X, digits.y)
        before = classifier.predict_proba(digits.X)
        classifier.set_params(hidden_units=(9, 9), activation="relu", dropout=0.5, l2=1.0)
        np.testing.assert_array_equal(classifier.predict_proba(digits.X), before)
        assert classifier.model_.count_params() == 3985
        classifier.fit(digits.X, digits.y)
        assert [kernel.shape for kernel in classifier.coefs_] == [(784, 9), (9, 9), (9, 10)]
        assert classifier.n_iter_ == 1


# What a training may depend on from one epoch to the next, beside its weights.
TRAININGS = {
    "default": {},
    "dropout": {"dropout": 0.3, "hidden_units": (8, 4)},
    "penalty and weights": {"optimizer": "rmsprop", "l2": 0.01, "class_weight": {3: 2.0}},
    "schedule": {
        "optimizer": keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 9, 0.5))
    },
}


@pytest.fixture(params=TRAININGS, scope="module")
def parameters(request):
    return {"random_state": 0, "learning_rate": 0.01} | TRAININGS[request.param]


@pytest.fixture(scope="module")
def at_once(digits, parameters):
    """A training of four epochs without a break."""
    return SimpleMLPClassifier(epochs=4, **parameters).fit(digits.X, digits.y)


class TestGoingOn:
    @pytest.mark.parametrize("is_pickled", [False, True])
    def test_warm_start(self, digits, parameters, at_once, is_pickled):
        classifier = SimpleMLPClassifier(epochs=2, warm_start=True, **parameters)
        classifier.fit(digits.X, digits.y)
        first_losses = list(classifier.loss_curve_)
        if is_pickled:
            classifier = pickle.loads(pickle.dumps(classifier))
        # Another training in between, which borrows the same compiled program.
        SimpleMLPClassifier(**parameters | {"random_state": 1}).fit(digits.X, digits.y)
        classifier.fit(digits.X, digits.y)
        assert_same_network(classifier, at_once)
        assert classifier.history_ == at_once.history_
        assert classifier.loss_curve_[:2] == first_losses
        assert classifier.n_iter_ == 4

    def test_partial_fit(self, digits, parameters, at_once):
        classifier = SimpleMLPClassifier(**parameters)
        for _ in range(4):
            classifier.partial_fit(digits.X, digits.y, classes=range(10))
        assert_same_network(classifier, at_once)
        assert classifier.history_ == at_once.history_
        assert classifier.n_iter_ == 4

    def test_fit_without_warm_start_begins_anew(self, fitted, digits):
        classifier = SimpleMLPClassifier(epochs=3, random_state=0)
        classifier.partial_fit(digits.X[:50], digits.y[:50], classes=range(20))
        classifier.fit(digits.X, digits.y)
        assert_same_network(classifier, fitted)
        assert classifier.history_ == fitted.history_

    def test_partial_fit_and_warm_start_go_on_with_each_other(self, digits):
        classifier = SimpleMLPClassifier(epochs=3, warm_start=True, random_state=0)
        classifier.partial_fit(digits.X, digits.y, classes=range(10)).fit(digits.X, digits.y)
        at_once = SimpleMLPClassifier(epochs=4, random_state=0).fit(digits.X, digits.y)
        assert_same_network(classifier, at_once)

    def test_a_compiled_training(self, digits):
        """2,170 steps each time: enough for XLA to compile them."""
        parameters = {"batch_size": 1, "random_state": 0}
        classifier = SimpleMLPClassifier(epochs=7, warm_start=True, **parameters)
        classifier.fit(digits.X, digits.y)
        classifier = pickle.loads(pickle.dumps(classifier)).fit(digits.X, digits.y)
        at_once = SimpleMLPClassifier(epochs=14, **parameters).fit(digits.X, digits.y)
        assert_same_network(classifier, at_once)

    def test_classes_may_be_missing_in_any_call(self, digits):
        classifier = SimpleMLPClassifier(learning_rate=0.02, random_state=0)
        order = np.argsort(digits.y, kind="stable")
        halves = [digits.y < 5, digits.y >= 5]
        classifier.partial_fit(digits.X[halves[1]], digits.y[halves[1]], classes=range(10))
        assert classifier.classes_.tolist() == list(range(10))
        assert classifier.predict_proba(digits.X).shape == (len(digits.X), 10)
        for epoch in range(20):
            half = halves[epoch % 2]
            classifier.partial_fit(digits.X[half], digits.y[half])
        # One class alone, and the classes named again, in another order.
        classifier.partial_fit(digits.X[order[:20]], digits.y[order[:20]], classes=range(9, -1, -1))
        assert classifier.n_iter_ == 22
        assert set(classifier.predict(digits.X)) <= set(range(10))

    def test_classes_that_never_come_are_classes(self, digits):
        names = np.array([f"digit {label}" for label in digits.y])
        classes = ["something else", *np.unique(names), "another thing"]
        classifier = SimpleMLPClassifier(random_state=0).partial_fit(digits.X, names, classes)
        assert classifier.classes_.tolist() == sorted(classes)
        for _ in range(5):
            classifier.partial_fit(digits.X, names)
        probabilities = classifier.predict_proba(digits.X)
        assert probabilities.shape == (len(names), 12)
        never_seen = np.isin(classifier.classes_, ["something else", "another thing"])
        assert probabilities[:, never_seen].mean() < probabilities[:, ~never_seen].mean()


@pytest.fixture(scope="module")
def parts(digits):
    """Digits to train on and digits to validate on."""
    return (digits.X[:250], digits.y[:250]), (digits.X[250:], digits.y[250:])


@pytest.fixture(scope="module")
def classifier(parts):
    (X, y), (X_val, y_val) = parts
    classifier = SimpleMLPClassifier(learning_rate=0.01, epochs=4, dropout=0.1, random_state=0)
    return classifier.fit(X, y, X_val=X_val, y_val=y_val)


class TestWhatIsLeft:
    """The fitted attributes, which all tell of the same training."""

    def test_the_history(self, classifier):
        assert set(classifier.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        for values in classifier.history_.values():
            assert [type(value) for value in values] == [float] * 4
        assert classifier.n_iter_ == 4
        assert classifier.loss_curve_ == classifier.history_["loss"]
        assert classifier.loss_curve_[-1] < classifier.loss_curve_[0]

    def test_the_validation_scores_are_those_of_the_network(self, classifier, parts):
        _, (X_val, y_val) = parts
        probabilities = classifier.predict_proba(X_val)
        assert classifier.history_["val_loss"][-1] == pytest.approx(
            log_loss(y_val, probabilities, labels=classifier.classes_), rel=1e-6
        )
        assert classifier.history_["val_accuracy"][-1] == classifier.score(X_val, y_val)

    def test_validation_data_change_no_training(self, classifier, parts):
        (X, y), _ = parts
        assert_same_network(classifier, clone(classifier).fit(X, y))

    def test_weights_of_validation_data(self, parts):
        (X, y), (X_val, y_val) = parts
        weights = np.linspace(0, 3, len(y_val))
        classifier = SimpleMLPClassifier(epochs=2, random_state=0)
        classifier.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
        probabilities = classifier.predict_proba(X_val)
        assert classifier.history_["val_loss"][-1] == pytest.approx(
            log_loss(y_val, probabilities, labels=classifier.classes_, sample_weight=weights),
            rel=1e-6,
        )

    def test_the_loss_is_that_of_the_batches_as_they_came_by(self, parts):
        """With a learning rate of next to nothing, that is the loss of the network."""
        (X, y), _ = parts
        weights = np.linspace(0.1, 3, len(y))
        classifier = SimpleMLPClassifier(epochs=2, learning_rate=1e-30, random_state=0)
        for sample_weight in (None, weights):
            classifier.fit(X, y, sample_weight=sample_weight)
            expected = log_loss(
                y,
                classifier.predict_proba(X),
                labels=classifier.classes_,
                sample_weight=sample_weight,
            )
            assert classifier.history_["loss"] == pytest.approx([expected] * 2, rel=1e-5)
            assert classifier.history_["accuracy"] == pytest.approx([classifier.score(X, y)] * 2)

    def test_the_arrays_are_the_layers_of_the_model(self, classifier, parts):
        _, (X_val, _) = parts
        model = classifier.model_
        assert model.count_params() == 3985
        kernels, biases = model.get_weights()[::2], model.get_weights()[1::2]
        for one, other in zip(classifier.coefs_, kernels, strict=True):
            assert one.dtype == np.float32
            np.testing.assert_array_equal(one, other)
        for one, other in zip(classifier.intercepts_, biases, strict=True):
            np.testing.assert_array_equal(one, other)
        assert [kernel.shape for kernel in classifier.coefs_] == [(784, 5), (5, 10)]
        assert (classifier.n_layers_, classifier.n_outputs_) == (3, 10)
        assert classifier.out_activation_ == "softmax"
        np.testing.assert_allclose(
            model.predict(X_val, verbose=0), classifier.predict_proba(X_val), atol=1e-6
        )

    def test_predictions_agree(self, classifier, parts):
        _, (X_val, y_val) = parts
        probabilities = classifier.predict_proba(X_val)
        np.testing.assert_array_equal(
            classifier.predict(X_val), classifier.classes_[probabilities.argmax(axis=1)]
        )
        np.testing.assert_allclose(
            np.exp(classifier.predict_log_proba(X_val)), probabilities, rtol=1e-12
        )
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
        assert classifier.score(X_val, y_val) == accuracy_score(y_val, classifier.predict(X_val))

    def test_the_model_takes_images_where_the_classifier_did(self, fitted_to_images, digits):
        model = fitted_to_images.model_
        assert model.count_params() == 3985
        np.testing.assert_allclose(
            model(digits.images),
            fitted_to_images.predict_proba(digits.images),
            atol=1e-6,
        )

    def test_the_model_is_compiled_and_belongs_to_whoever_asked(self, parts):
        (X, y), (X_val, y_val) = parts
        classifier = SimpleMLPClassifier(epochs=2, random_state=0).fit(X, y)
        before = classifier.predict_proba(X_val)
        loss, accuracy = classifier.model_.evaluate(X_val, y_val, verbose=0)
        assert loss == pytest.approx(log_loss(y_val, before, labels=range(10)), rel=1e-4)
        assert accuracy == pytest.approx(classifier.score(X_val, y_val))
        assert classifier.model_ is classifier.model_
        classifier.model_.fit(X, y, verbose=0)
        np.testing.assert_array_equal(classifier.predict_proba(X_val), before)
        # The next training has the next model.
        classifier.partial_fit(X, y)
        np.testing.assert_allclose(
            classifier.model_(X_val), classifier.predict_proba(X_val), atol=1e-6
        )

    @pytest.mark.parametrize("activation", ["softmax", keras.ops.silu])
    def test_the_model_agrees_for_other_networks(self, parts, activation):
        (X, y), (X_val, _) = parts
        classifier = SimpleMLPClassifier((6, 4), activation=activation, l2=0.01, dropout=0.2)
        classifier.fit(X, y)
        np.testing.assert_allclose(
            classifier.model_(X_val), classifier.predict_proba(X_val), atol=1e-6
        )


class TestWeights:
    @pytest.mark.parametrize("in_text", [False, True])
    def test_weights_of_classes_are_weights_of_samples(self, digits, in_text):
        def name(label):
            return f"digit {label}" if in_text else label

        y = np.array([name(label) for label in digits.y])
        class_weight = {name(0): 5.0, name(3): 0.5, name(7): 0.0}
        given = np.linspace(0.5, 2, len(y))
        by_class = SimpleMLPClassifier(epochs=2, class_weight=class_weight, random_state=0)
        by_class.fit(digits.X, y, sample_weight=given)
        of_samples = [class_weight.get(name(label), 1.0) for label in digits.y.tolist()]
        by_sample = SimpleMLPClassifier(epochs=2, random_state=0)
        by_sample.fit(digits.X, y, sample_weight=given * of_samples)
        assert_same_network(by_class, by_sample)
        assert by_class.history_ == by_sample.history_
        assert name(7) not in by_class.predict(digits.X)

    @pytest.mark.parametrize("in_text", [False, True])
    def test_balanced_classes(self, digits, in_text):
        # Many ones and twos, few others.
        rows = np.flatnonzero((digits.y < 3) | (np.arange(len(digits.y)) % 4 == 0))
        X, y = digits.X[rows], digits.y[rows]
        y = y.astype(str) if in_text else y
        balanced = SimpleMLPClassifier(epochs=2, class_weight="balanced", random_state=0).fit(X, y)
        by_sample = SimpleMLPClassifier(epochs=2, random_state=0)
        by_sample.fit(X, y, sample_weight=compute_sample_weight("balanced", y))
        assert_same_network(balanced, by_sample)
        not_balanced = SimpleMLPClassifier(epochs=2, random_state=0).fit(X, y)
        assert not np.allclose(balanced.coefs_[1], not_balanced.coefs_[1])

    def test_a_weight_of_0_leaves_a_sample_out(self, digits):
        """Also in what counts as a batch, in its order, and in the history."""
        is_left = np.arange(len(digits.y)) % 3 > 0
        weighted = SimpleMLPClassifier(epochs=3, random_state=0)
        weighted.fit(digits.X, digits.y, sample_weight=is_left.astype(float))
        without = SimpleMLPClassifier(epochs=3, random_state=0)
        without.fit(digits.X[is_left], digits.y[is_left])
        assert_same_network(weighted, without)
        for name in ("loss", "accuracy"):
            assert weighted.history_[name] == pytest.approx(without.history_[name])

    @given(
        repeats=st.lists(st.integers(0, 3), min_size=4, max_size=12).filter(
            lambda repeats: any(repeats[::2]) and any(repeats[1::2])
        ),
        scale=st.floats(1e-3, 1e3),
        seed=st.integers(0, 100),
    )
    @settings(max_examples=20, deadline=None)
    def test_a_weight_is_as_many_samples(self, repeats, scale, seed):
        """Where all samples are one batch; and only the ratios of the weights count."""
        X = np.random.default_rng(seed).normal(size=(len(repeats), 4))
        y = np.arange(len(repeats)) % 2
        parameters = {
            "hidden_units": 3,
            "optimizer": "sgd",
            "learning_rate": 0.5,
            "batch_size": 100,
            "epochs": 3,
            "random_state": seed,
        }
        repeated = SimpleMLPClassifier(**parameters).fit(
            np.repeat(X, repeats, axis=0), np.repeat(y, repeats)
        )
        weighted = SimpleMLPClassifier(**parameters).fit(
            X, y, sample_weight=scale * np.array(repeats)
        )
        np.testing.assert_allclose(
            weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-5)
