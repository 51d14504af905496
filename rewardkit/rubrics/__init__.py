"""The rubric: its model, its validation messages, and how scores compose into a reward."""
