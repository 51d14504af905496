"""The options of `rewardkit train`; `run.py` implements it and is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def train(
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
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that judge. Default: one a processor.")] = None,
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
            workers=workers,
            of_trl=ctx.args,
        )
    )
