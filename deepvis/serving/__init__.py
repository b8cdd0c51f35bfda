"""What is shown of the window over HTTP, without Qt: pictures of its panes, who may see them, the page."""
