#!/usr/bin/env bash
# PDF metadata that were left readable for all are garbled by one reader or the next.
#
# One would guess: the metadata of an encrypted PDF are hardest to read where all is encrypted, and easiest where the author
#   chose the mode that leaves them in the clear, which exists so that catalogues and robots can read them.
# What happens: the other way round. With everything encrypted (and no password needed to open it), all four readers give the
#   packet. With the metadata in the clear, the file can say so in two ways: by `/EncryptMetadata false` alone (so writes qpdf), or
#   with a /Crypt filter named Identity on the stream as well (so the example in ISO 32000-1, 7.6.5). Each reader but one knows one
#   of the two:
#     pikepdf (qpdf)   reads both
#     pypdf            reads the first by `xmp_metadata`, gives noise when asked for the stream; the second: NotImplementedError
#     PyMuPDF          "decrypts" the first, which was never encrypted, and gives the noise without an error; reads the second
#     pdfminer.six     reads the first; the second: PDFNotImplementedError
# Why it matters: the XMP packet of the catalogue is where TDMRep puts the reservation of a PDF (tdm:reservation, tdm:policy), and
#   publishers lock their PDFs. A program that takes "no packet that parses" for "no reservation" loses just those statements
#   that were meant to be seen by everyone, and whether it does depends on which library wrote and which one reads. The words
#   stand in the file in plain ASCII all the while.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check \
    pikepdf==10.18.0 "pypdf[crypto]==7.1.1" pymupdf==2.0 pdfminer.six==20260107
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
import logging
import re
import sys
from importlib.metadata import version

import pikepdf
import pymupdf
import pypdf
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1

logging.disable(logging.CRITICAL)
PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tdm="http://www.w3.org/ns/tdmrep/"><tdm:reservation>1</tdm:reservation>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()
IDENTITY = b"/Filter [/Crypt] /DecodeParms [<< /Type /CryptFilterDecodeParms /Name /Identity >>]"


def with_filter(path):
    """Name the Identity filter on the metadata stream, and write the table of objects anew."""
    with open(path, "rb") as file:
        body, rest = file.read().replace(b"/Subtype /XML", b"/Subtype /XML " + IDENTITY).rsplit(b"xref\n0 ", 1)
    count = int(rest.split()[0])
    table = b"".join(b"%010d 00000 n \n" % re.search(rb"(?m)^%d 0 obj" % n, body).start() for n in range(1, count))
    trailer = rest[rest.index(b"trailer") : rest.index(b"startxref")]
    head = b"xref\n0 %d\n0000000000 65535 f \n" % count
    with open(path, "wb") as file:
        file.write(body + head + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body))


def write(path, **locked):
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.Root.Metadata = pikepdf.Stream(pdf, PACKET, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    lock = pikepdf.Encryption(owner="owner", user="", R=6, **locked)
    pdf.save(path, encryption=lock, fix_metadata_version=False)


def by_pikepdf(path):
    with pikepdf.open(path) as pdf:
        return pdf.Root.Metadata.read_bytes()


def by_pypdf(path):
    said = pypdf.PdfReader(path).xmp_metadata.rdf_root.toxml()
    return PACKET if "<tdm:reservation>1</tdm:reservation>" in said else said.encode()


def by_pypdf_stream(path):
    return pypdf.PdfReader(path).root_object["/Metadata"].get_object().get_data()


def by_pymupdf(path):
    with pymupdf.open(path) as pdf:
        return pdf.get_xml_metadata().encode()


def by_pdfminer(path):
    with open(path, "rb") as file:
        return resolve1(PDFDocument(PDFParser(file)).catalog["Metadata"]).get_data()


def outcome(reader, path):
    try:
        return "read" if reader(path) == PACKET else "noise"
    except Exception as error:
        return type(error).__name__


write("all-encrypted.pdf", metadata=True)
write("clear-by-flag.pdf", metadata=False)
write("clear-by-filter.pdf", metadata=False)
with_filter("clear-by-filter.pdf")
print(*(f"{name} {version(name)}" for name in ("pikepdf", "pypdf", "pymupdf", "pdfminer.six")), sep=", ")
readers = {
    "pikepdf": by_pikepdf,
    "pypdf": by_pypdf,
    "pypdf's stream": by_pypdf_stream,
    "PyMuPDF": by_pymupdf,
    "pdfminer": by_pdfminer,
}
seen = {}
for path in ("all-encrypted.pdf", "clear-by-flag.pdf", "clear-by-filter.pdf"):
    with open(path, "rb") as file:
        plain = b"<tdm:reservation>1</tdm:reservation>" in file.read()
    seen[path] = {name: outcome(reader, path) for name, reader in readers.items()}
    print(f"{path}: words in plain sight: {plain};", seen[path])

encrypted, flag, named = seen.values()
holds = (
    set(encrypted.values()) == {"read"}
    and flag["PyMuPDF"] == flag["pypdf's stream"] == "noise"
    and named["pypdf"] == "NotImplementedError"
    and named["pdfminer"] == "PDFNotImplementedError"
)
print("what was left readable for all is not read by all" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
