#!/usr/bin/env bash
# In a WAV file the four letters ISRC are no recording code; tinytag gives what stands there as one.
#
# One would guess: the INFO list of a WAV has a field ISRC, so the recording's ISRC (ISO 3901) is there.
# What happens: the INFO list comes from the RIFF specification of 1991, where ISRC is short for "source": the person or
#   organisation that supplied the original. wavinfo reads it so. tinytag files the same field under `isrc`, next to the true
#   ones that it takes from ID3, Vorbis comments and ASF, so that the name of a supplier comes out as a recording code. The place
#   of the code in a Broadcast WAV is the `axml` chunk (EBU Tech 3352): there tinytag does not look. (There is no telling the two
#   apart by name: ffmpeg does write recording codes into the INFO field.)
# Why it matters: an ISRC is the key by which a recording is looked up in the declarations of rightsholders. Here the key is
#   the archive's name, which is no code at all, and the code that is there is not found: a declared recording passes for one that
#   nobody declared. A value from INFO must be held against the form of an ISRC, and axml read.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check tinytag==2.3.2 wavinfo==4.0.1
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
import struct
import sys
from importlib.metadata import version

from tinytag import TinyTag
from wavinfo import WavInfoReader

SUPPLIER = "Harbour Sound Archive"
CODE = "GBAYE6800011"
AXML = f"""<?xml version="1.0" encoding="UTF-8"?>
<ebucore:ebuCoreMain xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:ebucore="urn:ebu:metadata-schema:ebuCore_2012">
<ebucore:coreMetadata><ebucore:identifier typeLabel="GUID" typeDefinition="Globally Unique Identifier"
 formatLabel="ISRC" formatDefinition="International Standard Recording Code">
<dc:identifier>ISRC:{CODE}</dc:identifier></ebucore:identifier></ebucore:coreMetadata></ebucore:ebuCoreMain>"""


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


info = b"INFO" + chunk(b"INAM", b"Foghorn\0") + chunk(b"ISRC", SUPPLIER.encode() + b"\0")
chunks = (
    chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
    + chunk(b"LIST", info)
    + chunk(b"axml", AXML.encode())
    + chunk(b"data", bytes(1600))
)
with open("foghorn.wav", "wb") as file:
    file.write(chunk(b"RIFF", b"WAVE" + chunks))

print("tinytag", version("tinytag"), "wavinfo", version("wavinfo"))
tags = TinyTag.get("foghorn.wav").as_dict()
print("the file's INFO ISRC:", SUPPLIER)
print("the file's recording code, in axml:", CODE)
print("tinytag, isrc:", tags.get("isrc"))
source = WavInfoReader("foghorn.wav").info.source
print("wavinfo, source:", source)
holds = tags.get("isrc") == [SUPPLIER] and source == SUPPLIER and CODE not in str(tags)
print("a supplier's name is given as the ISRC" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
