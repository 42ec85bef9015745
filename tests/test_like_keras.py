"""A user's own classes train as in Keras's own `fit`, or are refused by name."""

from __future__ import annotations

import copy
import pickle
import re

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP, assert_same_network, is_before
from tests.keras_parts import Warm

SGD = keras.optimizers.SGD


def untrained(digits, **parameters):
    """The Keras model that a classifier with these parameters starts from."""
    start = SimpleMLPClassifier(
        **{**parameters, "optimizer": "adam", "learning_rate": NO_STEP}
    )
    return start.set_params(epochs=1, callbacks=None).fit(digits.X, digits.y).model_


def fit_both(digits, make_optimizer, make_callbacks=lambda: None, **parameters):
    """Train a classifier, and a Keras model by its `fit`, from the same weights."""
    parameters = {
        "hidden_units": 6,
        "epochs": 2,
        "shuffle": False,
        "random_state": 0,
    } | parameters
    model = untrained(digits, **parameters)
    model.compile(
        make_optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    history = model.fit(
        digits.X,
        digits.y,
        batch_size=32,
        epochs=parameters["epochs"],
        shuffle=False,
        callbacks=make_callbacks(),
        verbose=0,
    ).history

    classifier = SimpleMLPClassifier(
        **parameters, optimizer=make_optimizer(), callbacks=make_callbacks()
    ).fit(digits.X, digits.y)
    return classifier, model, history


def assert_trained_alike(classifier, model, history):
    for ours, theirs in zip(
        classifier.model_.get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5)
    np.testing.assert_allclose(classifier.history_["loss"], history["loss"], rtol=1e-4)
    np.testing.assert_allclose(
        classifier.history_["accuracy"], history["accuracy"], atol=1e-6
    )


class Zeros(SGD):
    def apply_gradients(self, grads_and_vars):
        return super().apply_gradients([(0.0 * g, v) for g, v in grads_and_vars])


class Halved(SGD):
    def apply(self, grads, trainable_variables=None):
        super().apply([gradient / 2 for gradient in grads], trainable_variables)


class Factor(SGD):
    """Its configuration lacks its argument, which has a default."""

    def __init__(self, *args, factor=1.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.factor = factor

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient * self.factor, variable, learning_rate)


class Needed(Factor):
    """Its configuration lacks its argument, which has none."""

    def __init__(self, factor, **kwargs):
        super().__init__(factor=factor, **kwargs)


class OwnDecay(SGD):
    def _apply_weight_decay(self, variables):
        for variable in variables:
            self.assign(variable, variable * 0.9)


def excluding(*names):
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=5.0)
    optimizer.exclude_from_weight_decay(var_names=names)
    return optimizer


def with_a_method_of_its_own():
    optimizer = SGD(0.1)
    update_step = optimizer.update_step
    optimizer.update_step = lambda gradient, variable, rate: update_step(
        -gradient, variable, rate
    )
    return optimizer


OPTIMIZERS = {
    "loss_scale_factor": lambda: SGD(0.1, loss_scale_factor=1024.0),
    "loss_scale_factor, clipped": lambda: SGD(
        0.1, loss_scale_factor=8.0, global_clipnorm=0.1
    ),
    "apply_gradients": lambda: Zeros(0.1),
    "apply": lambda: Halved(0.1),
    "argument": lambda: Factor(0.1, factor=0.3),
    "weight decay": lambda: OwnDecay(0.1, weight_decay=0.1),
    "excluded kernels": lambda: excluding("kernel"),
    "excluded biases": lambda: excluding("bias"),
    "schedule": lambda: SGD(Warm(0.5)),
    "rate": lambda: SGD(lambda: 0.05),
}


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(digits, name):
    classifier, model, history = fit_both(digits, OPTIMIZERS[name])
    assert_trained_alike(classifier, model, history)


