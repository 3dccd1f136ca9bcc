"""Distances between sets: what a system renders as a whole, against all references of its dataset.

Signals become embeddings (`embedder`), embeddings become one number for the set (`distances`), a
run keeps both by content (`scoring`). Every number says how many items, embeddings and dimensions
it is over, and how much of the space they span.
"""
