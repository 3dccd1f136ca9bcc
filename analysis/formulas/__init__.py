"""Formulas over systems, their factors and covariates: design, marginal means and contrasts."""
