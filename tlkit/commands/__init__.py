"""What runs from the command line: ``python -m tlkit …``."""
