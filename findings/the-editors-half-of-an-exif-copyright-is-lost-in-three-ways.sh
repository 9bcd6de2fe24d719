#!/usr/bin/env bash
# An EXIF copyright has two halves; exifread, exiv2 and libvips lose the second, each in its own way.
#
# One would guess: the field Copyright is a text, and a reader of EXIF gives the text.
# What happens: by the EXIF standard it is two: the photographer's notice, a NUL, the editor's notice (the publisher's), a NUL.
#   Where the editor alone claims rights, the first is a single blank. Readers know that an ASCII field ends with a NUL, and
#   few that this one does not end with the first:
#     exifread     gives the photographer's half, or the blank (ExifRead 3.5.1, and the fork that img2dataset installs)
#     exiv2        does the same, here through pyexiv2
#     libvips      writes both out as "... (Photographer) - ... (Editor)", but keeps only as many bytes of that as the field had, so
#                  that the words it adds push the end of the editor's notice out
#   Pillow gives both halves with the NUL between them. No reader reports anything.
# Why it matters: img2dataset keeps the EXIF of each picture beside it unless told otherwise, by exifread and stripped of blanks. A
#   picture of which a press alone says "all rights reserved" stands in the data set with an empty "Image Copyright", as does one
#   whose field is blank, which by the standard means unknown; and behind a photographer's name the half with the claim is gone.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check \
    pillow==13.0.0 ExifRead==3.5.1 pyexiv2==2.16.0 "pyvips[binary]==3.2.0" pyvips-binary==8.18.7
"$dir/venv/bin/pip" install -qq --disable-pip-version-check --no-deps --target "$dir/fork" exifread-nocycle==3.0.1
cd "$dir"
cat > by_exifread.py <<'PY'
import sys

import exifread

with open(sys.argv[1], "rb") as file:
    print(str(exifread.process_file(file, details=False)["Image Copyright"]), end="")
PY
"$dir/venv/bin/python" - <<'PY'
import importlib.metadata
import os
import subprocess
import sys

import pyexiv2
import pyvips
from PIL import Image

COPYRIGHT = 0x8298
PHOTOGRAPHER = "Example Photographer"
PRESS = "Example Press, all rights reserved"


def by_exifread(path, **environment):
    command = [sys.executable, "by_exifread.py", path]
    return subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True).stdout


READERS = {
    "Pillow": lambda path: Image.open(path).getexif()[COPYRIGHT],
    "ExifRead": by_exifread,
    "exifread-nocycle": lambda path: by_exifread(path, PYTHONPATH="fork"),
    "exiv2": lambda path: pyexiv2.Image(path).read_exif()["Exif.Image.Copyright"],
    "libvips": lambda path: pyvips.Image.new_from_file(path).get("exif-ifd0-Copyright"),
}
for name in ("pillow", "ExifRead", "pyexiv2", "pyvips-binary"):
    print(name, importlib.metadata.version(name), end=", ")
print(*(f"{fork.name} {fork.version}" for fork in importlib.metadata.distributions(path=["fork"])))

seen = {}
for said, halves in {
    "photographer alone": [PHOTOGRAPHER],
    "photographer and editor": [PHOTOGRAPHER, PRESS],
    "editor alone": [" ", PRESS],
}.items():
    path = f"{said}.jpg"
    exif = Image.Exif()
    exif[COPYRIGHT] = "\0".join(halves)
    Image.new("RGB", (8, 8)).save(path, exif=exif)
    with open(path, "rb") as file:
        field = "\0".join([*halves, ""]).encode()
        print(f"{said}: {field} in the file: {field in file.read()}")
    seen[said] = {name: reader(path) for name, reader in READERS.items()}
    for name, text in seen[said].items():
        print(f"  {name}: {text!r}")

alone, both, editor = seen.values()
holds = (
    all(PHOTOGRAPHER in text for text in (*alone.values(), *(both[name] for name in READERS)))
    and PRESS in both["Pillow"]
    and PRESS in editor["Pillow"]
    and all(
        both[name] == PHOTOGRAPHER and not editor[name].strip() for name in ("ExifRead", "exifread-nocycle", "exiv2")
    )
    and "Example Press" in both["libvips"]
    and not any("rights reserved" in text["libvips"] for text in (both, editor))
)
print("the editor's half is lost" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
