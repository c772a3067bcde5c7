"""What only the notebooks of this course need: exercises, quizzes, interactive figures. Installed as ``tlkit_course``.

The package ``tlkit`` finds them by name: ``tk.check("02 cut", …)``, ``tk.quiz("02")``, ``tk.widgets.block_slider(…)``.
"""
