"""The emoji behind the short codes that deskpulse writes."""

from __future__ import annotations

EMOJI = {
    "arrow_down": "⬇️",
    "arrow_right": "➡️",
    "arrow_up": "⬆️",
    "arrow_lower_right": "↘️",
    "arrow_upper_right": "↗️",
    "bar_chart": "📊",
    "bell": "🔔",
    "bulb": "💡",
    "calendar": "📆",
    "chart_with_downwards_trend": "📉",
    "chart_with_upwards_trend": "📈",
    "clock9": "🕘",
    "clipboard": "📋",
    "eyes": "👀",
    "gear": "⚙️",
    "heavy_check_mark": "✔️",
    "hourglass_flowing_sand": "⏳",
    "inbox_tray": "📥",
    "information_source": "ℹ️",
    "large_blue_circle": "🔵",
    "large_green_circle": "🟢",
    "large_orange_circle": "🟠",
    "large_yellow_circle": "🟡",
    "lock": "🔒",
    "mag": "🔍",
    "memo": "📝",
    "no_bell": "🔕",
    "no_entry": "⛔",
    "pushpin": "📌",
    "question": "❓",
    "red_circle": "🔴",
    "rotating_light": "🚨",
    "sparkles": "✨",
    "speech_balloon": "💬",
    "tada": "🎉",
    "ticket": "🎫",
    "trophy": "🏆",
    "wave": "👋",
    "white_check_mark": "✅",
    "white_circle": "⚪",
    "warning": "⚠️",
    "wrench": "🔧",
    "x": "❌",
    "zzz": "💤",
}


def emoji(code: str) -> str:
    """The emoji of a short code without its colons; the code itself where it has none."""
    return EMOJI.get(code, f":{code}:")
