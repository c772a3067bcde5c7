"""Names of files that several rooms know: this room lies below all of them."""

REGISTER = ".tlkit-copies.json"  # marks a folder of learners' copies of the notebooks
