"""The plugin's command."""

import typer

app = typer.Typer()


@app.command()
def shout(words: str) -> None:
    """Say WORDS loudly."""
    typer.echo(words.upper())
