"""What was computed, on disk: one SQLite file per model. The only home of sqlite3; no torch."""
