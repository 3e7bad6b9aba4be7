"""Paths under which code written for langchain-core looks for what lives elsewhere here."""
