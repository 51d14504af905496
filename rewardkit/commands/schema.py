"""`rewardkit schema`: the JSON Schema of a rubric."""

from rewardkit.commands import console
from rewardkit.commands.options import SchemaOptions
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.schema import schema


def run(options: SchemaOptions) -> None:
    """Prints the schema, with the parameters of the rewards that are loaded."""
    registry = load_registry(options.plugins)
    registry.load_built_ins()
    if options.all:
        registry.load_distributions(None)
    console.json(schema(registry))
