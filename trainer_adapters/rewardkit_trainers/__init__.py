"""rewardkit in the trainers of the field: TRL, verl and OpenRLHF."""
