"""Reads copies of a database as somebody would who wants to know more than it tells when asked.

Of SQLite every commit in the write-ahead log is one more state; of PostgreSQL each row tells the
transaction that wrote it, and rows that were deleted are read from the pages. Nothing is written.
"""
