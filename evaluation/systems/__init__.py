"""The parts that the bundled systems of `models/` are made of, one sub-package for each task."""
