"""Reads one file in a process of its own: a hostile file then costs that process, never the app.

Started by documents.py. In: the file on stdin, a JSON object {"name", "limits"} as the last argument. Out, on stdout:
one JSON object a line: {"stage", "done", "total"} about every 100 ms, at last {"found": ...} or {"refused": sentence}.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import sys
import time
import zipfile
from typing import Any, BinaryIO

from genai_demo.inputs.documents.cleaned import Limits, Refusal, Report
from genai_demo.inputs.documents.formats import docx, html_text, pdf, plain

EVERY = 0.1  # seconds between two lines of progress
READS = "PDF, Word (DOCX), Markdown, HTML or plain text"


def unpackable(data: bytes, limits: Limits) -> str:
    """What a ZIP file holds: "docx" or a kind in words. Raises Refusal for a bomb, by declared and by actual sizes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        word = any(name.startswith("word/") and name.endswith(".xml") for name in names)
        if not word or "word/vbaProject.bin" in names:
            return _packed(names, archive)
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refusal("is encrypted; remove its password and add it again")
        most = min(limits.unpacked, max(limits.ratio * len(data), 1_000_000))
        bomb = Refusal(f"unpacks to more than {most:,} bytes, the limit for its size; save it with its text only")
        if sum(entry.file_size for entry in entries) > most or len(entries) > 10_000:
            raise bomb
        actual = 0
        for entry in entries:
            head = b""
            with archive.open(entry) as stream:
                while block := stream.read(1 << 16):
                    actual += len(block)
                    head = head or block
                    if actual > most:
                        raise bomb
            if b"<!DOCTYPE" in head.replace(b"\0", b"") and entry.filename.endswith((".xml", ".rels")):
                raise Refusal("is damaged: it declares entities, which Word never does; save it as DOCX again")
    return "docx"


def _packed(names: set[str], archive: zipfile.ZipFile) -> str:
    if any(name.endswith("vbaProject.bin") for name in names):
        return "an Office file with macros"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook"
    if any(name.startswith("ppt/") for name in names):
        return "a PowerPoint presentation"
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            kind = stream.read(100)
        return "an e-book (EPUB)" if b"epub" in kind else "an OpenDocument file"
    return "a ZIP archive"


