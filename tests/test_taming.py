"""A comment as it is shown pings nobody, hides nothing, and can still be read."""

from __future__ import annotations

import unicodedata
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.locale import Reader
from bot.slack.blocks import plain
from bot.slack.preview import mrkdwn
from bot.surveys.ballot import LONGEST_COMMENT
from bot.surveys.taming import tame, without_marks

patient = settings(deadline=None)

READER = Reader("en", ZoneInfo("UTC"))
ISOLATE, POP = "\u2068", "\u2069"

TAMED = [
    ("Too many tickets on Mondays.", "Too many tickets on Mondays."),
    ("  Two lines,\r\nand more  \r\n\r\n\r\n\r\nhere ", "Two lines,\nand more\n\nhere"),
    ("a\tb\u00a0c\u3000d", "a b c d"),
    ("a\u2028b\u2029c\x0bd\x85e", "a\nb\nc\nd\ne"),
    # Mentions and links
    ("<!channel> <!here|here> <!everyone>", "‹!channel> ‹!here|here> ‹!everyone>"),
    ("<@U012> <@U012|ann> <#C012|x>", "‹＠U012> ‹＠U012|ann> ‹#C012|x>"),
    ("<!subteam^S1|@leads> <!date^1^{date}|x>", "‹!subteam^S1|＠leads> ‹!date^1^{date}|x>"),
    ("<https://evil.example|bank.example>", "‹https://evil.example|bank.example>"),
    ("<HTTPS://evil.example> <mailto:a@b.c|x>", "‹HTTPS://evil.example> ‹mailto:a@b.c|x>"),
    ("@here @channel @everyone @ann", "＠here ＠channel ＠everyone ＠ann"),
    ("ann@acme.com at https://acme.com", "ann@acme.com at https://acme.com"),
    ("<\u200b!channel>, @\u2060here", "‹!channel>, ＠here"),
    ("1 < 2 > 0 & <3 <- @ -> x<5", "1 < 2 > 0 & <3 <- @ -> x<5"),
    # What nobody sees
    ("Ma\u200bri\u00ada\ufeff", "Maria"),
    ("\u202eevil\u202c \u2066x\u2069 \u200ey\u200f \u061cz", "evil x y z"),
    ("a\x00b\x07c\x1b[31md\x7f", "abc[31md"),
    ("a\ud800b\ue000c\uffffd\u0378e", "abcde"),
    ("a\u3164b\u2800c\u115fd\u034fe", "abcde"),
    ("a\U000e0041\U000e0042b\ufe00c\U000e0101", "abc"),
    ("", ""),
    ("\u200b\u202e \n\t", ""),
    # Marks
    ("Z\u0301\u0302\u0303\u0304\u0305\u0306a", "Ź\u0302\u0303\u0304\u0305a"),
    ("Viê\u0323t, e\u0301", "Việt, é"),
    # Emoji, and scripts in which joiners matter
    ("👩‍💻 🏳️‍🌈 ❤️‍🔥 👍🏽 1️⃣", "👩‍💻 🏳️‍🌈 ❤️‍🔥 👍🏽 1️⃣"),
    ("\U0001fae8 \U0001faf0", "\U0001fae8 \U0001faf0"),
    ("می‌خواهم", f"{ISOLATE}می‌خواهم{POP}"),
    ("क्\u200dष", "क्\u200dष"),
    ("a\u200cb \u200cم\u200c", f"{ISOLATE}ab م{POP}"),
    # Directions
    ("خوب است\nfine\nok خوب", f"{ISOLATE}خوب است{POP}\nfine\n{ISOLATE}ok خوب{POP}"),
    (f"{POP}{POP}خوب{ISOLATE}", f"{ISOLATE}خوب{POP}"),
]


@pytest.mark.parametrize(("text", "wanted"), TAMED)
def test_a_comment_is_tamed(text: str, wanted: str) -> None:
    assert tame(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("*bold* _it_ ~gone~ `code`", "＊bold＊ ＿it＿ ～gone～ ｀code｀"),
        ("```\nfence\n```", "｀｀｀\nfence\n｀｀｀"),
        ("> quoted\n>>> more > less", "› quoted\n››› more > less"),
        ("snake_case, 3 * 4", "snake＿case, 3 ＊ 4"),
        ("no marks", "no marks"),
    ],
)
def test_markup_means_nothing_where_it_would_be_read(text: str, wanted: str) -> None:
    assert without_marks(text) == wanted


