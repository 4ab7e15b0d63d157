#!/usr/bin/env python3
"""png-has-colours.py FILE RRGGBB...: each of these colours is that of at least 100 pixels. For pictures of 8 bits RGB or RGBA."""
import collections
import struct
import sys
import zlib


def pixels(data):
    """The rows of a picture, as bytes, and the number of bytes of a pixel."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG"
    at, packed, header = 8, b"", None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", data[at + 8 : at + 8 + size])
        if kind == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += size + 12
    width, height, depth, colour, _, _, interlaced = header
    assert depth == 8 and colour in (2, 6) and not interlaced, "not 8 bits RGB or RGBA"
    step = 3 if colour == 2 else 4
    raw = zlib.decompress(packed)
    above = bytearray(width * step)
    for row in range(height):
        start = row * (width * step + 1)
        method, line = raw[start], bytearray(raw[start + 1 : start + 1 + width * step])
        for i in range(len(line)):
            left = line[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            if method == 1:
                line[i] = (line[i] + left) & 255
            elif method == 2:
                line[i] = (line[i] + above[i]) & 255
            elif method == 3:
                line[i] = (line[i] + (left + above[i]) // 2) & 255
            elif method == 4:
                guess = left + above[i] - corner
                nearest = min((left, above[i], corner), key=lambda value: abs(guess - value))
                line[i] = (line[i] + nearest) & 255
        above = line
        yield line, step


def main():
    count = collections.Counter()
    with open(sys.argv[1], "rb") as file:
        for line, step in pixels(file.read()):
            count.update(bytes(line[i : i + 3]).hex() for i in range(0, len(line), step))
    missing = [colour for colour in sys.argv[2:] if count[colour] < 100]
    if missing:
        sys.exit(f"{sys.argv[1]} has no {', '.join(missing)}; most frequent: {count.most_common(5)}")


main()
