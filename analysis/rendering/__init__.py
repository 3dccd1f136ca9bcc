"""`report.json` as HTML, PDF, figures, CSV and LaTeX."""
