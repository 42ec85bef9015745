"""Nothing here is a test: the folder is a program, `python tests/soak`."""

collect_ignore_glob = ["*.py"]
