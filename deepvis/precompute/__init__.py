"""Jobs over whole folders of images: listing, decoding in worker processes, the scan, its shards and their merge."""
