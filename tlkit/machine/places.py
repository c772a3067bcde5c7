"""File names that several rooms use: all of them can import from this room."""

REGISTER = ".tlkit-copies.json"  # marks a folder of learners' copies of the notebooks
