"""What the engine of `evaluate` promises about any number of clips and about being killed."""
