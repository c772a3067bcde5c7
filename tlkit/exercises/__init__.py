"""The exercises of each notebook, one module for each; ``tlkit.checks.check`` finds them by name."""
