"""README and docs/: short, what they name is there, and the Russian page says the same."""

import re

import pytest

from common.cli import ROOT

SCRIPT = re.compile(r"\b(?:[a-z_]+/)+[a-z_0-9]+\.(?:py|sh|npz)\b")
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)]*)?\)")
PAGES = [
    "README.md",
    "README.ru.md",
    *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
]
# What a command writes, and a reader's own files.
WRITTEN = re.compile(r"^(data|runs|out|DIR)/")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def decimals(text):
    return re.findall(r"\d+\.\d+", text)


@pytest.mark.parametrize("name", [*PAGES, "Makefile"])
def test_every_file_named_is_there(name):
    named = {path for path in SCRIPT.findall(read(name)) if not WRITTEN.match(path)}
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(name):
    for target, heading in LINK.findall(read(name)):
        if target.startswith("http"):
            continue
        page = (ROOT / name).parent / target if target else ROOT / name
        assert page.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading[1:] in {title.lower().replace(" ", "-") for title in titles}


def test_the_readme_is_read_in_minutes():
    assert len(read("README.md").split()) <= 1200
    assert len(decimals(read("README.md"))) <= 40


def test_every_target_named_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for name in PAGES:
        named = set(re.findall(r"(?:`|^ *)make ([a-z-]+)", read(name), re.MULTILINE))
        assert named <= targets, name


def test_the_russian_page_is_in_step():
    english, russian = read("README.md"), read("README.ru.md")

    def heads(text):
        return re.findall(r"^(#+) ", text, re.MULTILINE)

    def numbers(text):
        return sorted(re.findall(r"\d+(?:\.\d+)?", text.replace("Н", "")))

    def links(text):
        return [target for target, _ in LINK.findall(text) if not target.startswith("README")]

    def commands(text):
        return [
            line.split("#")[0].strip() for line in re.findall(r"^(?:make|python) .*$", text, re.M)
        ]

    assert heads(english) == heads(russian)
    assert numbers(english) == numbers(russian)
    assert links(english) == links(russian)
    assert commands(english) == commands(russian)
    assert english.count("| ") == russian.count("| ")


def test_the_deviations_of_the_readme_are_those_of_the_page():
    page = read("docs/deviations.md")
    first, second = page.split("## Open questions")
    for section, heading in ((first, "## Deviations"), (second, "## Open questions")):
        count = len(re.findall(r"^\d+\. \*\*", section, re.MULTILINE))
        part = read("README.md").split(heading)[1].split("\n## ")[0]
        assert [int(k) for k in re.findall(r"\((\d+)\) ", part)] == list(range(1, count + 1))
