"""What the machine gives: Keras imported quietly, progress bars, faster layers, whole-
file writes.
"""
