"""One module for each notebook with exercises: right and wrong answers.

RIGHT: exercise -> an answer, and the numbers that the notebook measures for its check.
WRONG: exercise, a wrong answer, and a few words of what the check replies.
"""
