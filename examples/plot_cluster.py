"""
A search on a cluster
=====================

scikit-learn trains the candidates of a search through joblib, which can send them to
the workers of a Dask cluster. Here the cluster is two processes on this machine; a real
one needs a change of one line. It needs ``pip install 'skmnist[distributed]'``.
"""

import joblib
import matplotlib.pyplot as plt
import numpy as np
from dask.distributed import Client, LocalCluster, get_task_stream
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier, load_mnist

HIDDEN_UNITS = [2, 5, 16, 64]

# %%
# The search
# ----------
#
# The search is the same as in one process, and so is its result: a seed gives the same
# network on any worker of the same kind.


def make_search():
    """Four widths of the hidden layer, three folds."""
    classifier = SimpleMLPClassifier(learning_rate=0.01, epochs=10, random_state=0)
    pipeline = Pipeline([("scaler", MinMaxScaler()), ("mlp", classifier)])
    return GridSearchCV(pipeline, {"mlp__hidden_units": HIDDEN_UNITS}, cv=3)


# %%
# The cluster
# -----------
#
# For a real cluster, replace the line ``client = Client(cluster)`` by ``client =
# Client("tcp://scheduler-address:8786")``, with the address of its scheduler, and leave
# ``LocalCluster`` out. Each worker needs the same versions of Python and of ``skmnist``
# installed as the client, and one thread.
#
# ``scatter`` sends the images to each worker once, rather than on demand.


def run_on_cluster(search, X, y):
    """Train the candidates on the workers; return what they did, and when."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0"
    ) as cluster:
        client = Client(cluster)
        with (
            client,
            get_task_stream(client) as tasks,
            joblib.parallel_config(backend="dask", client=client, scatter=[X, y]),
        ):
            search.fit(X, y)
        return tasks.data


# %%
# The result
# ----------
#
# On the left, the accuracy of each width on the folds. On the right, a bar for each fit
# and its test. The first fit of a width on a worker takes longer: it compiles the
# program that later fits reuse.


def plot(search, tasks):
    """Draw the scores of the candidates and the fits on the workers."""
    figure, (scores, fits) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")

    results = search.cv_results_
    scores.errorbar(
        HIDDEN_UNITS,
        results["mean_test_score"],
        results["std_test_score"],
        marker="o",
        capsize=4,
    )
    scores.set_xscale("log", base=2)
    scores.set_xticks(HIDDEN_UNITS, HIDDEN_UNITS)
    scores.set(
        xlabel="hidden units", ylabel="accuracy on three folds", title="Candidates"
    )
    scores.grid(alpha=0.3)

    computed = [
        (task["worker"], times["start"], times["stop"])
        for task in tasks
        for times in task["startstops"]
        if times["action"] == "compute" and "fit_and_score" in str(task["key"])
    ]
    begin = min(start for _, start, _ in computed)
    workers = sorted({worker for worker, _, _ in computed})
    for row, worker in enumerate(workers):
        bars = [
            (start - begin, stop - start)
            for name, start, stop in computed
            if name == worker
        ]
        fits.broken_barh(
            bars, (row - 0.35, 0.7), facecolors=f"C{row}", edgecolor="white"
        )
    fits.set_yticks(
        np.arange(len(workers)), [f"worker {row}" for row in range(len(workers))]
    )
    fits.set(xlabel="seconds", title=f"{len(computed)} fits", ylim=(1.6, -0.6))
    return figure


# %%
# The guard
# ---------
#
# The workers of a `LocalCluster` are new processes that import this script. Without the
# guard, each worker would start a cluster of its own.


def main():
    """Search on a cluster, and show the result."""
    (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
    search = make_search()
    tasks = run_on_cluster(search, X_train, y_train)
    for units, score in zip(
        HIDDEN_UNITS, search.cv_results_["mean_test_score"], strict=True
    ):
        print(f"{units:>3} hidden units: {score:.1%}")
    print(f"The best, on the test images: {search.score(X_test, y_test):.1%}")
    plot(search, tasks)
    plt.show()


if __name__ == "__main__":
    main()
