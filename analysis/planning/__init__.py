"""Before the data: simulated studies, power and sample size, and when to stop."""