# --- Whatever is written -------------------------------------------------------------------------

PIECES = (
    *(
        "<!channel>",
        "<@U1>",
        "@here",
        "<https://a.b|c>",
        "*b*",
        "_i_",
        "~s~",
        "`c`",
        "```",
        ">",
        "<",
    ),
    *(
        "&lt;!channel&gt;",
        "&",
        "\u200b",
        "\u200c",
        "\u200d",
        "\u202e",
        "\u2066",
        "\u2069",
        "\u0301",
    ),
    *(
        "\n",
        "\r\n",
        "\t",
        "👩",
        "💻",
        "م",
        "ی",
        "א",
        "क",
        "\u094d",
        "a",
        "Z",
        "@",
        "!",
        "#",
        "|",
        " ",
    ),
    *("\ud800", "\ue000", "\x00", "\u3164", "\ufe0f", "\ufe00", "\u0958", "ᄀ", "ᅡ", "\u0344"),
)
comments = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=40).map(
    "".join
)
LONG = [
    *("x" * 4_000, "م" * 4_000, "م\n" * 2_500, "e\u0301" * 4_000, "👩‍💻" * 1_500, "م\n\n" * 2_000),
    *(
        "क\u093c" * 4_000,
        "\u0958" * 3_000,
        " " * 2_999 + "x" + " " * 9 + "y",
        "م" * 2_999,
        "<@U1>" * 999,
    ),
]

#: What nobody sees but for those that isolate, and the joiners between letters that need them.
UNSEEN = {"Cc", "Cf", "Cs", "Co"}


@pytest.mark.thorough
@patient
@given(comments)
@example("".join(PIECES))
@example("\u200b\u200c👩")
def test_a_tame_comment_stays_as_it_is(text: str) -> None:
    tamed = tame(text)
    assert tame(tamed) == tamed
    assert len(tamed) <= LONGEST_COMMENT
    tamed.encode()


@pytest.mark.thorough
@patient
@given(comments)
@example("".join(PIECES))
def test_no_letter_of_it_is_unseen_but_those_that_spell(text: str) -> None:
    lines = tame(text).split("\n")
    for line in lines:
        inside = line.removeprefix(ISOLATE).removesuffix(POP)
        assert line.startswith(ISOLATE) == line.endswith(POP)
        hidden = {one for one in inside if unicodedata.category(one) in UNSEEN}
        assert hidden <= {"\u200c", "\u200d"}
    assert "\n\n\n" not in "\n".join(lines)


@patient
@given(comments)
@example("".join(PIECES))
@example("*<!channel>* <@U1|x>\n> q\n```<!here>```")
def test_in_mrkdwn_it_is_nothing_but_text(text: str) -> None:
    """Read by our own reader of mrkdwn, also where somebody forgot to escape it."""
    tamed = tame(text)
    for shown in (tamed, plain(tamed)):
        for paragraph in mrkdwn.paragraphs(shown, READER):
            assert not any(span.mention or span.link for span in paragraph.spans), shown
    told = mrkdwn.paragraphs(plain(without_marks(tamed)), READER)
    for paragraph in told:
        for span in paragraph.spans:
            assert not any((span.bold, span.italic, span.strike, span.code, span.link))


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_the_longest_comment_is_shown_up_to_the_limit(text: str) -> None:
    tamed = tame(text)
    assert len(tamed) <= LONGEST_COMMENT
    # A line takes two letters more where it is isolated, and one whole letter is of three at most.
    assert len(tamed) >= LONGEST_COMMENT - 6 or "…" not in tamed
    assert tame(tamed) == tamed


def test_what_is_cut_ends_with_a_whole_letter() -> None:
    shown = tame("q\u0301" * 2_000)
    assert shown == "q\u0301" * 1_499 + "…"
    assert tame("x" * 3_000) == "x" * 3_000
    assert tame("x" * 3_001) == "x" * 2_999 + "…"
