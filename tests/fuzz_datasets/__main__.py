"""Damaged files by the hundred thousand: each loads as what its bytes say, or is
refused.

    python tests/fuzz_datasets --runs 100000

Every run takes a small set of images in one of the formats, damages one of its files
(or two of them, by swapping), and loads it. The arrays must be those that a reader of a
few lines finds in the damaged bytes, or, where the format has checksums, those that
were written; or there must be a ValueError or an OSError with a message. Another
exception, a wait of more than ten seconds, or memory of more than a gigabyte beyond
what Python holds at the start, ends it with the run's number and the folder of its
files. ``--seed`` and the number of the run decide everything.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from damages import DAMAGES
from formats import FORMATS, new_arrays
from plain_readers import read_plainly

from skmnist import load_mnist

KEYS = ("images_train", "y_train", "images_test", "y_test")
GIGABYTE = 2**30


class TooLongError(BaseException):
    """Not an Exception, so that no reader handles it as a damaged file."""


def load(kind, folder):
    """Load the folder, and return the Bunch or the message of the error."""
    source = folder / "any.npz" if kind.startswith("npz") else folder
    try:
        return load_mnist(source)
    except (ValueError, OSError) as error:
        if str(folder) not in str(error):
            raise AssertionError("the error names no file") from error
        return str(error)


def run(kind, files, written, folder):
    """Write the files, load them, and return whether they were read."""
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    outcome = load(kind, folder)
    if isinstance(outcome, str):
        return "refused"
    for key, expected in zip(KEYS, read_plainly(kind, files, written), strict=True):
        np.testing.assert_array_equal(outcome[key], expected, err_msg=f"{key}: ")
    return "read"


def stop(number, frame):
    raise TooLongError


def fuzz(first, runs, seed, folder):
    """Make ``runs`` runs from the number ``first`` on, and count their outcomes."""
    outcomes = Counter()
    for number in range(first, first + runs):
        rng = random.Random(f"{seed} {number}")
        kind = rng.choice(sorted(FORMATS))
        arrays = new_arrays(rng)
        files = FORMATS[kind](arrays)
        damage = rng.choice(DAMAGES)
        damage(files, rng, arrays)
        signal.setitimer(signal.ITIMER_REAL, 10)
        try:
            outcomes[kind, run(kind, files, arrays, folder)] += 1
        except BaseException:
            print(
                f"run {number} of seed {seed}: {kind}, {damage.__name__}, in {folder}"
            )
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return outcomes


def truncate_everywhere(folder):
    """Truncate one set of each format at every offset of every file."""
    outcomes = Counter()
    for kind, write in FORMATS.items():
        arrays = new_arrays(random.Random(4))
        whole = write(arrays)
        for name, content in whole.items():
            for kept in range(len(content)):
                files = whole | {name: content[:kept]}
                outcomes[kind, run(kind, files, arrays, folder)] += 1
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--first", type=int, default=0, help="the number of the first run"
    )
    choices = parser.parse_args()

    warnings.simplefilter("ignore")  # NumPy warns of headers as Python 2 wrote them
    load_mnist("sample")  # what it imports is none of a damaged file's memory
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + GIGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    signal.signal(signal.SIGALRM, stop)

    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    start = time.perf_counter()
    outcomes = truncate_everywhere(folder)
    outcomes += fuzz(choices.first, choices.runs, choices.seed, folder)
    shutil.rmtree(folder)  # kept where a run failed
    for (kind, outcome), count in sorted(outcomes.items()):
        print(f"{kind:14} {outcome:8} {count:9,}")
    print(
        f"{outcomes.total():,} damaged sets of files in "
        f"{time.perf_counter() - start:.0f} s"
    )


if __name__ == "__main__":
    main()
