"""The exercises of each notebook, one module for each; ``tlkit.check`` finds them by name."""
