"""Files of estimators around a classifier: searches, ensembles, steps, callbacks."""

from __future__ import annotations

import inspect
import io
import json
import re
import sys
import zipfile

import keras
import numpy as np
import pytest
import skops.io
from scipy import stats
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest, chi2, f_classif
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, normalize
from sklearn.random_projection import SparseRandomProjection

from skmnist import SimpleMLPClassifier
from skmnist._pixels import scale_pixels
from skmnist.engine import trusted as trusted_of_keras
from skmnist.persistence import load, save
from skmnist.persistence._trusted import _names_by_kind
from tests.helpers import is_before
from tests.processes import run_python

SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)
WIDTHS = {"hidden_units": [2, 3]}


def network(**parameters):
    return SimpleMLPClassifier(3, **{"epochs": 1, "random_state": 0, **parameters})


def grid(parameters=WIDTHS, **options):
    return GridSearchCV(network(), parameters, **{"cv": 2, **options})


def beside_ours(classifier):
    return VotingClassifier([("ours", network()), ("other", classifier)])


def random_search(**distributions):
    return RandomizedSearchCV(network(), distributions, n_iter=2, cv=2, random_state=0)


@pytest.fixture(scope="module")
def few(digits):
    """Enough digits for two folds of three classes."""
    rows = np.flatnonzero(digits.y < 3)[:45]
    return digits.X[rows], digits.y[rows]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "saved.skops"


AROUND = {
    "a named scorer": lambda: grid(scoring="f1_macro"),
    "a scorer of probabilities": lambda: grid(scoring="neg_log_loss"),
    "a made scorer": lambda: grid(
        scoring=make_scorer(fbeta_score, beta=2, average="macro")
    ),
    "two metrics": lambda: grid(scoring=["accuracy", "f1_macro"], refit="accuracy"),
    "named metrics": lambda: grid(
        scoring={"a": "accuracy", "b": "f1_micro"}, refit="b"
    ),
    "a list of folds": lambda: grid(cv=list(KFold(2).split(np.zeros(45)))),
    "repeated folds": lambda: grid(cv=RepeatedStratifiedKFold(n_splits=2, n_repeats=1)),
    "a range": lambda: grid({"hidden_units": range(2, 4)}),
    "a grid as an array": lambda: grid({"learning_rate": np.logspace(-3, -2, 2)}),
    "randint": lambda: random_search(hidden_units=stats.randint(2, 5)),
    "loguniform": lambda: random_search(learning_rate=stats.loguniform(1e-4, 1e-1)),
    "uniform by keywords": lambda: random_search(
        learning_rate=stats.uniform(loc=0.01, scale=1)
    ),
    "a distribution without arguments": lambda: random_search(
        learning_rate=stats.uniform
    ),
    "optimizers": lambda: grid({"optimizer": [keras.optimizers.SGD(0.1), "adam"]}),
    "schedules": lambda: grid(
        {"optimizer": [keras.optimizers.Adam(SCHEDULE, beta_1=0.8)]}
    ),
    "activations of Keras": lambda: grid(
        {"activation": [keras.activations.gelu, "relu"]}
    ),
    "callbacks in a grid": lambda: grid(
        {"callbacks": [None, [keras.callbacks.TerminateOnNaN()]]}
    ),
    "voting": lambda: beside_ours(LogisticRegression(max_iter=3)),
    "voting beside scikit-learn's network": lambda: beside_ours(
        MLPClassifier(3, max_iter=300)
    ),
    "voting beside a Gaussian process": lambda: beside_ours(
        GaussianProcessClassifier()
    ),
    "stacking": lambda: StackingClassifier([("a", network()), ("b", grid())], cv=2),
    "bagging": lambda: BaggingClassifier(network(), n_estimators=2),
    "one versus rest": lambda: OneVsRestClassifier(network()),
    "calibrated": lambda: CalibratedClassifierCV(network(), cv=2),
    "calibrated by steps": lambda: CalibratedClassifierCV(
        network(), cv=2, method="isotonic"
    ),
    "selected features": lambda: make_pipeline(SelectKBest(f_classif, k=50), network()),
    "features by chi2": lambda: make_pipeline(SelectKBest(chi2, k=50), network()),
    "an imputer": lambda: make_pipeline(SimpleImputer(), network()),
    "a sparse projection": lambda: make_pipeline(SparseRandomProjection(20), network()),
    "a ufunc of NumPy": lambda: make_pipeline(FunctionTransformer(np.log1p), network()),
    "a function of NumPy": lambda: make_pipeline(
        FunctionTransformer(np.fliplr), network()
    ),
    "a function of scikit-learn": lambda: make_pipeline(
        FunctionTransformer(normalize), network()
    ),
}


