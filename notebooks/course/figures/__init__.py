"""The figures of the notebooks. ``course.NAME`` finds each; ``tlkit_course`` lists
them.

A module draws one figure, or the few of one kind. Functions that return a matplotlib
Figure or Axes give it an alternative text with ``tlkit.plots.describe``, in which every
number is computed from the data. Functions that return an ``Explorer`` add controls to
a drawing; the drawing as it is at the beginning is its static twin.
"""
