"""Read a model file as doc/model-format.md tells it, with nothing of libensemble: list its metadata and tensors, and
verify its checksum. Usage: read_safetensors.py FILE"""
import json
import struct
import sys

WIDTH = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "U16": 2, "U8": 1}
P1, P2, P3, P4, P5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
                      0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
MASK = (1 << 64) - 1


def rotate(v, bits):
    v &= MASK
    return v << bits & MASK | v >> (64 - bits)


def mix(lane, v):
    return rotate(lane + v * P2, 31) * P1 & MASK


def xxh64(data):
    n, at, v = len(data), 0, P5
    if n >= 32:
        lanes = [P1 + P2, P2, 0, -P1]
        for at in range(0, n - 31, 32):
            lanes = [mix(a, x) for a, x in zip(lanes, struct.unpack_from("<4Q", data, at))]
        at += 32
        v = sum(rotate(a, r) for a, r in zip(lanes, (1, 7, 12, 18)))
        for a in lanes:
            v = ((v ^ mix(0, a)) * P1 + P4) & MASK
    v = v + n & MASK
    for at in range(at, n - 7, 8):
        v = (rotate(v ^ mix(0, struct.unpack_from("<Q", data, at)[0]), 27) * P1 + P4) & MASK
    at = n - n % 8
    if n % 8 >= 4:
        v = (rotate(v ^ struct.unpack_from("<I", data, at)[0] * P1, 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        v = rotate(v ^ byte * P5, 11) * P1 & MASK
    v = (v ^ v >> 33) * P2 & MASK
    v = (v ^ v >> 29) * P3 & MASK
    return v ^ v >> 32


def main(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:8 + length].decode("utf-8"))
    metadata = header.pop("__metadata__")
    begin = 8 + length
    assert begin % 64 == 0, "the arrays begin at byte %d" % begin
    assert metadata["format"] == "ensemble" and metadata["format_version"] == "1"
    for key in ("schema", "classes", "scores"):
        json.loads(metadata[key])
    for key, value in metadata.items():
        print("%s: %s" % (key, value))
    end = 0
    for name, t in header.items():
        size = WIDTH[t["dtype"]]
        for d in t["shape"]:
            size *= d
        assert t["data_offsets"] == [end, end + size], name
        assert end % WIDTH[t["dtype"]] == 0, name
        end += size
        print("%s %s %s" % (name, t["dtype"], t["shape"]))
    assert begin + end == len(data), "size of the file"
    assert name == "checksum"
    assert xxh64(data[:-8]) == struct.unpack_from("<Q", data, len(data) - 8)[0], "checksum"


main(sys.argv[1])
