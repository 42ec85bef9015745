"""Sphinx's configuration."""

from __future__ import annotations

import os
import sys
from importlib.metadata import metadata
from pathlib import Path

# What a reader of the pages sees should not depend on the machine that built them.
os.environ["SKMNIST_DATA"] = "sample"

HERE = Path(__file__).parent
sys.path.append(str(HERE / "_ext"))

from inventories import write_inventories  # noqa: E402

project = "skmnist"
author = "The skmnist developers"
copyright = f"2026, {author}"  # noqa: A001
release = version = metadata("skmnist")["Version"]

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "repository_links",
    "linked_names",
    "accessible",
    "drawing",
]
root_doc = "index"
exclude_patterns = [
    "_build",
    # benchmarks.md includes these
    "benchmarks-scale.md",
    "benchmarks-tables.md",
    "auto_examples/plot_*.ipynb",  # the gallery's scripts, to be downloaded
]
templates_path = ["_templates"]
nitpicky = True

# The guides
# -------------------------------------------------------------------------------------

myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3
# The notebook is kept with its outputs, which the tests check.
nb_execution_mode = "off"
suppress_warnings = ["config.cache"]  # sphinx_gallery_conf holds functions

# The API
# -------------------------------------------------------------------------------------

default_role = "literal"  # the extension linked_names makes links of names
autosummary_generate = True
# The pictures at the top of pages, and what they show.
autosummary_context = {
    "pictures": {
        "DigitsDisplay": ("digits.png", "Ten digits and their labels."),
        "HiddenUnitsDisplay": (
            "hidden-units.png",
            "The weights of five hidden units as images, and below each bars of "
            "its weights for the ten digits.",
        ),
        "SearchDisplay": (
            "search.png",
            "The scores and the fit times over the number of hidden units.",
        ),
        "TrainingDisplay": (
            "training.png",
            "The loss and the accuracy of each epoch; a star marks the best one.",
        ),
        "read_digit": (
            "read-digit.png",
            "Photos of digits, and below each the pixels that read_digit returns.",
        ),
    }
}
autodoc_default_options = {"member-order": "groupwise"}
autodoc_typehints = "none"  # the docstrings tell the types, and more
add_module_names = False
toc_object_entries_show_parents = "hide"
maximum_signature_line_length = 72

numpydoc_class_members_toctree = False  # they are on the page of their class
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {
    "ndarray": "numpy.ndarray",
    "bool": ":class:`python:bool`",
    "boolean": ":class:`python:bool`",
    "callable": ":obj:`callable <python:callable>`",
    "ConvergenceWarning": "sklearn.exceptions.ConvergenceWarning",
    "DigitsDisplay": "skmnist.DigitsDisplay",
    "HiddenUnitsDisplay": "skmnist.HiddenUnitsDisplay",
    "SearchDisplay": "skmnist.SearchDisplay",
    "SimpleMLPClassifier": "skmnist.SimpleMLPClassifier",
    "TrainingDisplay": "skmnist.TrainingDisplay",
}

# Other projects' pages. Where they can't be reached, the few that are referred to are
# in the inventories beside; a build without a network gives the same links.
intersphinx_mapping = {
    name: (address, (None, inventory))
    for name, (address, inventory) in write_inventories(
        HERE / "_build" / "inventories"
    ).items()
}
intersphinx_timeout = 5

# The gallery
# ------------------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "within_subsection_order": "gallery_order.ReadingOrder",
    "ignore_pattern": r"benchmarks",
    "copyfile_regex": r"mnist_analysis\.ipynb",
    "doc_module": ("skmnist",),
    "backreferences_dir": "generated/backreferences",
    "reference_url": {"skmnist": None},
    "capture_repr": ("_repr_html_",),  # the figure shows the display
    "remove_config_comments": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 1,
}

# The look
# -------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "skmnist"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_logo = "_static/logo.svg"
html_favicon = "_static/favicon.svg"
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {
    page: []
    for page in (
        "CONTRIBUTING",
        "benchmarks",
        "changelog",
        "draw",
        "faq",
        "installation",
    )
}
# From pyproject.toml's "[project.urls]", as soon as there is a "Repository" among them.
urls = dict(
    line.split(", ", 1) for line in metadata("skmnist").get_all("Project-URL") or ()
)
html_theme_options = {
    "icon_links": [
        {"name": name, "url": address, "icon": "fa-solid fa-code-branch"}
        for name, address in urls.items()
        if name == "Repository"
    ],
    "logo": {
        "text": f"skmnist {release}",
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo.svg",
    },
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "show_toc_level": 2,
    "secondary_sidebar_items": {"**": ["page-toc"], "draw": []},
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

# Links to the outside, where there is a network:
# `sphinx-build -b linkcheck docs docs/_build/linkcheck`.
linkcheck_timeout = 20
linkcheck_anchors = False
linkcheck_ignore = [r"http://yann\.lecun\.com/.*"]  # it answers to browsers alone
