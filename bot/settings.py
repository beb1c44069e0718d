"""What an operator can set: `deskpulse.toml` and the environment, the environment winning."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.calendars import Hours, Week, check_country, parse_spans, parse_week, working_days
from bot.errors import ConfigurationError
from bot.locale import known_locale

PREFIX = "DESKPULSE_"


def _plain(name: str) -> AliasChoices:
    """A setting that platforms hand over without our prefix; in the file it keeps its own name."""
    return AliasChoices(name, name.lower())


#: Authors can be written to for 30 days about comments, which have to be there for that; and for
#: longer than 13 months nothing is kept of a wave but its numbers.
SHORTEST_KEPT, LONGEST_KEPT = timedelta(days=31), timedelta(days=396)

#: Hours like `9-17` or `9:00-12:30 13-17`, of no weekday in particular.
_NO_WEEKDAY = re.compile(r"[0-9](?:[0-9:.,\s–-]|am|pm|to)*", re.IGNORECASE)


class BusinessHours(BaseModel):
    """When a team is at work. Of several for the same desks and groups each holds from its date."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    week: str = Field(
        description="The hours of a week: `mon-fri 9:00-17:00, sat 10-14`; without weekdays, as in "
        "`9-17`, those of the working days of `country`."
    )
    zone: str | None = Field(None, description="Their time zone; without it, that of deskpulse.")
    country: str | None = Field(
        None, description="Whose public holidays are days off: a code such as GR or US."
    )
    region: str | None = Field(None, description="The part of the country, such as BY or CA.")
    closed: list[date] = Field([], description="Further days off.")
    special: dict[date, str] = Field(
        {}, description="Other hours on some days, whatever else they are: `2026-12-24 = 9-13`."
    )
    desks: list[str] = Field([], description="For these help desks; without any, for all.")
    groups: list[str] = Field([], description="For these groups; without any, for the others.")
    since: date | None = Field(
        None,
        description="From this day on. Before it a group has the hours of the others; without any, "
        "the earliest hold for all time before as well.",
    )

    @model_validator(mode="after")
    def _readable(self) -> Self:
        self.hours(ZoneInfo("UTC"))
        return self

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str | None) -> str | None:
        return None if name is None else _known_zone(name)

    @property
    def order(self) -> date:
        """Where it stands among others for the same desks and groups."""
        return self.since or date.min

    def hours(self, zone: ZoneInfo) -> Hours:
        """The hours themselves; `zone` is used where none is named."""
        country, region = self.country, self.region
        if country is not None:
            country, region = check_country(country, region)
        return Hours(
            zone=ZoneInfo(self.zone) if self.zone else zone,
            week=self._week(country),
            country=country,
            region=region,
            closed=frozenset(self.closed),
            special={day: parse_spans(text) for day, text in self.special.items()},
        )

    def _week(self, country: str | None) -> Week:
        if not _NO_WEEKDAY.fullmatch(self.week.strip()):
            return parse_week(self.week)
        spans, working = parse_spans(self.week), working_days(country)
        return tuple(spans if weekday in working else () for weekday in range(7))


