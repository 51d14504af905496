"""A plugin that needs a package which its author forgot to declare."""

import a_package_that_nobody_has_installed  # noqa: F401
