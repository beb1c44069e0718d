from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from bot.locale import Reader
from bot.message import BlockJson, Message, Picture
from bot.slack.preview import (
    Conversation,
    Unshown,
    markdown,
    mrkdwn,
    to_html,
    to_terminal,
    view_html,
)
from bot.slack.preview.html.prose import prose

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en_GB", ATHENS)
NINE = datetime(2026, 11, 19, 9, 0, tzinfo=ATHENS)
PICTURE = Picture("FPICTURE01", b"\x89PNG of a chart", "First response on Thursdays: 2 h 10")


def plain(text: str) -> BlockJson:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> BlockJson:
    return {"type": "mrkdwn", "text": text}


def cell(text: str) -> BlockJson:
    return {"type": "raw_text", "text": text}


def option(text: str) -> BlockJson:
    return {"text": plain(text), "value": text}


def rich(*leaves: BlockJson) -> BlockJson:
    return {"type": "rich_text_section", "elements": list(leaves)}


def leaf(text: str, **style: bool) -> BlockJson:
    return {"type": "text", "text": text, "style": style}


#: One of each kind of block, and what a reader has to see of it.
BLOCKS: list[tuple[BlockJson, list[str]]] = [
    ({"type": "header", "text": plain("Support · Thursday")}, ["Support · Thursday"]),
    (
        {
            "type": "section",
            "text": marked("*First response* 2 h 10"),
            "accessory": {"type": "button", "text": plain("Tickets"), "action_id": "t"},
        },
        ["First response 2 h 10", "Tickets"],
    ),
    ({"type": "section", "fields": [marked("*Open*\n61"), plain("Oldest")]}, ["Open", "Oldest"]),
    (
        {
            "type": "context",
            "elements": [
                {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a bell"},
                marked("data until 06:58"),
            ],
        },
        ["a bell", "data until 06:58"],
    ),
    ({"type": "divider"}, []),
    (
        {
            "type": "actions",
            "elements": [
                {"type": "button", "text": plain("Acknowledge"), "style": "primary"},
                {"type": "button", "text": plain("Open"), "url": "https://example.org/7"},
                {
                    "type": "static_select",
                    "placeholder": plain("Snooze"),
                    "options": [option("1 hour")],
                },
                {"type": "overflow", "options": [option("Pause")]},
            ],
        },
        ["Acknowledge", "Open", "Snooze", "⋯"],
    ),
    (
        {"type": "image", "slack_file": {"id": "FPICTURE01"}, "alt_text": "a rise to 2 h 10"},
        ["a rise to 2 h 10"],
    ),
    (
        {
            "type": "image",
            "title": plain("The week"),
            "image_url": "https://example.org/a.png",
            "alt_text": "seven days",
        },
        ["The week", "seven days"],
    ),
    (
        {
            "type": "table",
            "rows": [
                [cell("Group"), cell("n")],
                [
                    {"type": "rich_text", "elements": [rich(leaf("Billing", bold=True))]},
                    {"type": "raw_number", "value": 58, "text": "58"},
                ],
            ],
            "column_settings": [None, {"align": "right"}],
        },
        ["Group", "n", "Billing", "58"],
    ),
    (
        {
            "type": "data_table",
            "caption": "By channel",
            "rows": [
                [cell("Channel"), cell("n")],
                [cell("Email"), {"type": "raw_number", "value": 412}],
            ],
        },
        ["By channel", "Channel", "Email", "412"],
    ),
    (
        {
            "type": "data_visualization",
            "title": "New tickets",
            "chart": {
                "type": "bar",
                "series": [{"name": "new", "data": [{"label": "Mon", "value": 142}]}],
                "axis_config": {"categories": ["Mon"]},
            },
        },
        ["New tickets", "new", "Mon", "142"],
    ),
    (
        {
            "type": "data_visualization",
            "title": "Channels",
            "chart": {"type": "pie", "segments": [{"label": "Email", "value": 3}]},
        },
        ["Channels", "Email", "3"],
    ),
    (
        {
            "type": "data_visualization",
            "title": "First response",
            "chart": {
                "type": "line",
                "series": [
                    {
                        "name": name,
                        "data": [
                            {"label": "12 Nov", "value": 1},
                            {"label": "19 Nov", "value": end},
                        ],
                    }
                    for name, end in (("median", 2.2), ("goal", 1))
                ],
                "axis_config": {"categories": ["12 Nov", "19 Nov"], "y_label": "hours"},
            },
        },
        ["First response (hours)", "median", "goal", "12 Nov", "19 Nov"],
    ),
    (
        {
            "type": "rich_text",
            "elements": [
                rich(
                    leaf("Done: "),
                    {"type": "emoji", "name": "tada"},
                    leaf(" by "),
                    {"type": "user", "user_id": "U1"},
                    leaf(" in "),
                    {"type": "channel", "channel_id": "C1"},
                ),
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "offset": 2,
                    "elements": [rich(leaf("third"))],
                },
                {"type": "rich_text_quote", "elements": [leaf("said")]},
                {"type": "rich_text_preformatted", "elements": [leaf("x = 1")]},
            ],
        },
        ["Done: 🎉 by @U1 in #C1", "third", "said", "x = 1"],
    ),
    ({"type": "markdown", "text": "## Week 47\n- **speed** is fine"}, ["Week 47", "speed is fine"]),
    (
        {
            "type": "input",
            "label": plain("Why?"),
            "hint": plain("A sentence will do."),
            "optional": True,
            "element": {"type": "plain_text_input", "placeholder": plain("Because")},
        },
        ["Why?", "(optional)", "A sentence will do.", "Because"],
    ),
    ({"type": "alert", "text": plain("No such zone"), "level": "error"}, ["No such zone"]),
]

