"""A person at a browser of his own, and what his browser complained about."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    expect,
)

from tests.browser.site import Lecture

# Says what the content security policy has blocked, from before the page's first script on.
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
# Files come by drag and drop, or from the clipboard, as if the person had brought them.
HAND_OVER = """([kind, content, name, type]) => {
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  const parcel = new DataTransfer();
  parcel.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true };
  if (kind === "paste") {
    document.body.dispatchEvent(
      new ClipboardEvent("paste", { ...options, clipboardData: parcel }));
  } else {
    document.body.dispatchEvent(new DragEvent(kind, { ...options, dataTransfer: parcel }));
  }
}"""


def file_of(name: str, content: bytes) -> FilePayload:
    """A JPEG as a file chooser takes it."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


@dataclass
class Visitor:
    """context, page: his own. allowed: patterns of complaints that the test provokes."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen from the start."""
        self.context.add_init_script(WATCH_POLICY)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def unexpected(self) -> list[str]:
        """The complaints that no test has provoked."""
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self.allowed)
        ]

    def join(self, lecture: Lecture, name: str) -> None:
        """Join by the link and arrive at the gallery."""
        self.page.goto(lecture.join_url)
        self.page.locator("#name").fill(name)
        self.page.locator("form[action^='/join/'] button").click()
        self.page.wait_for_url(lecture.gallery_url)
        self.wait_until_live()

    def wait_until_live(self) -> None:
        """Return when the page has loaded and hears the feed."""
        expect(self.page.locator("#connection")).to_have_attribute("data-state", "live")

    def choose(self, content: bytes, name: str = "board.jpg") -> None:
        """Choose a file by the large button."""
        self.choose_all({name: content})

    def choose_all(self, contents: Mapping[str, bytes]) -> None:
        """Choose several files at once; contents: by name."""
        self.page.locator("#send input[multiple]").set_input_files(
            [file_of(name, content) for name, content in contents.items()]
        )

    def drag(self, kind: str, content: bytes, name: str = "board.jpg") -> None:
        """A "dragover" or "drop" of a file, or a "paste"."""
        mime = "image/png" if name.endswith(".png") else "image/jpeg"
        self.page.evaluate(HAND_OVER, [kind, base64.b64encode(content).decode(), name, mime])

    def card(self, number: int) -> Locator:
        """The card of a board in the gallery."""
        return self.page.locator(f"[data-board][data-number='{number}']")

    def place(self, number: int) -> dict[str, float]:
        """Where a board's card is and how large, in pixels; read at one moment."""
        found: dict[str, float] = self.page.evaluate(
            "(number) => document.querySelector(`[data-number='${number}']`)"
            ".getBoundingClientRect().toJSON()",
            number,
        )
        return found

    def line(self, name: str) -> Locator:
        """The line of a file in the list of what is being sent."""
        return self.page.locator("[data-line]").filter(has_text=name)
