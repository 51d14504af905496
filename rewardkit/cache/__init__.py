"""Scores that were given before, kept in a folder.

keys     all that decides a score, as a hash
store    the folder: an SQLite file that holds hashes and unreadable scores
engine   the engine that looks scores up before it asks another engine
"""