SILENT = [
    keras.callbacks.EarlyStopping("loss"),
    keras.callbacks.History(),
    keras.callbacks.ProgbarLogger(),
    keras.callbacks.ReduceLROnPlateau("loss"),
    keras.callbacks.TerminateOnNaN(),
]


@pytest.mark.filterwarnings("ignore:.*constant|divide|invalid:RuntimeWarning")
@pytest.mark.filterwarnings(
    "ignore::UserWarning", "ignore::sklearn.exceptions.ConvergenceWarning"
)
class TestWithoutTrusted:
    @pytest.mark.parametrize("make", AROUND.values(), ids=AROUND)
    def test_what_scikit_learn_users_hold(self, make, few, path):
        X, y = few
        estimator = make().fit(X, y)
        save(estimator, path)
        twin = load(path)
        np.testing.assert_array_equal(twin.predict(X), estimator.predict(X))

    @pytest.mark.parametrize("make", AROUND.values(), ids=AROUND)
    def test_before_it_is_fitted(self, make, path):
        estimator = make()
        save(estimator, path)
        assert type(load(path)) is type(estimator)

    @pytest.mark.parametrize(
        "callback", SILENT, ids=lambda callback: type(callback).__name__
    )
    def test_callbacks_that_write_nothing(self, callback, few, path):
        name = type(callback).__name__
        if name == "ReduceLROnPlateau" and is_before("keras", 3, 11):
            pytest.skip("cannot be pickled either, since it holds a lambda")
        classifier = network(callbacks=[callback], epochs=2).fit(*few)
        save(classifier, path)
        twin = load(path)
        assert type(twin.callbacks_[0]) is type(callback)
        twin.set_params(warm_start=True).fit(*few)
        assert twin.n_iter_ == 4

    def test_a_search_goes_on_as_it_would_have(self, few, path):
        optimizers = [keras.optimizers.SGD(SCHEDULE, momentum=0.9), "adam"]
        search = grid({"optimizer": optimizers}).fit(*few)
        save(search, path)
        twin = load(path)
        assert (
            twin.param_grid["optimizer"][0].get_config() == optimizers[0].get_config()
        )
        assert twin.cv_results_["params"][1] == {"optimizer": "adam"}
        column = twin.cv_results_["param_optimizer"]
        assert not np.ma.getmaskarray(column).any()
        assert type(column[0]) is keras.optimizers.SGD

        twin.fit(*few)
        for name in ("mean_test_score", "split0_test_score"):
            np.testing.assert_array_equal(
                twin.cv_results_[name], search.cv_results_[name]
            )

    def test_the_estimator_is_left_as_it_is(self, few, path):
        optimizer = keras.optimizers.SGD(0.1)
        widths = range(2, 4)
        search = GridSearchCV(
            network(), [{"optimizer": [optimizer]}, {"hidden_units": widths}]
        )
        save(search, path)
        assert search.param_grid[0]["optimizer"][0] is optimizer
        assert search.param_grid[1]["hidden_units"] is widths

    def test_where_keras_is_not_installed(self, path, tmp_path):
        """Plain values wait for Keras; other objects of Keras are refused."""
        of_keras = {
            "optimizer": [keras.optimizers.SGD(0.1)],
            "callbacks": [None, [keras.callbacks.EarlyStopping("loss")]],
            "activation": [keras.activations.gelu],
        }
        save(grid({**of_keras, "epochs": range(2, 4)}), path)
        scheduler = tmp_path / "scheduler.skops"
        save(
            grid({"callbacks": [keras.callbacks.LearningRateScheduler(np.sqrt)]}),
            scheduler,
        )
        code = """
import json, sys
sys.modules |= dict.fromkeys(("keras", "tensorflow"))  # not to be imported
from skmnist.persistence import load, save
search = load(sys.argv[1])
save(search, sys.argv[1])
try:
    load(sys.argv[2])
except ImportError as error:
    message = str(error)
shown = repr(search)
print(json.dumps([[*search.param_grid["epochs"]], shown, message]))
"""
        epochs, shown, message = run_python(code, path, scheduler)
        assert epochs == [2, 3]
        assert "<sgd of Keras, which is not imported>" in shown
        assert "<EarlyStopping of Keras, which is not imported>" in shown
        assert re.search(
            r"scheduler\.skops' holds what cannot be imported: .*keras", message
        )

        parameters = load(path).param_grid
        assert type(parameters["optimizer"][0]) is keras.optimizers.SGD
        assert parameters["callbacks"][1][0].monitor == "loss"
        assert parameters["activation"] == [keras.activations.gelu]

    def test_what_is_shared_stays_shared(self, few, path):
        voting = VotingClassifier(
            [("search", grid({"hidden_units": range(2, 4)}))]
        ).fit(*few)
        save(voting, path)
        twin = load(path)
        assert twin.named_estimators_["search"] is twin.estimators_[0]
        assert twin.estimators_[0].param_grid == {"hidden_units": range(2, 4)}


