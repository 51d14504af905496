"""A plugin that leaves the interpreter while it is imported."""

import sys

sys.exit("this plugin needs a GPU")
