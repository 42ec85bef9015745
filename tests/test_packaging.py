"""The sdist builds, installs and works, and its parts have the same version."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command, cwd):
    process = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder in the sdist."""
    pytest.importorskip("build", reason="build is not installed")
    pytest.importorskip("flit_core", reason="flit_core is not installed")
    folder = tmp_path_factory.mktemp("sdist")
    build = [
        sys.executable,
        "-m",
        "build",
        "--sdist",
        "--no-isolation",
        "--outdir",
        folder,
    ]
    run(*build, ROOT, cwd=folder)
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    return folder / path.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def installed(unpacked, tmp_path_factory):
    """The Python of a new environment with the sdist and the packages of this one."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    # Behind the new environment's own, so that this package is the installed one.
    (own,) = folder.glob("**/site-packages")
    others = [path for path in sys.path if path.endswith("site-packages")]
    (own / "others.pth").write_text("\n".join(others), encoding="utf-8")
    install = [
        python,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-build-isolation",
        unpacked,
    ]
    run(*install, cwd=folder)
    return python


@pytest.mark.slow
def test_the_sdist_has_what_its_tests_need(unpacked):
    files = {
        path.relative_to(unpacked).as_posix()
        for path in unpacked.glob("**/*")
        if path.is_file()
    }
    needed = {
        ".ci/run",
        "CHANGELOG.md",
        "CITATION.cff",
        "LICENSE",
        "README.md",
        "docs/conf.py",
        "examples/mnist_analysis.ipynb",
        "pyproject.toml",
        "skmnist/persistence/_page/draw.js",
        "skmnist/py.typed",
        "tests/conftest.py",
        "tests/pictures/0-chalk.jpg",
    }
    assert needed - files == set()
    parts = {part for name in files for part in name.split("/")}
    assert parts & {".gitignore", ".git", "__pycache__", "_build", "generated"} == set()


@pytest.mark.slow
def test_the_sdist_installs_and_trains(installed, tmp_path):
    code = "import skmnist; print(skmnist.__version__, skmnist.__file__)"
    version, path = run(installed, "-c", code, cwd=tmp_path).split(maxsplit=1)
    assert version == declared_version()
    assert Path(path).is_relative_to(installed.parent.parent)

    skmnist = [installed, "-m", "skmnist"]
    printed = run(*skmnist, "--epochs", "2", "--save", "digits.skops", cwd=tmp_path)
    assert "Test accuracy" in printed
    assert len(list((tmp_path / "skmnist-output").glob("*.png"))) == 5
    run(*skmnist, "draw", "digits.skops", cwd=tmp_path)
    assert (tmp_path / "digits.html").stat().st_size > 50_000


@pytest.mark.slow
def test_tests_of_the_sdist_pass(installed, unpacked):
    files = ["tests/test_docs.py", "tests/test_html.py", "tests/test_cli_draw.py"]
    assert " passed" in run(installed, "-m", "pytest", "-q", *files, cwd=unpacked)


def declared_version():
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["version"]


def test_the_changelog_and_the_citation_name_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, date = re.search(
        r"^## (\S+) - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE
    ).groups()
    assert version == declared_version()
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    assert f"\ndate-released: {date}\n" in citation
