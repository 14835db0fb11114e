"""Counting for the observatory: periods, outcomes, disclosure control and the published package."""
