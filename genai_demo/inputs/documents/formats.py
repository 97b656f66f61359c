"""Text out of each format, in the process of extract.py. Every function reports its progress and may raise Refusal.

Left out of a DOCX: headers, footers, footnotes, comments. Pictures are not read: no OCR.
"""

from __future__ import annotations

import contextlib
import html.parser
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from genai_demo.inputs.documents.cleaned import Head, Limits, Parts, Refusal, Report, clean, title

_COMPOUND = re.compile(r"(?<![^\W\d_])([^\W\d_]++)[-‐](?=([^\W\d_]+))")  # a word is begun once: linear in its length
_BROKEN = re.compile(r"(?<![^\W\d_])([^\W\d_]++)[-‐]\n([^\W\d_]+)")


def unhyphenated(pages: list[str]) -> list[str]:
    """Words that a line end broke, whole again; a compound written with its hyphen elsewhere keeps it."""
    compounds = {f"{first}-{second}".lower() for page in pages for first, second in _COMPOUND.findall(page)}

    def joined(match: re.Match[str]) -> str:
        first, second = match.groups()
        if not second[0].islower():
            return match[0]
        kept = "-" if f"{first}-{second}".lower() in compounds else ""
        return f"{first}{kept}{second}"

    return [_BROKEN.sub(joined, page) for page in pages]


def pdf(data: bytes, limits: Limits, report: Report) -> dict[str, Any]:
    """Text of every page, where each begins, and the outline as headings."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refusal("is encrypted; remove its password and add it again")
    count = len(reader.pages)
    if not 0 < count <= limits.pages:
        raise Refusal(f"has {count:,} pages; choose a PDF of 1 to {limits.pages:,} pages")
    raw, unread, length = [], [], 0
    for number, page in enumerate(reader.pages):
        report("reading", number, count)
        try:
            raw.append(clean(page.extract_text()))
        except MemoryError:
            raise
        except Exception:  # one damaged page costs that page
            raw.append("")
            unread.append(number + 1)
        length += len(raw[-1])
        if length > limits.characters:
            break  # Parts.add refuses below
    if len(unread) == count:
        raise Refusal("is damaged: none of its pages could be read; save it as a PDF again")
    report("cleaning", count, count)
    parts = Parts(limits.characters)
    starts = [parts.add(page) for page in unhyphenated(raw)]
    if not parts.length:
        seen = f"has {count:,} page{'s' * (count > 1)} and no text could be found"
        raise Refusal(
            f"{seen}: it seems to be a scan, and pictures are not read (no OCR); choose a PDF with a text layer"
        )
    text = parts.text()
    some = f"{len(unread):,} page{'s' * (len(unread) > 1)} could not be read"
    remarks = [f"{some}, the first is page {unread[0]}"] if unread else []
    return {"text": text, "pages": starts, "headings": _outline(reader, text, starts), "remarks": remarks}


def _outline(reader: Any, text: str, starts: list[int]) -> list[Head]:
    """The outline's titles at the words on their page, or where the page begins. A damaged outline is no outline."""
    found: list[Head] = []

    def walk(entries: Iterable[Any], depth: int) -> None:
        for entry in itertools.islice(entries, 5_000):
            if isinstance(entry, list):
                if depth < 20:
                    walk(entry, depth + 1)
                continue
            words = title(clean(str(entry.title or "")))
            number = reader.get_destination_page_number(entry)
            if words and number is not None and 0 <= number < len(starts) and starts[number] < len(text):
                end = starts[number + 1] if number + 1 < len(starts) else len(text)
                at = text.find(words, starts[number], end)
                found.append((at if at >= 0 else starts[number], words))

    with contextlib.suppress(Exception):
        walk(reader.outline, 0)
    return sorted(found[:5_000], key=lambda head: head[0])


def docx(data: bytes, limits: Limits, report: Report) -> dict[str, Any]:
    """Text of the body: paragraphs, a table's row on one line, content of boxes and controls, insertions."""
    import docx as word
    from docx.oxml.ns import qn

    report("opening", 0, 0)
    document = word.Document(io.BytesIO(data))
    names = {str(style.style_id): str(style.name).lower() for style in document.styles}
    heads = {key for key, name in names.items() if name == "title" or re.match(r"heading \d", name)}
    body = document.element.body
    paragraphs = list(body.iter(qn("w:p")))
    parts, row = Parts(limits.characters), None
    for number, paragraph in enumerate(paragraphs):
        report("reading", number, len(paragraphs))
        if _within(paragraph, "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"):
            continue  # an older drawing of a box that was read already
        text = clean(_words(paragraph, qn))
        parent = paragraph.getparent()
        above = parent.getparent() if parent.tag == qn("w:tc") else None
        gap = "\n\n" if above is None or row is None else " | " if above is row else "\n"
        if text:
            style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
            heading = style is not None and style.get(qn("w:val")) in heads
            parts.add(text.replace("\n", " ") if above is not None else text, heading=heading, gap=gap)
            row = above
    return {"text": parts.text(), "headings": parts.headings}


