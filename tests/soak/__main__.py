"""Anything that users do, at random, for as long as one likes: what must hold, holds.

    python tests/soak --minutes 30 --seed 2026

Stories of real digits: random classifiers are fitted, copied, saved, loaded, killed,
interrupted, resumed and searched for, in this process and in others, and after each
step compared with formulas in NumPy and with their copies, bit for bit. The digits are
those of ``load_mnist()``. The seed and the number of a story decide what it does, but
not at which moment exactly it kills: what fails is told with both, and ``--first NUMBER
--stories 1`` tells that story again. The exit status is 1 where one has failed, or has
taken more than five minutes.
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
from story import COUNTS, Story

# Each starts TensorFlow in other processes, for five seconds a time: now and then.
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
    """What this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def tell(story):
    several = OF_SEVERAL_PROCESSES.get(story.number % CYCLE)
    (several or story.rng.choice(OF_ONE_PROCESS))(story)


def give_up(story):
    """End the program in a story that hangs, with all that can be known of it."""
    print(f"HANGS for {TIME_LIMIT} s: {story}", flush=True)
    faulthandler.dump_traceback(all_threads=True)
    for process in list(CHILDREN):
        process.kill()
    os._exit(1)


def run(seed, first, n_stories, minutes):
    """Tell stories until the time is over, and return the memory after two minutes."""
    start = said = time.monotonic()
    memory = None
    number = first
    while number - first < n_stories and time.monotonic() - start < 60 * minutes:
        story = Story(seed, number, Path(tempfile.mkdtemp()))
        watchdog = threading.Timer(TIME_LIMIT, give_up, [story])
        watchdog.daemon = True
        watchdog.start()
        # Where not even a thread of Python's can run.
        faulthandler.dump_traceback_later(TIME_LIMIT + 30, exit=True)
        try:
            tell(story)
        except Exception:
            COUNTS["failures"] += 1
            print(f"FAILED: {story}\n{traceback.format_exc()}", flush=True)
        finally:
            watchdog.cancel()
            faulthandler.cancel_dump_traceback_later()
            shutil.rmtree(story.folder)
        COUNTS["stories"] += 1
        number += 1
        now = time.monotonic()
        if memory is None and now - start >= 120:
            memory = megabytes()
        if now - said >= 30:
            said = now
            print(
                f"{(now - start) / 60:5.1f} min: story {number}, {COUNTS['fits']} "
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
        "--first", type=int, default=0, help="the number of the first story"
    )
    parser.add_argument(
        "--stories", type=int, default=sys.maxsize, help="how many at most"
    )
    choices = parser.parse_args()

    # Those of the package are looked at where they matter.
    warnings.simplefilter("ignore")
    start = time.monotonic()
    memory = run(choices.seed, choices.first, choices.stories, choices.minutes)
    COUNTS["failures"] += 0
    for name, count in sorted(COUNTS.items()):
        print(f"{name:22} {count:9,}")
    print(f"{'MB after two minutes':22} {memory or '-':>9}")
    print(f"{'MB at the end':22} {megabytes():9,}")
    print(f"seed {choices.seed}, {(time.monotonic() - start) / 60:.1f} minutes")
    sys.exit(COUNTS["failures"] > 0)


if __name__ == "__main__":
    main()
