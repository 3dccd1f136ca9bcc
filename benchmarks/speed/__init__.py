"""Speed of the metric engine beside what researchers use today, in one run on one machine.

`python -m benchmarks.speed`; see benchmarks/README.md. The modules of the peers run in an
environment of their own (`peers.txt`) and import nothing of Earwitness.
"""
