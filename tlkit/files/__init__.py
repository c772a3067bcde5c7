"""The published files: downloads that are verified and resumed, and the pairs of tasks
made of them.
"""
