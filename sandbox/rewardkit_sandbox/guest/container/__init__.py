"""The processes of a container: a relay for the stream, and a zygote that separates runs by users."""
