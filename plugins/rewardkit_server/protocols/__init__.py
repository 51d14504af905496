"""The shapes that trainers ask in, a module each. docs/server.md has the table of what a judge's failure becomes."""
