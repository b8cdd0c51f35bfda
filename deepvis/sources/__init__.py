"""Where frames come from: cameras, videos, pictures, folders, streams, the demo reel; the only home of OpenCV.

`spec.open_spec` turns what a person wrote into a source, `decode.read_image` reads one file. This package imports
neither torch nor Qt.
"""
