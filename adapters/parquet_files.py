"""Parquet files joined end to end without decoding a value: their row groups are copied, one footer says where.

A row group does not know where it stands; only the footer does. So the bytes are copied as they are and the
footers' offsets moved: a gigabyte takes seconds, where reading and writing it again takes minutes. The footer is
Thrift's compact protocol, read here as a tree of fields whatever they mean, so what a newer writer adds is kept.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"PAR1"
TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
# Field numbers of parquet.thrift.
ROW_COUNT, ROW_GROUPS, SCHEMA = 3, 4, 2
CHUNKS, GROUP_OFFSET, ORDINAL = 1, 5, 7
CHUNK_OFFSET, CHUNK_METADATA, PAGE_INDEXES = 2, 3, (4, 5, 6, 7)
PAGE_OFFSETS = (9, 10, 11, 14)  # data, index and dictionary pages, bloom filter


@dataclass
class Field:
    """A value of the tree: its Thrift type, and a number, bytes, a list of fields or a struct."""

    type: int
    value: Any


Struct = dict[int, Field]


def concatenate(paths: Sequence[Path], target: Path) -> None:
    """Write the row groups of ``paths``, in their order, to ``target``.

    Raises:
        ValueError: a file is no Parquet file, or its columns are not those of the first.
    """
    whole: Struct = {}
    with target.open("wb") as out:
        out.write(MAGIC)
        for path in paths:
            shift = out.tell() - len(MAGIC)
            footer = _copy_body(path, out.fileno(), out.tell())
            out.seek(0, os.SEEK_END)
            if whole and footer[SCHEMA] != whole[SCHEMA]:
                raise ValueError(f"{path} has other columns than {paths[0]}; write both from the same select")
            groups = footer[ROW_GROUPS].value
            for group in groups:
                _move(group.value, shift)
            if not whole:
                whole = footer
                continue
            whole[ROW_COUNT].value += footer[ROW_COUNT].value
            whole[ROW_GROUPS].value += groups
        for number, group in enumerate(whole[ROW_GROUPS].value):
            if ORDINAL in group.value:
                group.value[ORDINAL].value = min(number, 2**15 - 1)
        written = bytearray()
        _write_struct(written, whole)
        out.write(written + len(written).to_bytes(4, "little") + MAGIC)


def _copy_body(path: Path, out: int, position: int) -> Struct:
    """Copy a file's row groups to ``position`` of ``out``; what its footer says of them."""
    with path.open("rb") as source:
        end = source.seek(-8, os.SEEK_END)
        tail = source.read(8)
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != MAGIC or length > end - len(MAGIC):
            raise ValueError(f"{path} is not a Parquet file; write it again")
        source.seek(end - length)
        footer = Reader(source.read(length)).struct()
        left, offset = end - length - len(MAGIC), len(MAGIC)
        os.lseek(out, position, os.SEEK_SET)
        while left:
            sent = os.sendfile(out, source.fileno(), offset, left)
            left, offset = left - sent, offset + sent
    return footer


def _move(group: Struct, shift: int) -> None:
    """A row group that stands ``shift`` bytes further. Page indexes hold positions of their own: they are left out."""
    if GROUP_OFFSET in group:
        group[GROUP_OFFSET].value += shift
    for chunk in group[CHUNKS].value:
        for number in PAGE_INDEXES:
            chunk.value.pop(number, None)
        if chunk.value[CHUNK_OFFSET].value:
            chunk.value[CHUNK_OFFSET].value += shift
        metadata = chunk.value[CHUNK_METADATA].value
        for number in PAGE_OFFSETS:
            if number in metadata:
                metadata[number].value += shift


class Reader:
    """Thrift's compact protocol, from bytes to fields."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def struct(self) -> Struct:
        fields, number = Struct(), 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            fields[number] = Field(head & 15, self._value(head & 15, in_list=False))
        return fields

    def _value(self, kind: int, *, in_list: bool) -> Any:
        if kind in (TRUE, FALSE):
            return self._byte() if in_list else None
        if kind in (I16, I32, I64):
            return self._signed()
        if kind == BYTE:
            return self._byte()
        if kind in (DOUBLE, BINARY):
            return self._bytes(8 if kind == DOUBLE else self._unsigned())
        if kind == STRUCT:
            return self.struct()
        if kind not in (LIST, SET):
            raise ValueError(f"a Parquet footer with a Thrift type {kind}; join files by writing them again")
        head = self._byte()
        size = self._unsigned() if head >> 4 == 15 else head >> 4
        return [Field(head & 15, self._value(head & 15, in_list=True)) for _ in range(size)]

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _bytes(self, length: int) -> bytes:
        self.at += length
        return self.data[self.at - length : self.at]

    def _unsigned(self) -> int:
        result = shift = 0
        while (byte := self._byte()) & 128:
            result |= (byte & 127) << shift
            shift += 7
        return result | byte << shift

    def _signed(self) -> int:
        number = self._unsigned()
        return number >> 1 ^ -(number & 1)


def _write_struct(out: bytearray, fields: Struct) -> None:
    last = 0
    for number, field in sorted(fields.items()):
        if 0 < number - last < 16:
            out.append(number - last << 4 | field.type)
        else:
            out.append(field.type)
            _write_unsigned(out, number << 1)
        _write_value(out, field, in_list=False)
        last = number
    out.append(0)


def _write_value(out: bytearray, field: Field, *, in_list: bool) -> None:
    kind, value = field.type, field.value
    if kind in (I16, I32, I64):
        _write_unsigned(out, value << 1 if value >= 0 else (-value << 1) - 1)
    elif kind == BINARY:
        _write_unsigned(out, len(value))
        out += value
    elif kind == DOUBLE:
        out += value
    elif kind == STRUCT:
        _write_struct(out, value)
    elif kind in (LIST, SET):
        element = value[0].type if value else STRUCT
        out.append(min(len(value), 15) << 4 | element)
        if len(value) >= 15:
            _write_unsigned(out, len(value))
        for item in value:
            _write_value(out, item, in_list=True)
    elif kind == BYTE or in_list:
        out.append(value)


def _write_unsigned(out: bytearray, number: int) -> None:
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
