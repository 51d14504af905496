"""The interface of a reward: the class, the function that becomes one, and the reading of returned values."""
