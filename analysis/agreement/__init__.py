"""How far the listeners agree: intraclass correlations, Krippendorff’s α, Kendall’s W."""