def _within(element: Any, tag: str) -> bool:
    return next(element.iterancestors(tag), None) is not None


def _words(paragraph: Any, qn: Callable[[str], str]) -> str:
    """The paragraph's own text; that of boxes anchored in it is theirs."""
    signs = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
    found = []
    for node in paragraph.iter(qn("w:t"), *signs):
        if next(node.iterancestors(qn("w:p"))) is paragraph and node.getparent().tag == qn("w:r"):
            found.append(signs.get(node.tag) or node.text or "")
    return "".join(found)


class Html(html.parser.HTMLParser):
    """What a reader of the page would see as text; no tree is built, so depth costs nothing."""

    HEADS = frozenset({"title", "h1", "h2", "h3", "h4", "h5", "h6"})
    BLOCKS = HEADS | set(
        re.findall(
            r"\w+",
            "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption "
            "figure footer form head header hr html legend li main nav ol option p pre section select summary table "
            "tbody textarea tfoot thead tr ul",
        )
    )
    DROPPED = frozenset({"script", "style", "template"})

    def __init__(self, parts: Parts) -> None:
        super().__init__(convert_charrefs=True)
        self.out, self.line = parts, list[str]()
        self.dropped, self.pre, self.head = "", 0, ""
        self.block = self.above = ""  # the element of this part and of the one before

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.dropped:
            return
        if tag in self.BLOCKS:
            self.flush()
            self.head, self.block = tag if tag in self.HEADS else "", tag
            self.pre = min(self.pre + (tag == "pre"), 1)
            self.line += ["- "] if tag == "li" else []
        elif tag == "br":
            self.line.append("\n")
        elif tag in ("td", "th") and "".join(self.line).strip():
            self.line.append(" | ")
        elif tag in self.DROPPED:
            self.dropped = tag

    def handle_endtag(self, tag: str) -> None:
        if self.dropped:
            self.dropped = "" if tag == self.dropped else self.dropped
        elif tag in self.BLOCKS:
            self.flush()
            self.head = "" if tag in self.HEADS else self.head
            self.pre = 0 if tag == "pre" else self.pre

    def handle_data(self, data: str) -> None:
        if not self.dropped:
            self.line.append(data if self.pre else re.sub(r"\s+", " ", data))

    def flush(self) -> None:
        """The block that ends here, as a part."""
        if not self.line:
            return
        text = clean("".join(self.line))
        self.line.clear()
        if text != "-":
            gap = "\n" if self.block == self.above and self.block in ("li", "tr") else "\n\n"
            self.out.add(text.replace("\n", " ") if self.head else text, heading=bool(self.head), gap=gap)
            self.above = self.block


def html_text(text: str, limits: Limits, report: Report) -> dict[str, Any]:
    """Text of a page of HTML; scripts, styles and comments are dropped, what is hidden by style is shown."""
    parts = Parts(limits.characters)
    parser = Html(parts)
    step = 1 << 20  # an unclosed script is scanned again at each step, so few steps
    for start in range(0, len(text), step):
        report("reading", start, len(text))
        parser.feed(text[start : start + step])
    parser.close()
    parser.flush()
    return {"text": parts.text(), "headings": parts.headings}


def plain(text: str, limits: Limits, *, markdown: bool) -> dict[str, Any]:
    """The text as it stands, cleaned; headings where it is Markdown."""
    parts = Parts(limits.characters)
    parts.add(clean(text, indented=True))
    return {"text": parts.text(), "headings": list(markdown_headings(parts.text())) if markdown else []}


_ATX = re.compile(r" {0,3}#{1,6} +(.*?)(?: +#+)? *$")


_FRONT = re.compile(r"---\n[\w-]+:.*\n(?:.*\n){0,200}?---\n")


def markdown_headings(text: str) -> Iterator[Head]:
    """Headings of Markdown, `# so` or underlined, not in fenced code or front matter; the offset is the line's."""
    front = _FRONT.match(text)
    at, fence, last = front.end() if front else 0, "", ""
    for line in text[at:].split("\n"):
        mark = re.match(r" {0,3}(```+|~~~+)", line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence:
            if (found := _ATX.match(line)) and found[1]:
                yield at, title(found[1])
            elif re.fullmatch(r"=+|-{3,}", line) and re.match(r" *[^-#|>\s]", last):
                yield at - len(last) - 1, title(last)
        at, last = at + len(line) + 1, line
