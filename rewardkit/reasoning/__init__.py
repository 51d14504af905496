"""Where the reasoning of a completion ends and the answer begins, in the formats that today's models write."""
