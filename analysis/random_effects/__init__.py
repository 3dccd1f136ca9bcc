"""Random terms of a mixed model: which there are, and how they nest."""
