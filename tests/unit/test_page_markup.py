"""What no template may have, because the pages' content security policy forbids it."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
INLINE = re.compile(r"\sstyle=|\son[a-z]+=|javascript:|<style|<script>", re.IGNORECASE)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_has_no_style_or_script_in_its_markup(path: Path) -> None:
    assert INLINE.findall(path.read_text(encoding="utf-8")) == []
