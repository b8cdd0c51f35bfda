"""Views that unpack the gallery's packed bytes, so that plain SQL can read everything.

SQLite has no function that makes a number of bytes; the table `bytes` has the number of each of the 256. A float32 is
put together from its parts with the table `float32_exponents`: value = sign x fraction x unit of its exponent.
"""

from __future__ import annotations

from deepvis.gallery.blocks import CORRELATION_STEPS, OTHER_BYTES, SIMILAR_BYTES, VALUE_BYTES

_WIDEST = 6
"""Bytes of the largest number that is packed: 2^48 samples."""


def _number(blob: str, at: str, width: int) -> str:
    """SQL of the big-endian number of `width` bytes that begins at byte `at`, counted from 1."""
    byte = "(SELECT value FROM bytes WHERE byte = substr({blob}, {at} + {index}, 1))"
    parts = [f"({byte.format(blob=blob, at=at, index=index)} << {8 * (width - 1 - index)})" for index in range(width)]
    return f"({' + '.join(parts)})"


def _number_of(blob: str, at: str, width: str) -> str:
    """As `_number`, for a width that is itself a value: 0 to `_WIDEST` bytes."""
    cases = " ".join(f"WHEN {count} THEN {_number(blob, at, count)}" for count in range(1, _WIDEST + 1))
    return f"CASE {width} {cases} ELSE 0 END"


def _box(field: int) -> str:
    return _number_of("block", f"box_at + {field} * box_bytes", "box_bytes")


_PLACED = f"""
SELECT units.layer_id, units.unit, exemplar_places.kind_id, exemplar_places.rank,
    units.exemplars AS block, layers.scan_job, layers.samples_per_file, layers.width,
    layers.sample_bytes, layers.position_bytes, layers.box_bytes, layers.box_number_bytes,
    exemplar_places.place * stride + 1 AS value_at,
    exemplar_places.place * stride + 1 + {VALUE_BYTES} AS sample_at,
    exemplar_places.place * stride + 1 + {VALUE_BYTES} + sample_bytes AS position_at,
    exemplar_places.place * stride + 1 + {VALUE_BYTES} + sample_bytes + position_bytes AS box_at
FROM units
JOIN (
    SELECT *, {VALUE_BYTES} + sample_bytes + position_bytes + 4 * box_bytes + box_number_bytes AS stride FROM layers
) AS layers ON layers.id = units.layer_id
JOIN exemplar_places ON exemplar_places.layer_id = units.layer_id
"""

_NUMBERS = f"""
SELECT layer_id, unit, kind_id, rank, scan_job, samples_per_file, width,
    {_number("block", "value_at", VALUE_BYTES)} AS bits,
    {_number_of("block", "sample_at", "sample_bytes")} AS sample,
    {_number_of("block", "position_at", "position_bytes")} AS position,
    CASE box_bytes WHEN 0 THEN {_number_of("block", "box_at", "box_number_bytes")} END AS box_number,
    {_box(0)} AS top, {_box(1)} AS left, {_box(2)} AS height, {_box(3)} AS breadth
FROM ({_PLACED})
"""

_VALUE = """
    CASE bits >> 31 WHEN 1 THEN -1 ELSE 1 END * float32_exponents.unit
    * ((bits & 8388607) + CASE float32_exponents.exponent WHEN 0 THEN 0 ELSE 8388608 END)
"""

EXEMPLARS = f"""
CREATE VIEW exemplars AS
SELECT numbers.layer_id, numbers.unit, kinds.name AS kind, numbers.rank, {_VALUE} AS value,
    files.id AS file_id, numbers.sample,
    numbers.position / numbers.width AS "row", numbers.position % numbers.width AS "column",
    CASE WHEN numbers.box_number IS NULL THEN nullif(numbers.top, -1) ELSE boxes.top END AS box_top,
    CASE WHEN numbers.box_number IS NULL THEN nullif(numbers.left, -1) ELSE boxes.left END AS box_left,
    CASE WHEN numbers.box_number IS NULL THEN nullif(numbers.height, 0) ELSE boxes.height END AS box_height,
    CASE WHEN numbers.box_number IS NULL THEN nullif(numbers.breadth, 0) ELSE boxes.width END AS box_width
FROM ({_NUMBERS}) AS numbers
JOIN kinds ON kinds.id = numbers.kind_id
JOIN float32_exponents ON float32_exponents.exponent = (numbers.bits >> 23) & 255
LEFT JOIN files ON files.job_id = numbers.scan_job AND files.number = numbers.sample / numbers.samples_per_file
LEFT JOIN boxes ON boxes.layer_id = numbers.layer_id AND boxes.number = numbers.box_number
"""

UNIT_EXEMPLARS = """
CREATE VIEW unit_exemplars AS
SELECT layers.name AS layer, exemplars.unit, exemplars.kind, exemplars.rank, exemplars.value,
    files.path, classes.name AS class, exemplars.sample, exemplars."row", exemplars."column",
    coalesce(exemplars.box_top, 0) AS box_top, coalesce(exemplars.box_left, 0) AS box_left,
    coalesce(exemplars.box_height, files.height) AS box_height, coalesce(exemplars.box_width, files.width) AS box_width
FROM exemplars
JOIN layers ON layers.id = exemplars.layer_id
LEFT JOIN files ON files.id = exemplars.file_id
LEFT JOIN classes ON classes.id = files.class_id
"""

SIMILAR_UNITS = f"""
CREATE VIEW similar_units AS
SELECT layer_id, unit, rank, other, (step - (step >> 15) * 65536) / {CORRELATION_STEPS}.0 AS correlation
FROM (
    SELECT units.layer_id, units.unit, ranks.value AS rank,
        {_number("units.similar", f"ranks.value * {SIMILAR_BYTES} + 1", OTHER_BYTES)} AS other,
        {_number("units.similar", f"ranks.value * {SIMILAR_BYTES} + 1 + {OTHER_BYTES}", 2)} AS step
    FROM units JOIN bytes AS ranks ON ranks.value < length(units.similar) / {SIMILAR_BYTES}
)
"""
