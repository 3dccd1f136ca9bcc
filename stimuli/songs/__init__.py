"""Generated songs: a sung lead and its backing, with everything about the mix known."""
