"""What the window gives to those who watch it in a browser: which panes there are, their pixels, the figures."""
