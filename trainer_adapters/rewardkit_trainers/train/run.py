"""`rewardkit train`: TRL's own options, parsed by TRL's own parser, into RewardKitGRPOTrainer."""

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from rewardkit import ConfigError, Rubric
from rewardkit.adapters import did_you_mean, mapping_of
from rewardkit_trainers.row_scorer import Workers
from rewardkit_trainers.train.data import first_line, load, placed
from rewardkit_trainers.train.gguf import load_gguf


class Options(NamedTuple):
    """The options of the command line."""

    rubric: Path
    model: str | None
    dataset: str | None
    config: Path | None
    places: Sequence[str]
    plugins: Sequence[Path]
    workers: Workers
    trust: bool
    of_trl: Sequence[str]
    """The arguments that TRL parses."""


def run(options: Options) -> None:
    """Trains, and saves the model in TRL's output_dir.

    raises  ConfigError, InputError for what cannot be trained as configured; before the model is loaded where possible
    """
    if str(options.rubric).startswith("-"):
        raise ConfigError(f"{options.rubric} stands where the rubric is wanted; name the rubric first")
    rubric = Rubric.load(options.rubric, trust=options.trust)
    try:
        import trl  # noqa: PLC0415 - after what is quick to check
    except ImportError as error:
        raise ConfigError(f"training wants TRL ({error}): pip install 'rewardkit[trl]'") from error
    script, training, model = parsed(options)
    dataset = load(
        script.dataset_name,
        script.dataset_train_split,
        config=script.dataset_config,
        streaming=script.dataset_streaming,
    )
    evaluated = None
    if training.eval_strategy != "no":
        evaluated = load(
            script.dataset_name,
            script.dataset_test_split,
            config=script.dataset_config,
            streaming=script.dataset_streaming,
        )
    places = mapping_of(options.places)
    _check_reporters(training.report_to)
    weights, tokenizer = _model(model, training)
    from rewardkit_trainers.trl import RewardKitGRPOTrainer  # noqa: PLC0415 - torch

    try:
        trainer = RewardKitGRPOTrainer(
            weights,
            rubric,
            training,
            placed(dataset, places),
            eval_dataset=None if evaluated is None else placed(evaluated, places),
            ground_truth=places.get("ground_truth"),
            plugins=options.plugins,
            workers=options.workers,
            trust=options.trust,
            processing_class=tokenizer,
            peft_config=trl.get_peft_config(model),
            quantization_config=None if tokenizer else trl.get_quantization_config(model),
        )
    except OSError as error:
        raise ConfigError(f"model {model.model_name_or_path}: {first_line(error)}") from error
    except (ImportError, ValueError) as error:  # the first where a setting wants a package that is not installed
        raise ConfigError(f"TRL refuses these settings: {error}") from error
    trainer.train(resume_from_checkpoint=training.resume_from_checkpoint)
    trainer.save_model(training.output_dir)
    trainer.accelerator.print(f"rewardkit: the model is in {training.output_dir}")


def _check_reporters(names: Any) -> None:
    """Checks that what the run reports to is installed; raises ConfigError."""
    from transformers.integrations import get_available_reporting_integrations  # noqa: PLC0415 - torch

    missing = sorted({*names} - {"none", "all", *get_available_reporting_integrations()})
    if missing:
        raise ConfigError(
            f"--report_to {missing[0]}: it is not installed; pip install {missing[0]}, or use --report_to none"
        )


def parsed(options: Options) -> tuple[Any, Any, Any]:
    """TRL's ScriptArguments, GRPOConfig and ModelConfig, out of its config file and of the command line.

    raises  ConfigError for an option that TRL does not know or refuses, and where no model or data set is named
    """
    from trl import GRPOConfig, ModelConfig, ScriptArguments, TrlParser  # noqa: PLC0415 - torch

    class Parser(TrlParser):  # type: ignore[misc]
        def error(self, message: str) -> NoReturn:
            raise ConfigError(f"{message}; `trl grpo --help` lists the options of TRL")

    arguments = list(options.of_trl)
    for name, value in (
        ("--model_name_or_path", options.model),
        ("--dataset_name", options.dataset),
        ("--config", options.config),
    ):
        if value is not None:
            arguments += [name, str(value)]
    kinds = (ScriptArguments, GRPOConfig, ModelConfig)
    parser = Parser(kinds, allow_abbrev=False)
    try:
        script, training, model, unknown = parser.parse_args_and_config(arguments, return_remaining_strings=True)
    except OSError as error:
        raise ConfigError(f"--config {options.config}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"--config {options.config}: it does not parse: {error}") from error
    except (ValueError, TypeError, argparse.ArgumentError) as error:
        raise ConfigError(f"TRL refuses these settings: {error}") from error
    if unknown:
        known = [f"--{field.name}" for kind in kinds for field in dataclasses.fields(kind)]
        raise ConfigError(f"unknown option {unknown[0]}{did_you_mean(unknown[0], known)}")
    for option, value in (("--model", model.model_name_or_path), ("--dataset", script.dataset_name)):
        if value is None:
            raise ConfigError(f"{option} is missing; name one there or in TRL's config file")
    return script, training, model


def _model(model: Any, training: Any) -> tuple[Any, Any]:
    """The trainer's `model` argument, and a tokenizer where the trainer cannot find one by itself."""
    name: str = model.model_name_or_path
    if name.endswith(".gguf"):
        import torch  # noqa: PLC0415 - seconds

        if not Path(name).is_file():
            raise ConfigError(f"model {name}: no such file")
        try:
            return load_gguf(name, dtype=getattr(torch, model.dtype or "", torch.float32))
        except (ImportError, OSError, ValueError) as error:
            raise ConfigError(f"model {name}: {first_line(error)}") from error
    # As TRL's own script does it (trl/scripts/grpo.py).
    training.model_init_kwargs = {
        "revision": model.model_revision,
        "attn_implementation": model.attn_implementation,
        "dtype": model.dtype,
        "trust_remote_code": training.trust_remote_code,
        **(training.model_init_kwargs or {}),
    }
    return name, None
