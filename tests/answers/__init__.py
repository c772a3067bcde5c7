"""One module for each notebook with exercises: RIGHT and WRONG answers, and what is said about them."""
