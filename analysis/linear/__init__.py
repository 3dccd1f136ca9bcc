"""Linear mixed models: restricted likelihood, and the safeguard for few items."""