_MAGIC = {
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"BM": "",
    b"II*\0": "a picture",
    b"MM\0*": "a picture",
    b"{\\rtf": "a rich text file (RTF)",
    b"%!PS": "a PostScript file",
    b"\x7fELF": "a program",
    b"MZ": "",
    b"\x1f\x8b": "a packed file",
    b"7z\xbc\xaf": "a packed file",
    b"Rar!": "a packed file",
    b"BZh": "",
    b"\xfd7zXZ": "a packed file",
    b"SQLite format 3": "a database",
    b"OggS": "a sound",
    b"ID3": "a sound",
}
_MARKS = {  # the longer marks first: that of UTF-32 begins like that of UTF-16
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_OTHER = "is {}; choose " + READS


def kind_of(data: bytes, limits: Limits) -> str:
    """pdf, docx or text, by content alone. Raises Refusal for what is none of them."""
    start = data[:1024]
    at = start.find(b"%PDF-")
    if at == 0 or (at > 0 and (not start[:at].strip() or b"startxref" in data[-2048:])):
        return "pdf"
    if data.startswith((b"PK\3\4", b"PK\5\6")):
        found = unpackable(data, limits)
        if found != "docx":
            raise Refusal(_OTHER.format(found))
        return found
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # the older container of Office, which also holds encrypted new files
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refusal("is encrypted; remove its password and add it again")
        raise Refusal("is an Office file of before 2007; save it as DOCX")
    for magic, kind in _MAGIC.items():
        if kind and data.startswith(magic):
            raise Refusal(_OTHER.format(kind))
    sample = data[:65_536]
    controls = sum(map(sample.count, [bytes([code]) for code in (*range(7), *range(14, 27), *range(28, 32))]))
    if controls > len(sample) * 0.05 + 4 and not data.startswith(tuple(_MARKS)):
        raise Refusal(f"holds binary data that is of no kind read here; choose {READS}")
    return "text"


def decode(data: bytes) -> str:
    """By its mark, else UTF-8, else what a page of HTML declares, at last Latin-1 as browsers mean it."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    declared = re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,40})", data[:4096], re.IGNORECASE)
    for encoding in ("utf-8", declared[1].decode() if declared else "utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return data.decode(encoding)
    return data.decode("latin-1")


_PAGE = re.compile(
    r"(?:\s|<\?xml[^>]*>|<!--.{0,2000}?-->)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_TAGS = r"(?:p|div|h[1-6]|table|article|section|main|ul|ol|script|style|title|meta|link|span|a|b|i|br)"
_PIECE = re.compile(rf"\s*(?:<!--|<{_TAGS}\b[^<>]*>)", re.IGNORECASE)


def text_kind(text: str, name: str) -> str:
    """html, markdown or text. Only where the content could be either does the name's ending decide."""
    ending = os.path.splitext(name)[1].lower()
    marked = ending in (".md", ".markdown", ".mkd")
    if _PAGE.match(text[:10_000]):
        return "html"
    if ending in (".html", ".htm", ".xhtml") and re.search(rf"<{_TAGS}\b[^<>]*>", text[:100_000], re.IGNORECASE):
        return "html"
    if not marked and _PIECE.match(text[:10_000]) and re.search(rf"</{_TAGS}>", text[:100_000], re.IGNORECASE):
        return "html"
    if marked or re.search(r"(?:\A|\n[ \t]*\r?\n)#{1,6} [^\n]+\n[ \t]*\r?\n", text[:100_000]):
        return "markdown"
    return "text"


def extract(data: bytes, name: str, limits: Limits, report: Report) -> dict[str, Any]:
    """kind, text, pages, headings and remarks of a file's bytes. Raises Refusal."""
    if len(data) > limits.bytes:
        raise Refusal(
            f"is larger than {limits.bytes:,} bytes, which is the limit; split it or save it without pictures"
        )
    report("opening", 0, 0)
    if not data.strip(b" \t\r\n\0"):
        raise Refusal("is empty; choose a file with text in it")
    try:
        kind = kind_of(data, limits)
        if kind == "text":
            text = decode(data)
            kind = text_kind(text, name)
            meant = {".pdf": "PDF", ".docx": "Word file"}.get(os.path.splitext(name)[1].lower())
            if kind == "text" and meant:
                raise Refusal(f"is named as a {meant} and is none; save it again, or name it .txt if it is plain text")
            found = (
                html_text(text, limits, report) if kind == "html" else plain(text, limits, markdown=kind == "markdown")
            )
        else:
            found = {"pdf": pdf, "docx": docx}[kind](data, limits, report)
    except (Refusal, MemoryError):
        raise
    except Exception as error:
        if type(error).__module__.startswith("lxml") and getattr(error, "code", 0) == 2:  # XML_ERR_NO_MEMORY
            raise MemoryError from error
        raise Refusal(f"is damaged ({type(error).__name__}); save it again as {READS}") from error
    if not found["text"]:
        raise Refusal("holds no text that could be found; choose a file with text in it")
    return {"kind": kind, "pages": [], "remarks": []} | found | {"sha256": hashlib.sha256(data).hexdigest()}


def confine(limits: Limits) -> None:
    """Limits of this process on memory and processor time, where the system has them."""
    try:
        import resource
    except ImportError:  # Windows: the time limit of the other side remains
        return
    for what, most in ((resource.RLIMIT_AS, limits.memory), (resource.RLIMIT_CPU, limits.seconds)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(order: dict[str, Any], source: BinaryIO, out: BinaryIO) -> None:
    """Read one file as ordered and say what was found."""
    limits = Limits(**order["limits"])
    confine(limits)
    said = 0.0

    def say(line: dict[str, Any]) -> None:
        out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        out.flush()

    def report(stage: str, done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= EVERY:
            said = time.monotonic()
            say({"stage": stage, "done": done, "total": total})

    try:
        say({"found": extract(source.read(limits.bytes + 1), order["name"], limits, report)})
    except Refusal as refusal:
        say({"refused": str(refusal)})
    except (MemoryError, RecursionError):
        say({"refused": f"needs more than {limits.memory // 2**20:,} MB of memory, which is the limit; split it"})


def start() -> None:
    """The whole process."""
    private = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand among the lines
    main(json.loads(sys.argv[-1]), sys.stdin.buffer, private)