class Settings(BaseSettings):
    """Every setting: a name, a default and a sentence. The README's table is made from this."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        # `NAME=` is how a line of .env.example looks before it is filled in.
        env_ignore_empty=True,
        env_file=".env",
        toml_file="deskpulse.toml",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    database_url: str = Field(
        "sqlite:///deskpulse.db",
        validation_alias=_plain("DATABASE_URL"),
        description="Where the numbers are kept: SQLite, or PostgreSQL beyond one machine.",
    )
    slack_bot_token: SecretStr | None = Field(
        None,
        validation_alias=_plain("SLACK_BOT_TOKEN"),
        description="The bot token of the Slack app (xoxb-…).",
    )
    slack_app_token: SecretStr | None = Field(
        None,
        validation_alias=_plain("SLACK_APP_TOKEN"),
        description="The app-level token (xapp-…) for Socket Mode, used by `deskpulse run`.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        validation_alias=_plain("SLACK_SIGNING_SECRET"),
        description="The signing secret of the Slack app, needed by `deskpulse web`.",
    )
    slack_api_url: str = Field(
        "https://slack.com/api/",
        validation_alias=_plain("SLACK_API_URL"),
        description="Where Slack's Web API is; another one for tests.",
    )
    port: int = Field(
        3000,
        validation_alias=_plain("PORT"),
        ge=0,
        le=65535,
        description="The port of `deskpulse web`.",
    )
    host: str = Field("0.0.0.0", description="The address that `deskpulse web` listens on.")  # noqa: S104  a container has to
    secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="The key that requesters are hashed with. Beside an SQLite file one is made "
        "when it is missing; PostgreSQL needs it set, the same in every process.",
    )
    desks: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="The help desks, by the names you give them: `kind`, `url`, `token` …",
    )
    hours: dict[str, BusinessHours] = Field(
        default_factory=dict,
        description="Business hours, by names that you give them: `week`, `zone`, `country` …",
    )
    push_secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="The key with which other programs sign the measurements that they push.",
    )
    leads: list[str] = Field(
        default_factory=list,
        description="Slack user ids of the team leads, beside those appointed in Slack.",
    )
    zone: str = Field(
        "UTC", description="The time zone of digests and questions that do not name one."
    )
    locale: str = Field("en", description="The language and number format where Slack tells none.")
    history: timedelta = Field(
        timedelta(days=400),
        gt=timedelta(0),
        description="How far back a first sync reads.",
    )
    sync_every: timedelta = Field(
        timedelta(minutes=5),
        ge=timedelta(seconds=10),
        description="How often each help desk is asked for what changed.",
    )
    stale_after: timedelta = Field(
        timedelta(minutes=30),
        gt=timedelta(0),
        description="Data older than this are called old in digests and by `doctor`.",
    )
    keep_comments: timedelta = Field(
        LONGEST_KEPT,
        description="How long the comments of surveys are kept after the close, such as `P90D`: at "
        "least 31 days, at most 13 months.",
    )
    log_format: str = Field(
        "text", pattern="^(text|json)$", description="How log lines look: text or json."
    )

    @field_validator("keep_comments", mode="wrap")
    @classmethod
    def _whole_days(cls, told: Any, read: ValidatorFunctionWrapHandler) -> timedelta:
        """People are told how many days it is."""
        with suppress(ValidationError):
            kept: timedelta = read(told)
            if SHORTEST_KEPT <= kept <= LONGEST_KEPT and kept == timedelta(days=kept.days):
                return kept
        raise ValueError("write whole days, from P31D (letters travel for 30) to P396D (13 months)")

    @field_validator("database_url")
    @classmethod
    def _driver(cls, url: str) -> str:
        """Platforms hand out `postgres://`; SQLAlchemy wants the driver named."""
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url.removeprefix(scheme)
        return url

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        return _known_zone(name)

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        """Of two hours for the same desk and group from the same day on, neither would be right."""
        seen: dict[tuple[str, str, date], str] = {}
        for name, hours in self.hours.items():
            for desk in hours.desks or ["*"]:
                for group in hours.groups or ["*"]:
                    other = seen.setdefault((desk, group.casefold(), hours.order), name)
                    if other != name:
                        raise ValueError(
                            f"{other} and {name} are for the same desk and group from the same day "
                            "on; give one of them a date, as in since = 2027-01-01"
                        )
        return self

    @model_validator(mode="after")
    def _of_known_desks(self) -> Self:
        """Hours of a desk that there is not would leave business time unknown for ever."""
        known = {name.casefold() for name in self.desks}
        for name, hours in self.hours.items():
            for desk in hours.desks:
                if desk.casefold() not in known:
                    told = ", ".join(sorted(self.desks)) or "none yet"
                    raise ValueError(f"{name} is for the desk “{desk}”; the desks are: {told}")
        return self

    @field_validator("locale")
    @classmethod
    def _known_locale(cls, name: str) -> str:
        found = known_locale(name, "")
        if not found:
            raise ValueError(f"there is no language {name!r}; one is e.g. en_GB")
        return found

    @field_validator("slack_api_url")
    @classmethod
    def _slash(cls, url: str) -> str:
        return url if url.endswith("/") else url + "/"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic hands it over by name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            TomlConfigSettingsSource(settings_cls),
        )

    @classmethod
    def read(cls, **given: Any) -> Self:
        """The settings from the arguments, the environment, `.env` and `deskpulse.toml`.

        Raises `ConfigurationError` with the name of the first wrong setting and its mend.
        """
        try:
            return cls(**given)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = [str(part) for part in first["loc"]] or ["settings"]
            name = "__".join([variable(place[0]), *(part.upper() for part in place[1:])])
            raise ConfigurationError(
                f"The setting {name} is wrong: {_sentence(first['msg'])}",
                f"Correct it in the environment, in .env or in {_toml_path()}.",
            ) from None
        except SettingsError as error:
            found = re.search(r'field "(\w+)"', str(error))
            name = variable(found[1]) if found else "of the environment"
            raise ConfigurationError(
                f"The setting {name} is wrong: it has to be JSON.",
                'A list is written like ["U012AB3CD"], a help desk like '
                "DESKPULSE_DESKS__ACME__KIND=demo.",
            ) from None
        except ValueError as error:
            raise ConfigurationError(
                f"{_toml_path()} could not be read: {error}.", "Correct that line of the file."
            ) from None

    @property
    def tz(self) -> ZoneInfo:
        """The time zone `zone`, as an object."""
        return ZoneInfo(self.zone)


class Given(Settings):
    """Settings that read neither the environment nor a file: only what they are given.

    For the demo and the tests, whose outcome is not to depend on what somebody has set.
    """

    model_config = SettingsConfigDict(env_file=None, toml_file=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def _sentence(told: str) -> str:
    """What pydantic says of a wrong setting, with one full stop."""
    return told.removeprefix("Value error, ").removesuffix(".") + "."


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; one is e.g. Europe/Athens") from None
    return name


def variable(name: str) -> str:
    """The environment variable of a setting: `zone` → `DESKPULSE_ZONE`, `port` → `PORT`."""
    setting = Settings.model_fields.get(name.lower())
    if setting is not None and isinstance(setting.validation_alias, AliasChoices):
        return str(setting.validation_alias.choices[0])
    return name if name.isupper() else PREFIX + name.upper()


def _toml_path() -> str:
    return str(Path("deskpulse.toml").resolve())
