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


def fit_both(
    digits,
    make_optimizer,
    make_callbacks=lambda: None,
    make_callbacks_of_keras=None,
    *,
    X_val=None,
    y_val=None,
    **parameters,
):
    """Train a classifier, and a Keras model by its `fit`, from the same weights."""
    if make_callbacks_of_keras is None:
        make_callbacks_of_keras = make_callbacks

    validation = None
    if X_val is not None:
        validation = (X_val, y_val)

    parameters = {
        "hidden_units": 6,
        "epochs": 2,
        "shuffle": False,
        "random_state": 0,
    } | parameters
    model = untrained(digits, **parameters)
    model.compile(
        make_optimizer(),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # which would take longer than the fit
    )
    history = model.fit(
        digits.X,
        digits.y,
        batch_size=32,
        epochs=parameters["epochs"],
        shuffle=False,
        validation_data=validation,
        callbacks=make_callbacks_of_keras(),
        verbose=0,
    ).history

    classifier = SimpleMLPClassifier(
        **parameters, optimizer=make_optimizer(), callbacks=make_callbacks()
    ).fit(digits.X, digits.y, X_val=X_val, y_val=y_val)
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


class WeightsOfEpochs(keras.callbacks.Callback):
    """Records the weights at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


class ChangeOnce(keras.callbacks.Callback):
    """Changes the model in a hook, in the first epoch."""

    def __init__(self, hook, change):
        super().__init__()
        self.change = change
        setattr(self, hook, self.call_once)

    def call_once(self, *arguments, logs=None):
        if arguments[:1] != (1,) and self.change is not None:
            change, self.change = self.change, None
            change(self.model)


def dense(model):
    return model.get_layer("dense")


def compile_anew(model):
    model.compile(
        SGD(0.3),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )


def train_kernels_to_fall(model):
    model.optimizer.update_step = lambda gradient, variable, rate: variable.assign_sub(
        0.01 * variable
    )


L2 = keras.regularizers.L2
MAX_NORM = keras.constraints.MaxNorm

HEEDED = {
    "kernel.assign": lambda m: dense(m).kernel.assign(0.5 * dense(m).kernel),
    "kernel.regularizer": lambda m: setattr(dense(m).kernel, "regularizer", L2(0.5)),
    "regularizer.l2": lambda m: setattr(dense(m).kernel_regularizer, "l2", 0.5),
    "kernel.constraint": lambda m: setattr(
        dense(m).kernel, "constraint", MAX_NORM(0.3)
    ),
    "kernel.trainable": lambda m: setattr(dense(m).kernel, "trainable", False),
    "layer.trainable": lambda m: setattr(dense(m), "trainable", False),
    "model.trainable": lambda m: setattr(m, "trainable", False),
    "clipnorm": lambda m: setattr(m.optimizer, "clipnorm", 0.01),
    "weight_decay": lambda m: setattr(m.optimizer, "weight_decay", 1.0),
    "momentum": lambda m: setattr(m.optimizer, "momentum", 0.1),
    "update_step": train_kernels_to_fall,
    "compile": compile_anew,
}


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
@pytest.mark.parametrize(
    "hook",
    [
        "on_train_begin",
        pytest.param("on_epoch_begin", marks=pytest.mark.slow),
        pytest.param("on_epoch_end", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", HEEDED)
def test_a_change_is_heeded(digits, name, hook):
    """Also in the middle, where Keras does so only if it traces its step anew."""
    change = HEEDED[name]
    recorders = []

    def callbacks(change):
        recorders.append(WeightsOfEpochs())
        return [recorders[-1], ChangeOnce(hook, change)]

    def change_and_trace(model):
        change(model)
        if hook == "on_epoch_end" or name == "compile":
            model.make_train_function(force=True)
            model.make_test_function(force=True)

    fits = fit_both(
        digits,
        lambda: SGD(0.1, momentum=0.5),
        lambda: callbacks(change),
        lambda: callbacks(change_and_trace),
        epochs=3,
        l2=0.001,
        X_val=digits.X[:50],
        y_val=digits.y[:50],
    )
    assert_trained_alike(*fits)
    classifier, _, history = fits
    np.testing.assert_allclose(
        classifier.history_["val_loss"], history["val_loss"], rtol=1e-4
    )
    of_keras, ours = (recorder.weights for recorder in recorders)
    for their_weights, our_weights in zip(of_keras, ours, strict=True):
        for expected, values in zip(their_weights, our_weights, strict=True):
            np.testing.assert_allclose(values, expected, rtol=0, atol=1e-5)

    unchanged = clone(classifier).set_params(callbacks=None).fit(digits.X, digits.y)
    assert not np.allclose(classifier.coefs_[0], unchanged.coefs_[0], atol=1e-3)


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin"])
def test_dropout_can_be_switched_off_at_the_begin(digits, hook):
    switch_off = lambda model: setattr(model.get_layer("dropout_1"), "rate", 0.0)  # noqa: E731
    assert_trained_alike(
        *fit_both(
            digits,
            lambda: SGD(0.1),
            lambda: [ChangeOnce(hook, switch_off)],
            dropout=0.5,
        )
    )


def test_dropout_can_be_switched_off_after_an_epoch(digits):
    """From there, Keras trains a network without dropout to the same weights."""
    recorder = WeightsOfEpochs()
    switch_off = lambda model: setattr(model.get_layer("dropout_1"), "rate", 0.0)  # noqa: E731
    parameters = {"hidden_units": 6, "shuffle": False, "random_state": 0}
    classifier = SimpleMLPClassifier(
        **parameters,
        epochs=3,
        dropout=0.5,
        optimizer=SGD(0.1),
        callbacks=[recorder, ChangeOnce("on_epoch_end", switch_off)],
    )
    classifier.fit(digits.X, digits.y)

    model = untrained(digits, **parameters)
    model.set_weights(recorder.weights[0])
    model.compile(SGD(0.1), "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(digits.X, digits.y, batch_size=32, epochs=2, shuffle=False, verbose=0)
    for values, expected in zip(recorder.weights[2], model.get_weights(), strict=True):
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-5)


WITHOUT_EFFECT = {
    "run_eagerly": lambda m: setattr(m, "run_eagerly", True),
    "jit_compile": lambda m: setattr(m, "jit_compile", True),
    "dtype_policy": lambda m: setattr(m, "dtype_policy", "mixed_float16"),
    "add_loss": lambda m: m.add_loss(keras.ops.sum(dense(m).kernel)),
}


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_what_has_no_effect_in_keras_has_none_here(digits, name):
    callbacks = lambda: [ChangeOnce("on_train_begin", WITHOUT_EFFECT[name])]  # noqa: E731
    classifier, model, history = fit_both(digits, lambda: SGD(0.1), callbacks)
    assert_trained_alike(classifier, model, history)
    unchanged = clone(classifier).set_params(callbacks=None).fit(digits.X, digits.y)
    assert_same_network(classifier, unchanged)


def another_output(model):
    model.pop()
    model.add(keras.layers.Dense(10, "softmax", name="another"))


REFUSED = {
    "activation": lambda m: setattr(dense(m), "activation", keras.activations.relu),
    "activity_regularizer": lambda m: setattr(
        dense(m), "activity_regularizer", L2(0.5)
    ),
    "kernel_regularizer": lambda m: setattr(dense(m), "kernel_regularizer", L2(0.5)),
    "bias_regularizer": lambda m: setattr(dense(m), "bias_regularizer", L2(0.5)),
    "kernel_constraint": lambda m: setattr(
        dense(m), "kernel_constraint", MAX_NORM(0.3)
    ),
    "bias": lambda m: setattr(dense(m), "bias", None),
    "dtype_policy": lambda m: setattr(dense(m), "dtype_policy", "mixed_float16"),
    "lora_enabled": lambda m: dense(m).enable_lora(2),
    "layers[2]": lambda m: m.pop(),
    "layers[2] ": another_output,
    "layers[3]": lambda m: m.add(keras.layers.Dense(10, name="more")),
    "loss": lambda m: setattr(m, "loss", "mean_squared_error"),
    "compute_loss": lambda m: setattr(m, "compute_loss", lambda *_, **__: 0.0),
    "train_step": lambda m: setattr(m, "train_step", lambda data: {}),
    "use_ema": lambda m: setattr(m.optimizer, "use_ema", True),
    "gradient_accumulation_steps": lambda m: setattr(
        m.optimizer, "gradient_accumulation_steps", 2
    ),
}


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_end"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_change_to_another_network_is_refused(digits, name, hook):
    classifier = SimpleMLPClassifier(
        6, epochs=2, callbacks=ChangeOnce(hook, REFUSED[name]), random_state=0
    )
    with pytest.raises(
        ValueError, match=rf"must not change model.*{re.escape(name.strip())} "
    ):
        classifier.fit(digits.X, digits.y)
    assert not hasattr(classifier, "coefs_")


@pytest.mark.parametrize("name", REFUSED)
def test_after_the_last_epoch_another_network_is_warned_about(digits, name):
    """An error would lose what the fit has learnt."""
    classifier = SimpleMLPClassifier(
        6, epochs=1, callbacks=ChangeOnce("on_train_end", REFUSED[name]), random_state=0
    )
    with pytest.warns(
        UserWarning, match=rf"must not change model.*{re.escape(name.strip())} "
    ):
        classifier.fit(digits.X, digits.y)

    unchanged = SimpleMLPClassifier(6, epochs=1, random_state=0)
    unchanged.fit(digits.X, digits.y)
    assert_same_network(classifier, unchanged)


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


def test_a_callback_can_change_what_trains_twice(digits):
    class FreezeFirstEpoch(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.kernels = []

        def on_epoch_begin(self, epoch, logs=None):
            layer = self.model.layers[-2]
            layer.trainable = epoch > 0
            self.kernels.append(layer.get_weights()[0])

    callback = FreezeFirstEpoch()
    classifier = SimpleMLPClassifier(6, epochs=2, callbacks=callback, random_state=0)
    classifier.fit(digits.X, digits.y)
    before, after_one_epoch = callback.kernels
    np.testing.assert_array_equal(after_one_epoch, before)
    assert (classifier.coefs_[0] != before).any()


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

    def test_weights_that_a_callback_sets_at_the_end_are_gone_on_with(self, digits):
        end = keras.callbacks.LambdaCallback(
            on_train_end=lambda logs: end.model.set_weights(
                [np.zeros_like(weights) for weights in end.model.get_weights()]
            )
        )
        classifier = SimpleMLPClassifier(
            6,
            optimizer=SGD(0.1, use_ema=True, ema_momentum=0.5),
            callbacks=end,
            random_state=0,
        ).fit(digits.X, digits.y)
        classifier.set_params(callbacks=None).partial_fit(digits.X, digits.y)
        # From zeros, all hidden units learn the same.
        assert np.ptp(classifier.coefs_[0], axis=1).max() < 0.01

    @pytest.mark.parametrize("activation", ["tanh", step], ids=["program", "Keras"])
    def test_interrupted_before_the_first_step(self, digits, activation):
        class Interrupt(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                raise KeyboardInterrupt

        optimizer = keras.optimizers.Adam(0.01, use_ema=True)
        parameters = {"hidden_units": 6, "activation": activation, "random_state": 0}
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