@pytest.mark.skipif(is_before("keras", 3, 13), reason="Muon fails in Keras before 3.13")
def test_layers_that_an_optimizer_leaves_out(digits):
    optimizer = lambda: keras.optimizers.Muon(0.01, exclude_layers=["dense_1"])  # noqa: E731
    classifier, model, history = fit_both(digits, optimizer)
    assert_trained_alike(classifier, model, history)
    twin = pickle.loads(pickle.dumps(classifier))
    assert_same_network(
        twin.partial_fit(digits.X, digits.y), classifier.partial_fit(digits.X, digits.y)
    )


class Freeze(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.model.layers[-2].trainable = False


class Swap(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.model.optimizer = SGD(0.3)


class SetOption(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.model.optimizer.momentum = 0.5


class Rate(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = 0.1 / (1 + batch)


CALLBACKS = {
    "frozen layer": lambda: [Freeze()],
    "another optimizer": lambda: [Swap()],
    "another rate": lambda: [Rate()],
    "lists in lists": lambda: [[Rate()], [[], [keras.callbacks.TerminateOnNaN()]]],
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_what_callbacks_change(digits, name):
    classifier, model, history = fit_both(digits, lambda: SGD(0.1), CALLBACKS[name])
    assert_trained_alike(classifier, model, history)


def test_an_option_that_a_callback_sets_is_heeded(digits):
    """Where Keras does: before the first step."""
    classifier, model, history = fit_both(
        digits, lambda: SGD(0.1, momentum=0.9), lambda: [SetOption()]
    )
    assert_trained_alike(classifier, model, history)


def test_a_callback_can_change_what_trains_in_the_middle(digits):
    """A frozen layer keeps its weights, the other one is trained further."""

    class FreezeLater(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.layers[-2].trainable = False
                self.kernel = self.model.layers[-2].get_weights()[0]

    freeze = FreezeLater()
    classifier = SimpleMLPClassifier(6, epochs=3, callbacks=freeze, random_state=0)
    classifier.fit(digits.X, digits.y)
    two_epochs = (
        clone(classifier).set_params(epochs=1, callbacks=None).fit(digits.X, digits.y)
    )
    np.testing.assert_array_equal(classifier.coefs_[0], freeze.kernel)
    np.testing.assert_array_equal(classifier.coefs_[0], two_epochs.coefs_[0])
    assert (classifier.coefs_[1] != two_epochs.coefs_[1]).any()


def test_after_another_optimizer_its_state_is_not_taken_for_the_first_ones(digits):
    classifier = SimpleMLPClassifier(6, epochs=1, callbacks=Swap(), random_state=0)
    classifier.fit(digits.X, digits.y)
    assert int(classifier.model_.optimizer.iterations) == 0
    classifier.set_params(callbacks=None, warm_start=True)
    with pytest.warns(UserWarning, match="it was 'sgd', and is 'adam'"):
        classifier.fit(digits.X, digits.y)


def test_the_learning_rate_of_a_warm_start_is_the_parameter(digits):
    """As in MLPClassifier; Keras's next `fit` keeps the rate that a callback set."""
    reduce = keras.callbacks.LearningRateScheduler(lambda epoch: NO_STEP)
    classifier = SimpleMLPClassifier(
        6, epochs=1, callbacks=reduce, warm_start=True, random_state=0
    )
    classifier.fit(digits.X, digits.y)
    before = copy.deepcopy(classifier)
    classifier.set_params(callbacks=None).fit(digits.X, digits.y)
    assert (classifier.coefs_[0] != before.coefs_[0]).any()


def step(x):
    return keras.ops.cast(x > 0, x.dtype)


@pytest.mark.parametrize("optimizer", ["adam", "lamb"])
def test_an_activation_without_a_gradient_trains_what_is_left(digits, optimizer):
    make = {
        "adam": lambda: keras.optimizers.Adam(0.01),
        "lamb": lambda: keras.optimizers.Lamb(0.01),
    }
    with pytest.warns(UserWarning, match="Gradients do not exist for variables"):
        classifier, model, history = fit_both(digits, make[optimizer], activation=step)
    assert_trained_alike(classifier, model, history)


def test_the_way_does_not_change_what_is_trained(digits):
    """A subclass of an optimizer that changes nothing, beside the optimizer itself."""

    class Own(keras.optimizers.Adam):
        pass

    parameters = {"hidden_units": (6, 5), "epochs": 3, "l2": 0.01, "random_state": 0}
    weights = np.linspace(0, 2, len(digits.y))
    ours = SimpleMLPClassifier(**parameters, optimizer=keras.optimizers.Adam(0.01))
    own = SimpleMLPClassifier(**parameters, optimizer=Own(0.01))
    for classifier in (ours, own):
        classifier.fit(digits.X, digits.y, weights, X_val=digits.X, y_val=digits.y)
    assert_same_network(ours, own, atol=1e-5)
    for name, values in ours.history_.items():
        np.testing.assert_allclose(own.history_[name], values, rtol=1e-4)


class TestRefusals:
    """By name, before the first step, and with an alternative."""

    def refused(self, digits, optimizer, *texts):
        with pytest.raises(ValueError, match="optimizer") as refusal:
            SimpleMLPClassifier(optimizer=optimizer).fit(digits.X, digits.y)
        for text in texts:
            assert text in str(refusal.value)

    def test_an_optimizer_that_cannot_be_copied(self, digits):
        self.refused(
            digits, Needed(2.0), "Needed.get_config", "get_config", '"my_argument"'
        )

    def test_variables_of_another_model(self, digits):
        optimizer = keras.optimizers.AdamW(0.01)
        optimizer.exclude_from_weight_decay(var_list=[keras.Variable(np.ones(3))])
        self.refused(digits, optimizer, 'exclude_from_weight_decay(var_names=["bias"])')

    @pytest.mark.skipif(
        not hasattr(keras.optimizers, "MultiOptimizer"),
        reason="it is newer than this Keras",
    )
    def test_several_optimizers(self, digits):
        several = keras.optimizers.OptimizerMap(keras.optimizers.Adam())
        self.refused(
            digits,
            keras.optimizers.MultiOptimizer(several),
            "MultiOptimizer",
            "Pass one",
        )

    def test_a_method_set_on_an_optimizer(self, digits):
        self.refused(digits, with_a_method_of_its_own(), "update_step", "class")


class TestCopies:
    @pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "AdaMax"])
    def test_names_may_be_written_as_keras_writes_them(self, digits, name):
        written, lower = (
            SimpleMLPClassifier(4, epochs=1, optimizer=n, random_state=0).fit(
                digits.X, digits.y
            )
            for n in (name, name.lower())
        )
        assert_same_network(written, lower)

    def test_a_clone_has_what_the_configuration_lacks(self, digits):
        classifier = SimpleMLPClassifier(4, epochs=1, optimizer=Factor(0.1, factor=0.0))
        assert clone(classifier).optimizer.factor == 0.0
        assert clone(classifier).optimizer is not classifier.optimizer

    def test_a_clone_after_a_fit(self, digits):
        classifier = SimpleMLPClassifier(
            4, optimizer=keras.optimizers.Lamb(0.001), random_state=0
        )
        assert_same_network(
            clone(classifier.fit(digits.X, digits.y)).fit(digits.X, digits.y),
            classifier,
        )

    def test_a_search_over_a_schedule_of_ones_own(self, digits):
        network = SimpleMLPClassifier(
            optimizer=SGD(Warm(0.5)), epochs=1, random_state=0
        )
        search = GridSearchCV(
            network, {"hidden_units": [2, 3]}, cv=2, error_score="raise"
        )
        search.fit(digits.X, digits.y)
        assert search.best_estimator_.optimizer.learning_rate is not None

    def test_a_function_with_arguments_goes_on_after_pickling(self, digits):
        import functools

        leaky = functools.partial(keras.activations.leaky_relu, negative_slope=0.3)
        classifier = SimpleMLPClassifier(
            6, activation=leaky, warm_start=True, random_state=0
        )
        classifier.fit(digits.X, digits.y)
        twin = pickle.loads(pickle.dumps(classifier))
        assert_same_network(
            twin.fit(digits.X, digits.y), classifier.fit(digits.X, digits.y)
        )


class TestAverages:
    """With `use_ema`, the averages predict, and training continues from the weights."""

    def test_partial_fit_goes_on_from_the_weights(self, digits):
        make = lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9)  # noqa: E731
        classifier = SimpleMLPClassifier(
            6, optimizer=make(), shuffle=False, random_state=0
        )
        model = untrained(digits, hidden_units=6, shuffle=False, random_state=0)
        model.compile(make(), "sparse_categorical_crossentropy")
        for start in range(0, 96, 32):
            block = slice(start, start + 32)
            classifier.partial_fit(digits.X[block], digits.y[block], classes=range(10))
            model.train_on_batch(digits.X[block], digits.y[block])
        model.optimizer.finalize_variable_values(model.trainable_variables)
        for ours, theirs in zip(
            classifier.model_.get_weights(), model.get_weights(), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)

    @pytest.mark.parametrize(
        "again", [lambda c: c, lambda c: pickle.loads(pickle.dumps(c))]
    )
    def test_a_warm_start_is_as_one_fit(self, digits, again):
        parameters = {
            "hidden_units": 6,
            "optimizer": keras.optimizers.Adam(0.01, use_ema=True),
            "random_state": 0,
        }
        whole = SimpleMLPClassifier(**parameters, epochs=5).fit(digits.X, digits.y)
        half = SimpleMLPClassifier(**parameters, epochs=3, warm_start=True)
        half = again(half.fit(digits.X, digits.y))
        half.set_params(epochs=2).fit(digits.X, digits.y)
        assert_same_network(half, whole)

    def test_interrupted_before_the_first_step(self, digits):
        class Interrupt(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                raise KeyboardInterrupt

        optimizer = keras.optimizers.Adam(0.01, use_ema=True)
        parameters = {"hidden_units": 6, "random_state": 0}
        with pytest.warns(UserWarning, match="interrupted after 0 whole epochs"):
            classifier = SimpleMLPClassifier(
                **parameters, optimizer=optimizer, callbacks=Interrupt()
            ).fit(digits.X, digits.y)
        start = untrained(digits, **parameters).get_weights()
        np.testing.assert_array_equal(classifier.coefs_[0], start[0])


def test_a_fit_that_a_backup_resumes_is_as_the_whole(digits, tmp_path):
    class Crash(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                raise ZeroDivisionError

    backup = keras.callbacks.BackupAndRestore
    parameters = {"hidden_units": 6, "epochs": 5, "random_state": 0, "warm_start": True}
    whole = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)
    crashed = SimpleMLPClassifier(**parameters, callbacks=[backup(tmp_path), Crash()])
    with pytest.raises(ZeroDivisionError):
        crashed.fit(digits.X, digits.y)
    resumed = SimpleMLPClassifier(**parameters, callbacks=backup(tmp_path))
    resumed.fit(digits.X, digits.y)
    assert_same_network(resumed, whole)
    assert resumed.n_iter_ == whole.n_iter_ == 5
    # What the file does not have is not made up.
    assert np.isnan(resumed.history_["loss"][:3]).all()
    assert resumed.history_["loss"][3:] == whole.history_["loss"][3:]
    for classifier in (resumed, whole):
        classifier.set_params(callbacks=None, epochs=2).fit(digits.X, digits.y)
    assert_same_network(resumed, whole)


def test_verbose_prints_once_that_keras_trains(digits, capsys):
    SimpleMLPClassifier(4, epochs=2, optimizer=OwnDecay(0.1), verbose=2).fit(
        digits.X, digits.y
    )
    printed = capsys.readouterr().out
    assert len(re.findall("Keras's own loop trains", printed)) == 1
    SimpleMLPClassifier(4, epochs=2, verbose=2).fit(digits.X, digits.y)
    assert "Keras" not in capsys.readouterr().out
