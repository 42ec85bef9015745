"""Random scenarios of the package's use, checked after every step, for some time.

    python tests/soak --minutes 30 --seed 2026

Random classifiers are fitted to real digits, copied, saved, loaded, killed,
interrupted, resumed and searched for, in this process and in others, and after each
step compared with formulas in NumPy and with their copies, bit for bit. The digits are
those of ``load_mnist()``. The seed and the number of a scenario determine its steps,
but not the exact moments of its kills. A failure is printed with both, and ``--first
NUMBER --scenarios 1`` repeats that scenario. The exit status is 1 if one has failed or
has taken more than five minutes.
"""

import argparse
import faulthandler
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
import warnings
from pathlib import Path

from ordinary import fit_and_follow_up, fit_in_threads, fit_pipeline, search
from ordinary import train_as_the_formulas_do as train_as_formulas
from processes import CHILDREN, interrupt, kill_and_resume, read_elsewhere
from scenario import COUNTS, Scenario

# Each starts TensorFlow in other processes, for five seconds: 3 of 30 scenarios.
OF_SEVERAL_PROCESSES = {2: kill_and_resume, 12: read_elsewhere, 22: interrupt}
CYCLE = 30
OF_ONE_PROCESS = [
    *[fit_and_follow_up] * 7,
    *[train_as_formulas] * 2,
    fit_in_threads,
    fit_pipeline,
    search,
]
TIME_LIMIT = 300


def megabytes():
    """The resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def run_one(scenario):
    several = OF_SEVERAL_PROCESSES.get(scenario.number % CYCLE)
    (several or scenario.rng.choice(OF_ONE_PROCESS))(scenario)


def abort(scenario):
    """End the program in a scenario that hangs, with the tracebacks of all threads."""
    print(f"HANGS for {TIME_LIMIT} s: {scenario}", flush=True)
    faulthandler.dump_traceback(all_threads=True)
    for process in list(CHILDREN):
        process.kill()
    os._exit(1)


def run(seed, first, n_stories, minutes):
    """Run scenarios until the time is over, and return the memory after two minutes."""
    start = reported = time.monotonic()
    memory = None
    number = first
    while number - first < n_stories and time.monotonic() - start < 60 * minutes:
        scenario = Scenario(seed, number, Path(tempfile.mkdtemp()))
        watchdog = threading.Timer(TIME_LIMIT, abort, [scenario])
        watchdog.daemon = True
        watchdog.start()
        # For a hang in which no thread of Python can run.
        faulthandler.dump_traceback_later(TIME_LIMIT + 30, exit=True)
        try:
            run_one(scenario)
        except Exception:
            COUNTS["failures"] += 1
            print(f"FAILED: {scenario}\n{traceback.format_exc()}", flush=True)
        finally:
            watchdog.cancel()
            faulthandler.cancel_dump_traceback_later()
            shutil.rmtree(scenario.folder)
        COUNTS["scenarios"] += 1
        number += 1
        now = time.monotonic()
        if memory is None and now - start >= 120:
            memory = megabytes()
        if now - reported >= 30:
            reported = now
            print(
                f"{(now - start) / 60:5.1f} min: scenario {number}, {COUNTS['fits']} "
                f"fits, {COUNTS['kills']} kills, {COUNTS['failures']} failures, "
                f"{megabytes()} MB",
                flush=True,
            )
    return memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--first", type=int, default=0, help="the number of the first scenario"
    )
    parser.add_argument(
        "--scenarios", type=int, default=sys.maxsize, help="how many at most"
    )
    choices = parser.parse_args()

    # The scenarios check the warnings that matter.
    warnings.simplefilter("ignore")
    start = time.monotonic()
    memory = run(choices.seed, choices.first, choices.scenarios, choices.minutes)
    COUNTS["failures"] += 0
    for name, count in sorted(COUNTS.items()):
        print(f"{name:22} {count:9,}")
    print(f"{'MB after two minutes':22} {memory or '-':>9}")
    print(f"{'MB at the end':22} {megabytes():9,}")
    print(f"seed {choices.seed}, {(time.monotonic() - start) / 60:.1f} minutes")
    sys.exit(COUNTS["failures"] > 0)


if __name__ == "__main__":
    main()
