"""`rewardkit rubrics`: the rubrics that come with rewardkit."""

from rewardkit.commands import console
from rewardkit.commands.options import RubricsOptions
from rewardkit.errors import ConfigError
from rewardkit.rubrics.named import NAMES, description_of, path_of
from rewardkit.suggestions import nearest


def run(options: RubricsOptions) -> None:
    """Lists them, or prints the file of one."""
    if options.name is None:
        listed = console.table("rubric", "about")
        for name in NAMES:
            listed.add_row(console.safe(name), console.safe(description_of(name)))
        console.console().print(listed)
    elif options.name in NAMES:
        console.text(path_of(options.name).read_text(encoding="utf-8"))
    else:
        raise ConfigError(f"no rubric named {options.name!r}{nearest(options.name, NAMES)}")
