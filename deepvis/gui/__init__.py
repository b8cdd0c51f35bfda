"""The window: everything that knows PyQt6."""
