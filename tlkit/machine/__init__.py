"""What depends on the machine: quiet import of Keras, progress bars, faster layers,
atomic file writes.
"""
