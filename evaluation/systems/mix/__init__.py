"""Automatic mixing of a lead with its backing: level, equaliser, compressor, reverb, network."""
