"""Values of expressions: exact where they are rational, to as many digits as needed where they are not."""
