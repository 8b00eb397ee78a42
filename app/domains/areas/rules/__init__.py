"""Decisions about places, people and zones that need no database: values in, values out."""
