"""Right and wrong answers to the exercises of notebook 00."""

SCRATCH, TARGET = {20: 0.11, 50: 0.12, 500: 0.58}, 0.84  # as measured; transfer with 20 labels per class

RIGHT = {"00 labels": ("more", (SCRATCH, TARGET))}  # exercise -> answer, measured numbers
WRONG = [  # exercise, answer, a few words of what is said about it
    ("00 labels", 0.58, "That is an accuracy"),
    ("00 labels", 5000, "nobody has measured it"),
    ("00 labels", 50, "still guessing"),
    ("00 labels", 500, "begun to learn, and it is still below the dashed line"),
    ("00 labels", "lots", "Where does the line from scratch meet it?"),
]
