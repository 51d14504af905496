"""What each command of the command line does; `rewardkit.cli` says what it takes."""
