"""How Sphinx makes the book; make_book.py prepares what it reads."""

from make_book import SOURCE

project = "tlkit"
author = "The tlkit authors"
copyright = "The tlkit authors. Text and figures: CC BY 4.0"
language = "en"

extensions = ["myst_nb"]
# The terms of the glossary are headings of the third level:
suppress_warnings = ["myst.header"]
nb_execution_mode = "off"  # the notebooks are committed executed
# Saved outputs are pictures, and nothing is loaded from another server:
nb_ipywidgets_js = {}
nb_render_markdown_format = "gfm"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4

templates_path = []
html_theme = "furo"
pygments_dark_style = "a11y-high-contrast-dark"
html_title = "Transfer learning by doing it"
html_favicon = "favicon.svg"
html_static_path = [str(SOURCE / "static")]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
mathjax_path = "mathjax/tex-chtml.js"
