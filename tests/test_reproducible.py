"""The same seed gives the same network; global generators are left alone."""

import json
import math
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP
from tests.processes import run_python

# TensorFlow runs short training runs operation by operation; XLA compiles those that
# take 0.3 s otherwise, such as 40 epochs of 310 rows in batches of one.
TRAINING_RUNS = {
    "short": {"epochs": 3},
    "short with dropout": {"epochs": 3, "hidden_units": [8, 4], "dropout": 0.3},
    "compiled": {"epochs": 40, "batch_size": 1},
    "compiled with dropout": {"epochs": 40, "batch_size": 1, "dropout": 0.1},
}


def train(digits, **parameters):
    return SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)


def arrays_of(classifier, X):
    return [*classifier.coefs_, *classifier.intercepts_, classifier.predict_proba(X)]


def are_equal(one, other, X):
    """Whether two classifiers agree in every bit."""
    pairs = zip(arrays_of(one, X), arrays_of(other, X), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def order_of_epoch(epoch, **parameters):
    """Return the order in which an epoch takes eight rows.

    Each row has a feature of its own, so that a step changes the weights of that
    feature alone. The learning rate is zero before the epoch and shrinks within it: the
    later a row comes, the less its weights have changed in the end.
    """
    n_rows = 8
    start = epoch * n_rows

    def weights(rates):
        boundaries = list(range(start - 1, start + n_rows - 1))
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
            boundaries, [0.0, *rates]
        )
        classifier = SimpleMLPClassifier(
            (),
            optimizer=keras.optimizers.SGD(schedule),
            batch_size=1,
            epochs=epoch + 1,
            **parameters,
        )
        return classifier.fit(np.eye(n_rows), np.arange(n_rows) % 2).coefs_[0]

    untouched = weights([0.0] * n_rows)
    changes = np.abs(weights([0.2**step for step in range(n_rows)]) - untouched).max(
        axis=1
    )
    assert (changes > 0).all()
    return np.argsort(-changes).tolist()


class TestSeeds:
    @pytest.mark.parametrize("name", TRAINING_RUNS)
    def test_the_same_seed_is_the_same_network(self, digits, name):
        parameters = TRAINING_RUNS[name]
        classifier = train(digits, random_state=3, **parameters)
        train(digits, random_state=4, **parameters)  # in the same compiled program
        again = train(digits, random_state=3, **parameters)
        assert are_equal(classifier, again, digits.X)
        assert classifier.history_ == again.history_
        classifier.fit(digits.X, digits.y)
        assert are_equal(classifier, again, digits.X)

    @pytest.mark.parametrize("seeds", [(0, 1), (None, None)])
    def test_different_seeds_differ_in_every_layer(self, digits, seeds):
        one, other = (train(digits, epochs=1, random_state=seed) for seed in seeds)
        for a, b in zip(one.coefs_, other.coefs_, strict=True):
            assert np.isclose(a, b).mean() < 0.1

    def test_layers_of_the_same_shape_start_differently(self, digits):
        classifier = train(digits, epochs=1, hidden_units=(5, 5, 5), random_state=0)
        assert np.isclose(classifier.coefs_[1], classifier.coefs_[2]).mean() < 0.1

    def test_every_epoch_takes_all_rows_in_an_order_of_its_own(self):
        orders = [order_of_epoch(epoch, random_state=0) for epoch in (0, 1)]
        orders.append(order_of_epoch(0, random_state=1))
        for number, order in enumerate(orders):
            assert sorted(order) == list(range(8))
            assert order not in orders[:number]

    def test_without_shuffling_rows_come_as_they_are(self):
        assert order_of_epoch(1, random_state=0, shuffle=False) == list(range(8))

    def test_a_random_state_instance(self, digits):
        one, other = (
            train(digits, epochs=1, random_state=np.random.RandomState(7))
            for _ in range(2)
        )
        assert are_equal(one, other, digits.X)
        # As elsewhere in scikit-learn, using it on gives another network.
        one.fit(digits.X, digits.y)
        assert not are_equal(one, other, digits.X)
        other.fit(digits.X, digits.y)
        assert are_equal(one, other, digits.X)

    def test_dropout_changes_fits_and_not_predictions(self, digits):
        without, with_dropout = (
            train(digits, epochs=3, random_state=0, dropout=dropout)
            for dropout in (0.0, 0.5)
        )
        assert not are_equal(without, with_dropout, digits.X)
        assert are_equal(with_dropout, with_dropout, digits.X)

    def test_dropout_leaves_out_other_units_in_each_epoch(self, digits):
        classifier = train(
            digits,
            dropout=0.5,
            learning_rate=NO_STEP,
            epochs=2,
            shuffle=False,
            random_state=0,
        )
        assert abs(np.subtract(*classifier.loss_curve_)) > 1e-3

    def test_compiled_or_not_the_network_is_the_same(self, digits, monkeypatch):
        networks = []
        for limit in (0.0, math.inf):
            monkeypatch.setattr(
                "skmnist.engine.planning.SECONDS_WORTH_COMPILING", limit
            )
            networks.append(train(digits, random_state=0))
        one, other = networks
        np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-4)
        np.testing.assert_allclose(
            one.predict_proba(digits.X), other.predict_proba(digits.X), atol=1e-4
        )


def seed_all():
    # Before Keras 3.13, nothing else seeds the generator of Keras's own.
    keras.utils.clear_session()
    # those of Python, NumPy and TensorFlow, and Keras's own
    keras.utils.set_random_seed(11)
    tf.random.set_global_generator(tf.random.Generator.from_seed(11))


