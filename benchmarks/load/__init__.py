"""Many listeners at once: how fast pages and answers come, and whether any is lost."""
