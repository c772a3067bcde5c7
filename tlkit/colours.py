"""Okabe & Ito's colours, which colour-blind readers can tell apart.

Source: Okabe & Ito 2008, https://jfly.uni-koeln.de/color. Light enough to fill an area,
dark enough to be a line. BROWN and the greys are not among theirs. INDIGO to PLUM are
from Paul Tol's "muted" palette, https://sronpersonalpages.nl/~pault: made for colour-
blind readers, too, but there are many, and some of them are alike. So the recipes'
marks differ as well.
"""

BLUE = "#0072B2"
VERMILION = "#D55E00"
GREEN = "#009E73"
ORANGE = "#E69F00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
BROWN = "#8C6D31"
INDIGO = "#332288"
FOREST = "#117733"
TEAL = "#44AA99"
OLIVE = "#999933"
SAND = "#BFA94F"  # darker than his, to be read as text
ROSE = "#CC6677"
WINE = "#882255"
PLUM = "#AA4499"
INK, FAINT = "#222222", "#8a8a8a"