class Slope(stats.rv_continuous):
    """A distribution of the user's own."""


DISTRIBUTIONS = {
    "continuous": stats.loguniform(1e-4, 1e-1),
    "discrete": stats.randint(2, 50),
    "keywords": stats.norm(loc=3.0, scale=0.5),
    "shapes": stats.truncnorm(-1, 2),
    "no arguments": stats.expon,
}


class TestDistributions:
    @pytest.mark.parametrize("distribution", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
    def test_draw_the_same(self, distribution, path):
        save(random_search(tol=distribution), path)
        twin = load(path).param_distributions["tol"]
        np.testing.assert_array_equal(
            twin.rvs(size=20, random_state=0), distribution.rvs(size=20, random_state=0)
        )

    def test_with_a_generator_of_their_own(self, path):
        distribution = stats.uniform(1, 2)
        distribution.random_state = 7
        save(random_search(tol=distribution), path)
        twin = load(path).param_distributions["tol"]
        assert twin.rvs() == distribution.rvs()

    @pytest.mark.parametrize(
        ("distribution", "name"),
        [
            (Slope(name="norm"), "Slope"),
            (type(stats.norm)(a=0, name="norm"), "norm_gen"),
        ],
        ids=["a class of the user's", "another support"],
    )
    def test_others_of_the_same_name_ask(self, distribution, name, path):
        save(random_search(tol=distribution), path)
        with pytest.raises(ValueError, match=rf"not trusted: \['[\w.]+\.{name}'\]"):
            load(path)


WRITERS = [
    keras.callbacks.BackupAndRestore("no such folder"),
    keras.callbacks.CSVLogger("no such folder/log.csv"),
    keras.callbacks.ModelCheckpoint("no such folder/model.keras"),
    keras.callbacks.RemoteMonitor(),
    keras.callbacks.TensorBoard("no such folder"),
]


def schedule_of_the_user(epoch, rate):
    return rate / 2


class Doubling(FunctionTransformer):
    """A step of the user's own."""


class TestAsking:
    @pytest.mark.parametrize(
        "callback", WRITERS, ids=lambda callback: type(callback).__name__
    )
    def test_callbacks_that_write_or_send(self, callback, path):
        save(network(callbacks=[callback]), path)
        name = f"{type(callback).__module__}.{type(callback).__name__}"
        with pytest.raises(ValueError, match=rf"not trusted: \['{name}'\]"):
            load(path)
        assert type(load(path, trusted=[name]).callbacks[0]) is type(callback)

    def test_a_function_of_the_users(self, path):
        scheduler = keras.callbacks.LearningRateScheduler(schedule_of_the_user)
        save(network(callbacks=[scheduler]), path)
        with pytest.raises(ValueError, match=r"\['tests\.\w+\.schedule_of_the_user'\]"):
            load(path)
        twin = load(path, trusted=[f"{__name__}.schedule_of_the_user"])
        assert twin.callbacks[0].schedule is schedule_of_the_user

    def test_trees_whose_contents_are_not_checked(self, few, path):
        save(beside_ours(RandomForestClassifier(2)).fit(*few), path)
        with pytest.raises(ValueError, match=r"\['sklearn\.tree\._tree\.Tree'\]"):
            load(path)

    def test_a_step_of_the_users(self, few, path):
        save(make_pipeline(Doubling(), network()).fit(*few), path)
        with pytest.raises(ValueError, match=r"\['tests\.\w+\.Doubling'\]"):
            load(path)
        assert type(load(path, trusted=[f"{__name__}.Doubling"])[0]) is Doubling


REFUSED = {
    "a step": (
        lambda: make_pipeline(
            MinMaxScaler(), FunctionTransformer(lambda X: X), network()
        ),
        "steps[1][1].func",
    ),
    "a value of a grid": (
        lambda: GridSearchCV(network(), [{"activation": ["relu", lambda x: x]}]),
        "param_grid[0]['activation'][1]",
    ),
    "a parameter of the classifier": (
        lambda: grid().set_params(estimator__activation=lambda x: x),
        "estimator.activation",
    ),
    "folds that can be read once": (
        lambda: grid(cv=KFold(2).split(np.zeros(45))),
        "cv",
    ),
    "a callback": (
        lambda: network(
            callbacks=[keras.callbacks.LearningRateScheduler(lambda e, rate: rate)]
        ),
        "callbacks[0]",
    ),
}


class TestRefusing:
    @pytest.mark.parametrize(("make", "place"), REFUSED.values(), ids=REFUSED)
    def test_names_the_part(self, make, place, path):
        estimator = make()
        message = (
            rf"This \w+ holds something that can't be saved, in {re.escape(place)}: "
        )
        with pytest.raises(ValueError, match=message):
            save(estimator, path)
        assert not path.exists()

    def test_a_grid_that_contains_itself(self, path):
        parameters = {"hidden_units": [2]}
        parameters["hidden_units"].append(parameters)
        # The depth of the stack decides which error ends the recursion.
        message = r"can't be saved, in param_grid.*: (RecursionError|TypeError)"
        with pytest.raises(ValueError, match=message):
            save(grid(parameters), path)


def changed(content, change):
    """Change the description in a file: `change` may edit each entry in place."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts["schema.json"])

    def visit(part):
        if isinstance(part, list):
            for item in part:
                visit(item)
        if isinstance(part, dict):
            if "__loader__" in part:
                change(part)
            for item in part.values():
                visit(item)

    visit(schema)
    parts["schema.json"] = json.dumps(schema).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


DANGEROUS = [
    "builtins.eval",
    "builtins.exec",
    "builtins.getattr",
    "builtins.open",
    "functools.partial",
    "joblib.numpy_pickle.load",
    "keras.src.saving.saving_api.load_model",
    "keras.src.utils.file_utils.get_file",
    "numpy.fromfile",
    "numpy.genfromtxt",
    "numpy.load",
    "numpy.memmap",
    "numpy.save",
    "numpy.savetxt",
    "operator.attrgetter",
    "operator.methodcaller",
    "os.system",
    "pickle.loads",
    "posix.system",
    "scipy.io.loadmat",
    "scipy.stats._distn_infrastructure.rv_continuous_frozen",
    "scipy.stats._continuous_distns.norm_gen",
    "sklearn.datasets._base.load_files",
    "sklearn.datasets._openml.fetch_openml",
    "sklearn.datasets._svmlight_format_io.load_svmlight_file",
    "sklearn.externals.array_api_compat.os.system",
    "sklearn.metrics.pairwise.pairwise_distances",
    "sklearn.utils._testing.assert_run_python_script_without_output",
    "subprocess.Popen",
    "tensorflow.python.ops.io_ops.read_file",
]


@pytest.fixture(scope="module")
def content():
    """A file with an entry of each kind: a function, a type, an object, containers."""
    function = FunctionTransformer(scale_pixels, kw_args={"text": [1, {3}, np.ones(2)]})
    splitter = RepeatedStratifiedKFold(n_splits=2, n_repeats=1)
    return skops.io.dumps(make_pipeline(function, grid(cv=splitter)))


class TestMalice:
    @pytest.fixture
    def trace(self, tmp_path):
        """A path that exists once code of a file has run."""
        return tmp_path / "trace"

    @pytest.mark.parametrize("name", DANGEROUS)
    @pytest.mark.parametrize(
        "kind",
        [
            "FunctionNode",
            "ObjectNode",
            "TypeNode",
            "DictNode",
            "ListNode",
            "NdArrayNode",
        ],
    )
    def test_nothing_dangerous_is_loaded(self, name, kind, content, path):
        module, _, attribute = name.rpartition(".")

        def change(entry):
            if entry["__loader__"] == kind:
                entry.update(__module__=module, __class__=attribute)

        path.write_bytes(changed(content, change))
        with pytest.raises(ValueError, match=rf"not trusted: .*'{re.escape(name)}'"):
            load(path)

    @pytest.mark.parametrize(
        "kind", ["ConstructorFromReduceNode", "ListNode", "SetNode"]
    )
    @pytest.mark.parametrize(
        "function", [f_classif, fbeta_score, normalize, scale_pixels]
    )
    def test_trusted_functions_are_not_called(self, kind, function, content, path):
        """Where a file names the type of an object, skops calls what it names."""

        def change(entry):
            if entry["__loader__"] == "SetNode":
                entry.update(
                    __loader__=kind,
                    __module__=function.__module__,
                    __class__=function.__name__,
                )
                if kind == "ConstructorFromReduceNode":
                    entry["content"] = {
                        "__loader__": "TupleNode",
                        "__module__": "builtins",
                        "__class__": "tuple",
                        "content": entry["content"],
                    }

        name = f"{function.__module__}.{function.__name__}"
        path.write_bytes(changed(content, change))
        with pytest.raises(ValueError, match=rf"not trusted: \['{name}'\]"):
            load(path)

    @pytest.mark.parametrize("kind", ["FunctionNode", "TypeNode"])
    def test_trusted_classes_are_not_functions(self, kind, content, path):
        def change(entry):
            if entry["__loader__"] == kind:
                entry.update(
                    __module__="skmnist.persistence._stand_ins",
                    __class__="Distribution",
                )

        path.write_bytes(changed(content, change))
        with pytest.raises(
            ValueError, match=r"not trusted: \['skmnist\.[\w.]+Distribution'\]"
        ):
            load(path)

    def test_code_in_a_distribution(self, trace, path):
        """SciPy executes a text when the state of a distribution is set."""
        code = f"import pathlib\npathlib.Path({str(trace)!r}).touch()\n"

        def change(entry):
            template = entry.get("content")
            if isinstance(template, str) and "_parse_args" in template:
                entry["content"] = json.dumps(code)

        content = skops.io.dumps(random_search(tol=stats.loguniform(1e-4, 1)))
        path.write_bytes(changed(content, change))
        with pytest.raises(ValueError, match=r"not trusted: \['scipy\.stats\._cont"):
            load(path)
        assert not trace.exists()

        # It would have run.
        with pytest.raises(ValueError, match="can't be loaded"):
            load(path, trusted=skops.io.get_untrusted_types(file=path))
        assert trace.exists()

    @pytest.mark.parametrize(
        "name", ["distributions", "rv_continuous", "no_such", "__builtins__"]
    )
    def test_a_distribution_that_is_none(self, name, path):
        def change(entry):
            if entry.get("content") == '"loguniform"':
                entry["content"] = json.dumps(name)

        save(random_search(tol=stats.loguniform(1e-4, 1)), path)
        path.write_bytes(changed(path.read_bytes(), change))
        with pytest.raises(
            ValueError, match=f"scipy.stats has no distribution '{name}'"
        ):
            load(path)

    @pytest.mark.parametrize("place", ["optimizer", "schedule"])
    def test_an_optimizer_that_is_none(self, place, path, tmp_path, monkeypatch):
        """A class of another module that the file names is not imported."""
        (tmp_path / "evil_module.py").write_text("class Evil: pass")
        monkeypatch.syspath_prepend(tmp_path)

        def change(entry):
            value = entry.get("content")
            if place == "optimizer" and value == '"sgd"':
                entry["content"] = '"evil_module.Evil"'
            if place == "schedule" and value == '"ExponentialDecay"':
                entry["content"] = '"Evil"'
            if place == "schedule" and value == '"keras.optimizers.schedules"':
                entry["content"] = '"evil_module"'

        save(grid({"optimizer": [keras.optimizers.SGD(SCHEDULE)]}), path)
        path.write_bytes(changed(path.read_bytes(), change))
        with pytest.raises(ValueError, match=r"can't be loaded: .*KeyError"):
            load(path)
        assert "evil_module" not in sys.modules

    def test_methods_of_stand_ins_are_ours(self, path):
        def change(entry):
            if entry["__class__"] == "Distribution":
                attributes = entry["content"]
                attributes["content"]["restore"] = {
                    "__loader__": "FunctionNode",
                    "__module__": "skmnist._pixels",
                    "__class__": "scale_pixels",
                }
                attributes["key_types"]["content"].append(
                    {
                        "__loader__": "TypeNode",
                        "__module__": "builtins",
                        "__class__": "str",
                    }
                )

        save(random_search(hidden_units=stats.randint(2, 5)), path)
        path.write_bytes(changed(path.read_bytes(), change))
        assert load(path).param_distributions["hidden_units"].support() == (2, 4)

    def test_files_of_old_skops_are_refused(self, content, path):
        """Their readers check less."""

        def change(entry):
            if "protocol" in entry:
                entry["protocol"] = 0

        path.write_bytes(changed(content, change))
        with pytest.raises(ValueError, match=r"can't be loaded: .* skops 0\.10"):
            load(path)

    def test_trusted_functions_only_compute(self):
        def source_of(name):
            module, _, attribute = name.rpartition(".")
            return inspect.getsource(getattr(sys.modules[module], attribute))

        names = _names_by_kind()["FunctionNode"] | trusted_of_keras.function_names()
        assert len(names) > 80
        acts = re.compile(r"\b(open|exec|eval|import_module|Popen|system|loads?)\(")
        assert {name for name in names if acts.search(source_of(name))} == set()
