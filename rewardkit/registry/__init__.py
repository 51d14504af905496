"""Finding rewards: installed distributions and local plugin files."""
