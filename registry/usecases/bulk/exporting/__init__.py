"""Exports: asked for, done in steps, gathered from sealed rows."""
