"""What a reward is: the class, the function that becomes one, and the reading of what it returns."""
