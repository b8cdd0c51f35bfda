"""The running machine without a window: capture, inference, and the session that starts and joins them. No Qt."""