NUMBERS: BlockJson = {
    "type": "table",
    "rows": [
        [cell(text) for text in row]
        for row in [
            ["", "Thu 19", "usual", "goal"],
            ["New tickets", "142", "120 – 150", "\u00a0"],
            ["First response", "2 h 10", "35 – 70 min", "1 h ✗"],
            ["پشتیبانی فنی", "94 % (31)", "90 – 97 %", "92 % ✓"],
        ]
    ],
    "column_settings": [{"is_wrapped": True}, *[{"align": "right"}] * 3],
}


def message(*blocks: BlockJson, thread: tuple[Message, ...] = ()) -> Message:
    return Message("the fallback", blocks, [PICTURE], thread)


def posted(shown: Message, *, channel: str = "#support", note: str | None = None) -> Conversation:
    return Conversation(channel, NINE, shown, note)


def page_of(*blocks: BlockJson) -> str:
    return to_html([posted(message(*blocks))], title="A preview", reader=READER)


def lines_of(
    *shown: Message, width: int = 80, terminal: bool = False, reader: Reader = READER
) -> list[str]:
    file = StringIO()
    console = Console(
        file=file, width=width, force_terminal=terminal, color_system=None, legacy_windows=False
    )
    to_terminal([posted(each) for each in shown], console, reader)
    return file.getvalue().splitlines()


