"""The subcommands of `earwitness`; only these name the other packages, inside their functions."""
