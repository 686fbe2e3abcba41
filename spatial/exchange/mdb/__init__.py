"""MDB and ACCDB: personal geodatabases 个人地理数据库 of ESRI, and plain Access tables.

Debian's mdbtools read the database, as programs behind fences of their own;
shapes and everything else are ours.
"""
