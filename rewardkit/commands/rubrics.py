"""`rewardkit rubrics`: the rubrics that come with rewardkit."""

from rewardkit.commands.options import RubricsOptions
from rewardkit.commands.plain import aligned, write
from rewardkit.errors import ConfigError
from rewardkit.rubrics.named import NAMES, description_of, path_of
from rewardkit.suggestions import nearest


def run(options: RubricsOptions) -> None:
    """Lists them, or prints the file of one."""
    if options.name is None:
        write(aligned([("rubric", "about"), *((name, description_of(name)) for name in NAMES)]))
    elif options.name in NAMES:
        write(path_of(options.name).read_text(encoding="utf-8"))
    else:
        raise ConfigError(f"no rubric named {options.name!r}{nearest(options.name, NAMES)}")
