"""Log-probabilities of given tokens, and their gradients, without ever holding the logits of a whole batch."""
