"""The commands of the command line, a module for each; `rewardkit.cli` lists them."""
