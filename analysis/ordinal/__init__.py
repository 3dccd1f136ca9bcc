"""Cumulative link mixed models: the engine, its checks and what it says of the answers."""
