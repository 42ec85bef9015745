"""No tests are collected here: test_dataset_damage.py runs the folder as a program."""

collect_ignore_glob = ["*.py"]
