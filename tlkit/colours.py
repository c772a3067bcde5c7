"""Okabe & Ito's colours, which colour-blind readers can tell apart.

Source: Okabe & Ito 2008, https://jfly.uni-koeln.de/color. Light enough to fill an area,
dark enough to be a line. BROWN and the greys are not among theirs.
"""

BLUE = "#0072B2"
VERMILION = "#D55E00"
GREEN = "#009E73"
ORANGE = "#E69F00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
BROWN = "#8C6D31"
INK, FAINT = "#222222", "#8a8a8a"
