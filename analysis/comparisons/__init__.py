"""Each system against the baseline: contrasts, effect sizes, adjustments, companion tests."""
