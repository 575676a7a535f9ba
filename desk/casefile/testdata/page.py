"""Reads an exported page strictly: every tag is closed in its order, nothing
points out of the file, and no program is in it. Prints what it found.
"""

import json
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link", "col"}
# SVG writes what has no content with a slash.
POINTING = {"href", "src", "srcset", "action", "data", "poster", "xlink:href", "formaction", "background", "ping"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.wrong, self.tags, self.text = [], [], {}, []
        self.ids = set()

    def take(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for name, value in attrs:
            if name == "id":
                if value in self.ids:
                    self.wrong.append(f"id {value} comes twice")
                self.ids.add(value)
            if name in POINTING:
                self.wrong.append(f"{tag} has {name}={value}")
            if name.startswith("on"):
                self.wrong.append(f"{tag} has {name}")
            if value and re.search(r"url\(|https?:|//", value):
                self.wrong.append(f"{tag} {name} points to {value}")

    def handle_starttag(self, tag, attrs):
        self.take(tag, attrs)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.take(tag, attrs)

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(f"</{tag}> closes another tag, line {self.getpos()[0]}")

    def handle_data(self, data):
        self.text.append(data)


with open(sys.argv[1], encoding="utf-8") as f:
    source = f.read()
page = Page()
page.feed(source)
page.close()
if page.stack:
    page.wrong.append(f"not closed: {page.stack}")
for tag in ("script", "iframe", "object", "embed", "link", "img"):
    if tag in page.tags:
        page.wrong.append(f"a {tag} is in it")
if re.search(r"@import|https?://", source):
    page.wrong.append("it names an address of the net")
print(json.dumps({"wrong": page.wrong, "tags": page.tags, "text": " ".join(" ".join(page.text).split())}))
