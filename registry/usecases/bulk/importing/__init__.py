"""Imports: lines read and checked, stored in batches, from files here or at allowed addresses."""
