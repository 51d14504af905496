"""The options of `rewardkit train`; `run.py` implements it and is imported when it runs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from rewardkit import ConfigError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def train(
    *,
    ctx: typer.Context,
    rubric: Annotated[Path, typer.Argument(help="The rubric, YAML or TOML.")],
    model: Annotated[
        str | None, typer.Option(help="A folder, a name of the hub, or a GGUF file. TRL's --model_name_or_path.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="JSONL, Parquet, a folder, or a name of the hub. TRL's --dataset_name.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TRL's config file: YAML, a line for each option.")] = None,
    places: Annotated[
        list[str], typer.Option("--map", help="prompt=COLUMN or ground_truth=COLUMN. May be repeated.")
    ] = [],  # noqa: B006 - typer reads defaults
    plugins: Annotated[
        list[Path], typer.Option("--plugin", help="A Python file that brings rewards. May be repeated.")
    ] = [],  # noqa: B006
    workers: Annotated[
        str | None,
        typer.Option(help="Processes that judge, or `node`: one set for all ranks. Default: one a processor."),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Allow the rubric to name plugin files, secrets and weaker sandboxes.")
    ] = False,
) -> None:
    """Train a model with GRPO on the rewards of RUBRIC.

    Every field of TRL's GRPOConfig, ModelConfig and ScriptArguments is an option too, as in `trl grpo`:
    --learning_rate 1e-5 --max_steps 100 --use_peft --output_dir runs/first.
    """
    from rewardkit_trainers.train.run import Options, run  # noqa: PLC0415 - torch and TRL, for those who train

    run(
        Options(
            rubric=rubric,
            model=model,
            dataset=dataset,
            config=config,
            places=places,
            plugins=plugins,
            workers=_workers(workers),
            trust=trust,
            of_trl=ctx.args,
        )
    )


def _workers(text: str | None) -> "int | Literal['node'] | None":
    """The value of `--workers`; ConfigError for what is neither a number nor `node`."""
    if text is None or text == "node":
        return text  # type: ignore[return-value]  # mypy does not narrow a str to a literal
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"--workers {text}: wanted a number from 1 on, or node")
    return int(text)
