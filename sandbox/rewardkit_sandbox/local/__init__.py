"""The backends without a daemon: bubblewrap, landlock, and a plain subprocess for debugging."""
