"""Damaged files of every format load as their bytes, or are refused."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="the limit of memory is Unix's")


@pytest.mark.slow
def test_a_few_thousand_damaged_files():
    """In another process, within a gigabyte of memory, whatever size a header gives."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("fuzz_datasets"), "--runs", "4000"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Every format was refused often, and read now and then: neither is what always
    # happens.
    for kind in (
        "idx",
        r"idx\.gz",
        "npz, stored",
        "npz, deflated",
        "csv",
        "csv, no names",
    ):
        for outcome in ("refused", "read"):
            count = re.search(
                rf"^{kind} +{outcome} +([\d,]+)$", done.stdout, re.MULTILINE
            )
            assert count is not None, done.stdout
            assert int(count[1].replace(",", "")) >= 20
