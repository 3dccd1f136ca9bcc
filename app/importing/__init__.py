"""Listening tests from elsewhere: webMUSHRA's configurations become studies, its results tables."""
