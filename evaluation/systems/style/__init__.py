"""Style matching: give a clean recording the effect that an example has."""
