"""What must be right on a machine before the window can run, and what to do where it is not."""
