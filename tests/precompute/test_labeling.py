"""Classes of files."""

from __future__ import annotations

import pytest

from deepvis.precompute.labeling import find_labels
from deepvis.precompute.listing import Listing
from deepvis.precompute.request import ScanError


def listing_of(root, *names):
    return Listing(root, tuple(sorted(names)), (1,) * len(names), {})


def labels_of(listing, wish):
    chosen = list(range(len(listing.names)))
    found = find_labels(listing, wish, chosen)
    return {listing.names[number]: found.names[found.of(number)] for number in chosen if found.of(number) >= 0}


def test_folders_are_classes_where_every_image_lies_in_one_of_several(tmp_path):
    listing = listing_of(tmp_path, "cat/1.png", "dog/1.png", "dog/2.png")
    assert labels_of(listing, None) == {"cat/1.png": "cat", "dog/1.png": "dog", "dog/2.png": "dog"}
    assert labels_of(listing, "none") == {}


@pytest.mark.parametrize("names", [("cat/1.png", "cat/2.png"), ("cat/1.png", "2.png"), ("cat/x/1.png", "dog/1.png")])
def test_other_folders_are_no_classes_unless_somebody_says_so(tmp_path, names):
    listing = listing_of(tmp_path, *names)
    assert labels_of(listing, None) == {}
    assert set(labels_of(listing, "folders").values()) == {name.split("/")[0] for name in names if "/" in name}


def test_a_table_labels_the_files_it_names(tmp_path):
    listing = listing_of(tmp_path, "a.png", "b/c.png", "d.png")
    table = tmp_path / "labels.csv"
    table.write_text(f'path,label\na.png,"cat, small"\n{tmp_path}/b/c.png, dog\n')
    assert labels_of(listing, str(table)) == {"a.png": "cat, small", "b/c.png": "dog"}


def test_a_table_that_does_not_fit_is_told(tmp_path):
    listing = listing_of(tmp_path, "a.png")
    table = tmp_path / "labels.csv"
    with pytest.raises(ScanError, match="cannot be read"):
        labels_of(listing, str(table))
    table.write_text("b.png,cat\n")
    with pytest.raises(ScanError, match="names no file"):
        labels_of(listing, str(table))
    table.write_text("a.png,cat\nb.png\n")
    with pytest.raises(ScanError, match="Row 2"):
        labels_of(listing, str(table))


def test_the_digest_changes_with_every_label(tmp_path):
    listing = listing_of(tmp_path, "cat/1.png", "dog/1.png")
    table = tmp_path / "labels.csv"
    digests = set()
    for text in ("cat/1.png,x\ndog/1.png,y", "cat/1.png,y\ndog/1.png,x", "cat/1.png,x"):
        table.write_text(text)
        digests.add(find_labels(listing, str(table), [0, 1]).digest())
    assert len({*digests, find_labels(listing, None, [0, 1]).digest()}) == 4
    assert find_labels(listing, "none", [0, 1]).digest() == ""
