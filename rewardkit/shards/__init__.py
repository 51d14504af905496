"""Cheap rewards over big files: each process reads, judges and writes its own part; the parent joins the parts."""
