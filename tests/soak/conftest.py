"""No tests are collected here: the folder is a program, `python tests/soak`."""

collect_ignore_glob = ["*.py"]