def draw_from_all():
    return [
        [random.random() for _ in range(3)],
        np.random.random(3).tolist(),  # noqa: NPY002
        tf.random.uniform([3]).numpy().tolist(),
        tf.random.get_global_generator().uniform([3]).numpy().tolist(),
        keras.random.uniform((3,)).numpy().tolist(),
    ]


class TestGlobalGenerators:
    @pytest.mark.parametrize(
        ("name", "seed"),
        [
            ("short", np.random.RandomState(0)),
            ("short with dropout", None),
            ("compiled with dropout", 0),
        ],
    )
    def test_a_fit_neither_draws_from_them_nor_seeds_them(self, digits, name, seed):
        seed_all()
        expected = draw_from_all()
        seed_all()
        classifier = train(digits, random_state=seed, **TRAINING_RUNS[name])
        classifier.partial_fit(digits.X, digits.y)
        classifier.predict(digits.X)
        assert classifier.model_.count_params() > 0
        assert draw_from_all() == expected

    def test_without_a_seed_they_do_not_decide(self, digits):
        classifiers = []
        for _ in range(2):
            seed_all()
            classifiers.append(train(digits, epochs=1))
        assert not are_equal(*classifiers, digits.X)


# Each setting gets a network of another width, since a program that is there is not
# made again.
OTHER_PROCESS = """
import json, sys
import keras
import numpy as np
import tensorflow as tf
from skmnist import SimpleMLPClassifier

X, y = np.load(sys.argv[1]).values()
trained = {}

def train(name, **parameters):
    classifier = SimpleMLPClassifier(**{"random_state": 3} | parameters).fit(X, y)
    arrays = [*classifier.coefs_, *classifier.intercepts_, classifier.predict_proba(X)]
    trained.update({f"{name}/{number}": array for number, array in enumerate(arrays)})

def draws_without_a_seed():
    try:
        tf.random.uniform([])
    except RuntimeError:
        # of TensorFlow, where its operations have to be deterministic
        return False
    return True

for name, parameters in json.loads(sys.argv[2]).items():
    train(name, **parameters)
switched_on_by_a_fit = not draws_without_a_seed()

keras.config.set_floatx("float64")
train("floatx", hidden_units=6)
keras.config.set_floatx("float32")
keras.mixed_precision.set_global_policy("mixed_bfloat16")
train("policy", hidden_units=7)
keras.mixed_precision.set_global_policy("float32")
keras.utils.set_random_seed(5)
tf.config.experimental.enable_op_determinism()
train("determinism", hidden_units=9, dropout=0.1)
train("determinism again", hidden_units=9, dropout=0.1)
train("determinism, unseeded", hidden_units=9, dropout=0.1, random_state=None)
tf.random.set_seed(None)
train("determinism, nothing seeded", hidden_units=11, dropout=0.1, random_state=None)
switched_off_by_a_fit = draws_without_a_seed()

np.savez(sys.argv[3], **trained)
print(json.dumps([switched_on_by_a_fit, switched_off_by_a_fit]))
"""


@pytest.fixture(scope="module")
def other_process(digits, tmp_path_factory):
    """Arrays of another process, and whether it set TensorFlow's determinism."""
    folder = tmp_path_factory.mktemp("other_process")
    np.savez(folder / "digits.npz", X=digits.X, y=digits.y)
    switches = run_python(
        OTHER_PROCESS,
        folder / "digits.npz",
        json.dumps(TRAINING_RUNS),
        folder / "trained.npz",
    )
    with np.load(folder / "trained.npz") as archive:
        trained = {}
        for key, array in archive.items():
            trained.setdefault(key.split("/")[0], []).append(array)
    return trained, switches


@pytest.mark.slow
class TestOtherProcess:
    @staticmethod
    def assert_same_as_here(other_process, digits, name, parameters):
        here = arrays_of(train(digits, random_state=3, **parameters), digits.X)
        for one, other in zip(here, other_process[0][name], strict=True):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("name", TRAINING_RUNS)
    def test_the_same_seed_is_the_same_network(self, other_process, digits, name):
        self.assert_same_as_here(other_process, digits, name, TRAINING_RUNS[name])

    @pytest.mark.parametrize(
        ("setting", "hidden_units"), [("floatx", 6), ("policy", 7)]
    )
    def test_settings_of_keras_do_not_matter(
        self, other_process, digits, setting, hidden_units
    ):
        self.assert_same_as_here(
            other_process, digits, setting, {"hidden_units": hidden_units}
        )

    def test_the_determinism_of_others_does_not_matter(self, other_process, digits):
        """TensorFlow multiplies in another order then: the last digits differ."""
        trained, _ = other_process
        classifier = train(digits, random_state=3, hidden_units=9, dropout=0.1)
        here = arrays_of(classifier, digits.X)
        names = ["determinism", "determinism again"]
        for array, one, again in zip(
            here, *(trained[name] for name in names), strict=True
        ):
            np.testing.assert_allclose(one, array, atol=1e-4)
            np.testing.assert_array_equal(one, again)

    @pytest.mark.parametrize(
        "name", ["determinism, unseeded", "determinism, nothing seeded"]
    )
    def test_without_a_seed_it_trains_where_others_want_determinism(
        self, other_process, name
    ):
        """Where TensorFlow refuses to draw a number without a seed."""
        trained, _ = other_process
        assert np.isfinite(trained[name][-1]).all()

    def test_the_switch_of_determinism_is_left_alone(self, other_process):
        _, (switched_on_by_a_fit, switched_off_by_a_fit) = other_process
        assert not switched_on_by_a_fit
        assert not switched_off_by_a_fit
