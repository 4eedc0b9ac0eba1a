"""Databases in audformat: header, tables, schemes, splits -> labelled clips."""