@dataclass
class Page(HTMLParser):
    """What a browser makes of a page: its elements, and the text that a reader sees."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    hidden: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.hidden = tag if tag in ("style", "title", "script") else self.hidden
        self.seen.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = "" if tag == self.hidden else self.hidden

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.seen.append(data)

    @property
    def text(self) -> str:
        return "".join(self.seen)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page


@pytest.mark.parametrize(("block", "seen"), BLOCKS)
def test_every_kind_of_block_is_shown_on_a_page(block: BlockJson, seen: list[str]) -> None:
    page = read(page_of(block))
    for text in seen:
        assert text in page.text


@pytest.mark.parametrize(("block", "seen"), BLOCKS)
@pytest.mark.parametrize("terminal", [True, False])
def test_every_kind_of_block_is_shown_in_a_terminal(
    block: BlockJson, seen: list[str], *, terminal: bool
) -> None:
    shown = "\n".join(lines_of(message(block), terminal=terminal))
    for text in seen:
        assert text in shown


@pytest.mark.parametrize(
    "block",
    [
        {"type": "bogus"},
        {"type": "actions", "elements": [{"type": "bogus"}]},
        {"type": "table", "rows": [[{"type": "bogus"}]]},
        {"type": "rich_text", "elements": [{"type": "bogus"}]},
        {"type": "rich_text", "elements": [rich({"type": "bogus"})]},
    ],
)
def test_what_the_preview_does_not_know_is_an_error_and_never_nothing(block: BlockJson) -> None:
    with pytest.raises(Unshown, match="'bogus'"):
        page_of(block)
    with pytest.raises(Unshown, match="'bogus'"):
        lines_of(message(block))


def test_a_picture_that_the_message_lacks_is_an_error() -> None:
    block = {"type": "image", "slack_file": {"id": "FOTHER0001"}, "alt_text": "?"}
    with pytest.raises(Unshown, match="'FOTHER0001'"):
        page_of(block)
    with pytest.raises(Unshown, match="'FOTHER0001'"):
        lines_of(message(block))


def test_a_picture_travels_within_the_page() -> None:
    block = {"type": "image", "slack_file": {"id": PICTURE.key}, "alt_text": " "}
    [image] = read(page_of(block)).all("img")
    data = (image["src"] or "").removeprefix("data:image/png;base64,")
    assert base64.b64decode(data) == PICTURE.png
    assert image["alt"] == PICTURE.alt


def test_a_page_asks_nobody_for_anything_and_runs_nothing() -> None:
    html = page_of(*(block for block, _ in BLOCKS))
    page = read(html)
    [policy] = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert not page.all("script")
    assert not page.all("link")
    assert all((image["src"] or "").startswith("data:") for image in page.all("img"))
    assert "url(" not in html
    assert "@import" not in html


def test_a_message_without_blocks_shows_its_text() -> None:
    page = read(to_html([posted(Message("*Backlog* 61 :tada:"))], title="A preview", reader=READER))
    assert "Backlog 61 🎉" in page.text
    assert any("Backlog 61 🎉" in line for line in lines_of(Message("*Backlog* 61 :tada:")))


def test_messages_stand_in_their_channel_below_their_day() -> None:
    evening = NINE.replace(hour=17) - timedelta(days=1)
    page = read(
        to_html(
            [
                Conversation("#support", evening, Message("one")),
                Conversation("#support", NINE, Message("two"), "On working days at 9:00."),
                Conversation("#billing", NINE, Message("three")),
            ],
            title="A preview",
            reader=READER,
        )
    )
    order = ["#support", "Wednesday 18 November", "17:00", "one", "Thursday 19 November"]
    order += ["On working days at 9:00.", "09:00", "two", "#billing", "09:00", "three"]
    assert re.search(".*".join(map(re.escape, order)), page.text, re.DOTALL)
    assert page.text.count("#support") == 1


def test_a_thread_is_told_as_replies_below_its_message() -> None:
    shown = message(BLOCKS[0][0], thread=(Message("by group"), Message("by channel")))
    page = read(to_html([posted(shown)], title="A preview", reader=READER))
    assert re.search("Support.*2 replies.*by group.*by channel", page.text, re.DOTALL)
    assert {"class": "thread"} in page.all("details")
    lines = lines_of(shown)
    assert "  2 replies" in lines
    assert "    by group" in lines


def test_a_reply_has_no_thread_of_its_own() -> None:
    shown = Message("one", thread=[Message("two", thread=[Message("three")])])
    with pytest.raises(Unshown, match="no thread of its own"):
        to_html([posted(shown)], title="A preview", reader=READER)
    with pytest.raises(Unshown, match="no thread of its own"):
        lines_of(shown)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="carries its zone"):
        Conversation("#support", NINE.replace(tzinfo=None), Message("one"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _italic_ ~struck~", "<b>bold</b> <i>italic</i> <s>struck</s>"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("a*b*c 2*3*4 snake_case_name", "a*b*c 2*3*4 snake_case_name"),
        ("* not bold * and *not\nbold*", '* not bold * and *not</p><p dir="auto">bold*'),
        ("(*bold*), “*bold*”", "(<b>bold</b>), “<b>bold</b>”"),
        ("`a *b* <c>`", "<code>a *b* &lt;c&gt;</code>"),
        ("a &lt;b&gt; &amp; c &amp;lt;", "a &lt;b&gt; &amp; c &amp;lt;"),
        ("<b>no</b> & <script>", "&lt;b&gt;no&lt;/b&gt; &amp; &lt;script&gt;"),
        ("<javascript:alert(1)|here>", "&lt;javascript:alert(1)|here&gt;"),
        ("<@U12AB> <#C1|support> <!here>", "@U12AB #support @here"),
        ("<!subteam^S1|@agents> <!subteam^S1>", "@agents @S1"),
        (":red_circle: :no_such_emoji: 06:58:12", "🔴 :no_such_emoji: 06:58:12"),
        ("<!date^1795071600^{date_short} at {time}|then>", "19 Nov 2026 at 09:00"),
        ("<!date^1795071600^{ago}|on Thursday>", "on Thursday"),
        ("<!date^soon^{time}|on Thursday>", "on Thursday"),
    ],
)
def test_mrkdwn_is_read_as_slack_reads_it(text: str, html: str) -> None:
    shown = prose(mrkdwn.paragraphs(text, READER))
    without_mentions = re.sub(r"</?bdi[^>]*>", "", shown)
    assert without_mentions == f'<p dir="auto">{html}</p>'


def test_links_lead_where_they_say() -> None:
    shown = "<https://example.org/a_b_c?x=1&amp;y=*2*|the *page*> <mailto:a@example.org>"
    page = read(prose(mrkdwn.paragraphs(shown, READER)))
    assert [link["href"] for link in page.all("a")] == [
        "https://example.org/a_b_c?x=1&y=*2*",
        "mailto:a@example.org",
    ]
    assert page.text == "the *page* mailto:a@example.org"


def test_quotes_and_code_are_blocks_of_their_own() -> None:
    text = "Before\n> one\n&gt; *two*\n```\nx *=* 1\n  y\n```\nafter"
    assert prose(mrkdwn.paragraphs(text, READER)) == (
        '<p dir="auto">Before</p>'
        '<blockquote><p dir="auto">one</p><p dir="auto"><b>two</b></p></blockquote>'
        "<pre><code>x *=* 1\n  y</code></pre>"
        '<p dir="auto">after</p>'
    )


def test_three_signs_quote_all_that_follows() -> None:
    assert prose(mrkdwn.paragraphs("Tomorrow:\n>>> *142* new\n> and\nmore", READER)) == (
        '<p dir="auto">Tomorrow:</p><blockquote><p dir="auto"><b>142</b> new</p>'
        '<p dir="auto">&gt; and</p><p dir="auto">more</p></blockquote>'
    )


def test_markdown_is_read_as_slack_reads_it() -> None:
    text = (
        "# Head #\n**bold** and *soft*, ~~no~~ [a **page**](https://example.org)\n"
        "- one\n  - within\n3. three\n> said\n---\n```py\nx = 1\n```\n[x](javascript:alert) a_b_c"
    )
    shown = re.sub(' (dir|rel|target|class)="[^"]*"', "", prose(markdown.paragraphs(text)))
    assert shown == (
        "<h4>Head</h4>"
        '<p><b>bold</b> and <i>soft</i>, <s>no</s> <a href="https://example.org">a </a>'
        '<a href="https://example.org"><b>page</b></a></p>'
        '<ul><li>one</li></ul><ul><li>within</li></ul><ol start="3"><li>three</li></ol>'
        "<blockquote><p>said</p></blockquote><hr>"
        "<pre><code>x = 1</code></pre><p>x a_b_c</p>"
    )


def filled(value: Any, text: str) -> Any:
    """The same block with that text wherever a text stands."""
    if isinstance(value, list):
        return [text if isinstance(each, str) else filled(each, text) for each in value]
    if isinstance(value, dict):
        texts = ("text", "alt_text", "caption", "title", "name", "url", "label")
        return {
            key: text if key in texts and isinstance(each, str) else filled(each, text)
            for key, each in value.items()
        }
    return value


ATTRIBUTES = {
    *(
        "aria-hidden",
        "aria-label",
        "alt",
        "charset",
        "checked",
        "class",
        "content",
        "d",
        "datetime",
    ),
    *(
        "dir",
        "disabled",
        "fill",
        "href",
        "http-equiv",
        "lang",
        "name",
        "rel",
        "role",
        "scope",
        "src",
    ),
    *("start", "stroke", "stroke-linecap", "stroke-linejoin", "stroke-width", "tabindex", "target"),
    *("cx", "cy", "dy", "height", "r", "stroke-dasharray", "text-anchor", "width"),
    *("x", "x1", "x2", "y", "y1", "y2"),
    *("type", "viewbox"),
}
HOSTILE = st.text() | st.lists(
    st.sampled_from(
        [
            *("<script>", "</style>", '"', "'", "&", "<", ">", "&lt;", "```", "`", "*", "_", "|"),
            *("<javascript:alert(1)|x>", '<https://a" onload="x>', "[x](javascript:x)", "\n"),
            *('<img src=x onerror="x">', "<!--", "]]>", "{", "}", "%", "\x1b[2J", "\u202e", ":x:"),
        ]
    )
).map("".join)


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(text=HOSTILE, block=st.sampled_from([block for block, _ in BLOCKS]))
def test_no_text_can_put_anything_into_the_page(text: str, block: BlockJson) -> None:
    shown = filled(block, text)
    html = to_html(
        [posted(message(shown), channel=f"#{text}", note=text)], title=text, reader=READER
    )
    page = read(html)
    harmless = {tag for tag, _ in read(page_of(*(block for block, _ in BLOCKS))).elements}
    harmless |= {"a", "b", "i", "s", "code", "pre", "p", "blockquote", "ul", "ol", "li", "h4", "hr"}
    assert {tag for tag, _ in page.elements} <= harmless
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    schemes = ("http://", "https://", "mailto:", "tel:", "slack://")
    assert all((a.get("href") or "https://").lower().startswith(schemes) for a in page.all("a"))
    assert html.count("</style>") == 1


def test_a_quotation_mark_does_not_end_an_attribute() -> None:
    text = 'https://a" onclick="x'
    link: BlockJson = {"type": "button", "text": plain("Open"), "url": text}
    page = read(
        page_of(
            {"type": "image", "slack_file": {"id": PICTURE.key}, "alt_text": text},
            {"type": "actions", "elements": [{**link, "accessibility_label": text}]},
            {"type": "section", "text": marked(f"<{text}>")},
        )
    )
    assert [image["alt"] for image in page.all("img")] == [text]
    assert [(link["href"], link.get("aria-label")) for link in page.all("a")] == [
        (text, text),
        (text, None),
    ]


@settings(max_examples=40, deadline=None)
@given(text=HOSTILE, block=st.sampled_from([block for block, _ in BLOCKS]))
def test_no_text_can_steer_the_terminal(text: str, block: BlockJson) -> None:
    shown = filled(block, text)
    file = StringIO()
    console = Console(file=file, width=80, color_system=None, force_terminal=True)
    to_terminal([posted(message(shown), channel=f"#{text}", note=text)], console, READER)
    # Of the escape sequences only those are left that rich makes of links.
    left = re.sub("\x1b\\]8;[^\x1b]*\x1b\\\\", "", file.getvalue())
    assert "\x1b" not in left
    assert "\x07" not in file.getvalue()


def test_a_table_on_a_page_puts_its_numbers_to_the_right() -> None:
    page = read(page_of(NUMBERS))
    assert [cell["class"] for cell in page.all("th")] == ["left wrapped", *["right"] * 3]
    assert [cell["class"] for cell in page.all("td")] == ["left wrapped", *["right"] * 3] * 3


@pytest.mark.parametrize("terminal", [True, False])
def test_a_table_in_a_terminal_keeps_its_numbers_in_line(*, terminal: bool) -> None:
    column = ("usual", "120 – 150", "35 – 70 min", "90 – 97 %")
    ends = [
        cell_len(line[: line.index(value) + len(value)])
        for line in lines_of(message(NUMBERS), terminal=terminal)
        for value in column
        if value in line
    ]
    assert len(ends) == len(column)
    assert len(set(ends)) == 1


@pytest.mark.parametrize("locale", ["en", "de", "fa", "ar_EG", "bn"])
@pytest.mark.parametrize("terminal", [True, False])
def test_a_column_stays_in_line_in_the_digits_of_any_script(locale: str, *, terminal: bool) -> None:
    reader = Reader(locale, ATHENS)
    column = [reader.number(1_204), reader.percent(0.034, decimals=1), reader.duration(7_800)]
    table: BlockJson = {
        "type": "table",
        "rows": [[cell("Group"), cell("n")], *([cell("Billing"), cell(text)] for text in column)],
        "column_settings": [{}, {"align": "right"}],
    }
    lines = lines_of(message(table), terminal=terminal, reader=reader)
    ends = [
        cell_len(line[: line.index(text) + len(text)])
        for text in column
        for line in lines
        if text in line
    ]
    assert len(ends) == len(column)
    assert len(set(ends)) == 1


@pytest.mark.parametrize(
    ("locale", "lang", "direction"),
    [
        ("en_GB", "en-GB", "ltr"),
        ("fa", "fa", "rtl"),
        ("ar_EG", "ar-EG", "rtl"),
        ("he", "he", "rtl"),
    ],
)
def test_a_page_says_its_language_and_where_its_lines_begin(
    locale: str, lang: str, direction: str
) -> None:
    shown = to_html([posted(message())], title="A preview", reader=Reader(locale, ATHENS))
    assert read(shown).all("html") == [{"lang": lang, "dir": direction}]
    home = view_html({"type": "home", "blocks": []}, title="Home", reader=Reader(locale, ATHENS))
    assert read(home).all("html") == [{"lang": lang, "dir": direction}]


def test_slacks_own_words_are_those_of_the_reader() -> None:
    shown = posted(message(NUMBERS, thread=(Message("by group"),)))
    page = read(to_html([shown], title="A preview", reader=Reader("fa", ATHENS)))
    assert "پنجشنبه ۱۹ نوامبر" in page.text
    assert "۹:۰۰" in page.text
    told = "\n".join(lines_of(shown.message, reader=Reader("ar_EG", ATHENS)))
    assert "الخميس، ١٩ نوفمبر" in told
    assert "٩:٠٠ ص" in told


def test_moments_are_told_in_the_zone_of_the_reader() -> None:
    tokyo = Reader("en_GB", ZoneInfo("Asia/Tokyo"))
    page = read(to_html([posted(Message("one"))], title="A preview", reader=tokyo))
    assert "16:00" in page.text
    assert page.all("time") == [{"datetime": "2026-11-19T09:00:00+02:00"}]


def test_a_table_that_is_too_wide_becomes_a_list_of_its_rows() -> None:
    lines = lines_of(message(NUMBERS), width=30)
    place = lines.index("  First response")
    assert lines[place + 1 : place + 4] == [
        "    Thu 19: 2 h 10",
        "    usual: 35 – 70 min",
        "    goal: 1 h ✗",
    ]


def test_heads_break_over_lines_before_a_table_becomes_a_list() -> None:
    table: BlockJson = {
        "type": "table",
        "rows": [[cell("Group"), cell("9 of 10 within")], [cell("Billing"), cell("2 h 10")]],
        "column_settings": [{}, {"align": "right"}],
    }
    assert [line.rstrip() for line in lines_of(message(table), width=18)[-5:]] == [
        "             9 of",
        "               10",
        "  Group    within",
        "  Billing  2 h 10",
        "",
    ]


def test_a_long_word_in_a_narrow_column_is_folded_and_not_cut() -> None:
    word = "Kraftfahrzeughaftpflicht"
    table: BlockJson = {
        "type": "table",
        "rows": [[cell("Group"), cell("Why")], [cell(word), cell("so many words in here " * 3)]],
    }
    shown = [line.strip().split("  ")[0] for line in lines_of(message(table), width=34)]
    assert word in "".join(shown)


def native_chart(
    kind: str, *values: list[float | None], names: tuple[str, ...] = ("new", "solved"), **axes: str
) -> BlockJson:
    """A chart of some days, of which each of `values` is a series; `None` leaves a gap."""
    days = [f"{day} Nov" for day in range(1, len(values[0]) + 1)]
    series = [
        {
            "name": name,
            "data": [
                {"label": day, "value": value}
                for day, value in zip(days, row, strict=True)
                if value is not None
            ],
        }
        for name, row in zip(names, values, strict=False)
    ]
    chart = {"type": kind, "series": series, "axis_config": {"categories": days, **axes}}
    return {"type": "data_visualization", "title": "Tickets", "chart": chart}


def drawn(block: BlockJson, tag: str, look: str) -> list[dict[str, str | None]]:
    return [found for found in read(page_of(block)).all(tag) if found.get("class") == look]


def test_bars_on_a_page_begin_at_zero_and_are_as_long_as_their_values() -> None:
    block = native_chart("bar", [50, 100, 0, -100, None])
    assert [(bar["x"], bar["width"]) for bar in drawn(block, "rect", "s0")[:-1]] == [
        ("50.00%", "25.00%"),
        ("50.00%", "50.00%"),
        ("50.00%", "1"),
        ("0.00%", "50.00%"),
    ]
    assert "–" in read(page_of(block)).text


def test_a_line_on_a_page_has_a_dot_for_each_value_and_a_gap_for_none() -> None:
    block = native_chart("line", [0, 100, None, 50, 100], [70, 70, 70, 70, 70])
    dots = drawn(block, "circle", "s0")
    assert [dot["cx"] for dot in dots] == ["3.00%", "26.50%", "73.50%", "97.00%"]
    first, second = dots[:2]
    assert float((first["cy"] or "").rstrip("%")) > float((second["cy"] or "").rstrip("%"))
    *lines, in_legend = drawn(block, "line", "line s0")
    assert len(lines) == 2
    assert len(drawn(block, "line", "line s1")) == 4 + 1
    assert "stroke-dasharray" not in in_legend
    assert all(line["stroke-dasharray"] for line in drawn(block, "line", "line s1"))


def test_a_line_on_a_page_tells_its_last_value_and_reads_all_of_them_aloud() -> None:
    page = read(page_of(native_chart("line", [1.5, 12], y_label="hours")))
    assert "Tickets (hours)" in page.text
    assert "12.0" in page.text
    [aloud] = [found["aria-label"] for found in page.all("svg") if "aria-label" in found]
    assert aloud == "new; 1 Nov: 1.5; 2 Nov: 12.0"


@pytest.mark.parametrize("count", [1, 2, 8, 20])
def test_the_labels_below_a_line_have_room_on_a_phone(count: int) -> None:
    block = native_chart("line", [float(n) for n in range(count)])
    page = read(page_of(block))
    below = [text for text in page.all("text") if text["y"] == "97%"]
    assert 1 <= len(below) <= 4
    assert f"{count} Nov" in page.text


@pytest.mark.parametrize("terminal", [True, False])
def test_bars_in_a_terminal_stand_between_names_and_values(*, terminal: bool) -> None:
    shown = lines_of(message(native_chart("bar", [100, 50, 0])), width=40, terminal=terminal)
    rows = [found for line in shown if (found := re.search(r"(\d Nov)  ([█▌ ]+)  +(\d+)", line))]
    assert [(row[1], row[3]) for row in rows] == [("1 Nov", "100"), ("2 Nov", "50"), ("3 Nov", "0")]
    whole, half, none = (2 * row[2].count("█") + row[2].count("▌") for row in rows)
    assert whole == 2 * half > 20
    assert none == 0
    assert len({row.end() for row in rows}) == 1


def test_several_series_in_a_terminal_are_told_beside_the_bars_of_the_first() -> None:
    lines = lines_of(message(native_chart("line", [1, 2], [10, 20])), width=40)
    assert [" ".join(line.split()) for line in lines if "new" in line] == ["new solved"]
    [last] = [line for line in lines if "2 Nov" in line]
    assert last.split()[-2:] == ["2", "20"]


@pytest.mark.parametrize(
    ("block", "width"),
    [
        (native_chart("bar", [10, -20]), 80),
        (native_chart("line", [10, 20], [1, 2], names=("a" * 18, "b" * 18)), 40),
    ],
    ids=["below zero", "too wide"],
)
def test_a_chart_that_bars_cannot_show_is_a_table_in_a_terminal(
    block: BlockJson, width: int
) -> None:
    lines = lines_of(message(block), width=width)
    assert "█" not in "".join(lines)
    assert "  Tickets" in lines
    assert any("2 Nov" in line for line in lines)


def test_a_chart_is_told_in_the_digits_of_the_reader() -> None:
    told = lines_of(message(native_chart("bar", [142, 7])), reader=Reader("fa", ATHENS))
    assert any("۱۴۲" in line for line in told)


def test_a_kind_of_chart_that_slack_does_not_have_is_an_error() -> None:
    radar = {"type": "data_visualization", "title": "t", "chart": {"type": "radar"}}
    for show in (page_of, lambda block: lines_of(message(block))):
        with pytest.raises(Unshown, match="'radar'"):
            show(radar)


LONG = message(
    {"type": "header", "text": plain("Support · Thursday 19 November")},
    {
        "type": "section",
        "text": marked(
            "*First response 2 h 10.* Usual on Thursdays: 35 to 70 min. Mostly billing by email.\n"
            "> quoted at some length, so that the line has to be broken at least once\n"
            + "Donaudampfschifffahrtsgesellschaft"
            * 3
        ),
        "accessory": {"type": "button", "text": plain("Tickets")},
    },
    NUMBERS,
    {
        "type": "actions",
        "elements": [
            {"type": "button", "text": plain(text)}
            for text in ("All numbers", "By channel", "By group", "Why", "Definition")
        ],
    },
    {"type": "context", "elements": [marked("data until 06:58"), marked("2 help desks")]},
    thread=(message(NUMBERS, {"type": "section", "text": marked("الدعم الفني: 45 min")}),),
)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("width", [100, 80, 50, 40])
def test_nothing_is_clipped_and_no_line_is_too_long(width: int, *, terminal: bool) -> None:
    lines = lines_of(LONG, width=width, terminal=terminal)
    assert max(map(cell_len, lines)) <= width
    # What broke over lines is put together again before it is compared, letter by letter.
    shown = re.sub(r"[\s│╭╮╰╯─]", "", "".join(lines))
    for text in ("Firstresponse2h10.Usual", "brokenatleastonce", "35–70min", "[Definition]"):
        assert text in shown
    assert "Donaudampfschifffahrtsgesellschaft" * 3 in shown
    assert "…" not in shown
    assert "الدعمالفني:45min" in shown


def test_a_pipe_gets_plain_lines() -> None:
    file = StringIO()
    to_terminal([posted(LONG)], Console(file=file, width=80), READER)
    text = file.getvalue()
    assert "\x1b" not in text
    assert not re.search(r"[╭╮╰╯━─]|[ \t]$", text, re.MULTILINE)
    assert text.startswith("#support · Thursday 19 November\ndeskpulse  09:00\n  Support")


def test_a_pipe_is_told_the_addresses_of_links() -> None:
    block = {"type": "section", "text": marked("<https://example.org/7|the ticket>")}
    assert "  the ticket (https://example.org/7)" in lines_of(message(block))


FIELDS: list[BlockJson] = [
    {"type": "plain_text_input", "multiline": True, "initial_value": "written"},
    {"type": "number_input", "initial_value": "7"},
    {"type": "timepicker", "initial_time": "09:30"},
    {"type": "datepicker", "initial_date": "2026-11-18"},
    {"type": "datetimepicker", "initial_date_time": 1795071600},
    {"type": "conversations_select", "placeholder": plain("Pick a channel")},
    {"type": "multi_users_select", "initial_users": ["U1", "U2"]},
    {"type": "static_select", "options": [option("daily")], "initial_option": option("daily")},
    {"type": "multi_static_select", "options": [option("a")], "initial_options": [option("a")]},
    {"type": "radio_buttons", "options": [option("yes"), option("no")]},
    {"type": "checkboxes", "options": [option("Mon")], "initial_options": [option("Mon")]},
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "title": plain("Daily digest"),
    "submit": plain("Save"),
    "close": plain("Not now"),
    "blocks": [
        {"type": "input", "label": plain(field["type"]), "element": field} for field in FIELDS
    ],
}


def test_a_view_is_shown_as_the_modal_that_it_opens() -> None:
    page = read(view_html(MODAL, title="A view", reader=READER))
    for text in ("Daily digest", "Save", "Not now", "written", "7", "09:30", "2026-11-18"):
        assert text in page.text
    for text in ("Thu 19 Nov, 09:00", "Pick a channel", "U1 U2", "daily", "yes", "no", "Mon"):
        assert text in page.text
    assert [box.get("checked", "no") for box in page.all("input")] == ["no", "no", None]


def test_a_modals_fields_are_told_in_a_terminal_too() -> None:
    shown = "\n".join(lines_of(message(*MODAL["blocks"])))
    for text in ("[ written ]", "[ 09:30 ]", "[ Pick a channel ▾ ]", "[ daily ▾ ]", "( ) yes"):
        assert text in shown


def test_a_home_tab_is_its_blocks_alone() -> None:
    page = read(view_html({"type": "home", "blocks": [BLOCKS[0][0]]}, title="Home", reader=READER))
    assert "Support · Thursday" in page.text
    assert not page.all("button")
