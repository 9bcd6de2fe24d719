#!/usr/bin/env bash
# pypdf does not ask whose rights an XMP packet states: it gives those of a placed picture, and none of a PDF that is named.
#
# One would guess: `reader.xmp_metadata.dc_rights` is what the PDF says of its own rights, as pypdf's reference has it.
# What happens: pypdf collects a property from every rdf:Description, at any depth, whose rdf:about is "" or absent, and no other.
#   XMP (ISO 16684-1) writes structures as descriptions without rdf:about, and xmpMM:Pantry is a list of them: the XMP of each
#   picture that was placed in the document. So the picture's rights come out as the PDF's: where the PDF states none, and where it
#   does as well, since the inner description is read last and takes the place of the outer.
#   And a packet may name what it describes: rdf:about="uuid:..." is allowed, if all descriptions at the top have the same, and the
#   PDF library mPDF writes so. Of such a packet pypdf gives nothing: no dc_rights, and by get_element("", ...), its door for all
#   other namespaces, no tdm:reservation. There is no error and no warning in either case. pikepdf answers both rightly.
# Why it matters: the XMP of the catalogue is where TDMRep puts the reservation of a PDF. Read through pypdf, a book with a Creative
#   Commons photograph in it is a Creative Commons book, and one whose packet names it has said nothing. What the publisher says
#   is heard by walking the packet's own tree: the descriptions at the top alone, whatever their rdf:about.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check pypdf==7.1.1 pikepdf==10.18.0
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
import io
import sys
from importlib.metadata import version

import pikepdf
import pypdf

TDM = "http://www.w3.org/ns/tdmrep/"
BOOK = "Example Press, all rights reserved"
PHOTO = "CC BY 4.0"


def rights(words):
    return f'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{words}</rdf:li></rdf:Alt></dc:rights>'


def described(*properties, about=""):
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="{about}" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tdm="{TDM}"
 xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">{"".join(properties)}</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()


def book(packet):
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.Root.Metadata = pikepdf.Stream(pdf, packet, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    file = io.BytesIO()
    pdf.save(file, fix_metadata_version=False)
    return file


def by_pypdf(file):
    xmp = pypdf.PdfReader(file).xmp_metadata
    reservations = [found.firstChild.data for found in xmp.get_element("", TDM, "reservation")]
    return (xmp.dc_rights or {}).get("x-default"), reservations[0] if reservations else None


def by_pikepdf(file):
    with pikepdf.open(file) as pdf:
        xmp = pdf.open_metadata()
        return xmp.get("dc:rights"), xmp.get(f"{{{TDM}}}reservation")


RESERVED = "<tdm:reservation>1</tdm:reservation>"
PANTRY = f"""<xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description><xmpMM:InstanceID>xmp.iid:photo</xmpMM:InstanceID>
{rights(PHOTO)}</rdf:Description></rdf:li></rdf:Bag></xmpMM:Pantry>"""
packets = {
    "rights of the book": described(rights(BOOK), RESERVED),
    "rights of the book, then a placed photograph": described(rights(BOOK), RESERVED, PANTRY),
    "a placed photograph, then rights of the book": described(PANTRY, rights(BOOK), RESERVED),
    "a placed photograph alone": described(PANTRY),
    "rights of the book, which is named": described(
        rights(BOOK), RESERVED, about="uuid:6f5a1c9e-0c4b-4d7c-9a55-0f6f4d1b7a10"
    ),
}
print(*(f"{name} {version(name)}" for name in ("pypdf", "pikepdf")), sep=", ")
seen = {}
for name, packet in packets.items():
    file = book(packet)
    seen[name] = by_pypdf(file), by_pikepdf(file)
    print(f"{name}: pypdf {seen[name][0]}, pikepdf {seen[name][1]}")

stated, nothing = (BOOK, "1"), (None, None)
plain, after, before, photo, named = seen.values()
holds = (
    plain == (stated, stated)
    and after == before == ((PHOTO, "1"), stated)
    and photo == ((PHOTO, None), nothing)
    and named == (nothing, stated)
)
print("a picture's rights pass for the book's, a named book has none" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
