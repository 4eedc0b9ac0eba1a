"""How Sphinx makes the site; `scripts/docs` calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import affuse

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "extensions"))
# What a page draws must not depend on the cores of the machine that builds it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

project = "affuse"
author = "The affuse maintainers"
copyright = f"2026, {author}"
version = release = affuse.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "site_pages",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery", "extensions"]
templates_path = ["templates"]
# No inventory of another site is fetched: the site builds without a network.
nitpicky = False
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# Code of the lecture is as wide as that of the package: its pages have no list of their headings.
WIDE: dict[str, list[str]] = {
    f"lecture/{page.stem}": [] for page in (HERE / "gallery").glob("plot_*.py")
}
# A notebook runs where there is Python alone; the name on a package index is nobody's yet.
FIRST_CELL = """\
# Where affuse is not installed: take away the #, and give the path of your clone or wheel.
# %pip install -q "/path/to/affuse[train]"\
"""
html_theme = "pydata_sphinx_theme"
html_title = f"affuse {release}"
html_static_path = ["static"]
html_css_files = ["affuse.css"]
html_js_files = ["affuse.js"]
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": [], **WIDE},
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "changelog": [], "install": []}

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "lecture",
    "backreferences_dir": "reference/generated/uses",
    "doc_module": ("affuse",),
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": True,
    "remove_config_comments": True,
    "first_notebook_cell": FIRST_CELL,
    "show_memory": False,
    "plot_gallery": "True",
    "abort_on_example_error": True,
    "min_reported_time": 1,
    "image_srcset": ["2x"],
    "write_computation_times": False,
    "matplotlib_animations": False,
    # A picture says it: the object that drew it is not shown.
    "ignore_repr_types": r"matplotlib|'list'|'numpy.ndarray'",
}
