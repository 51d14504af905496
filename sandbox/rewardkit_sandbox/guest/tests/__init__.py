"""Tests in one process and the program in another, with calls between the two."""
