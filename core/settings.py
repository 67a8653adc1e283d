"""Settings from the environment and .env, each with its reason. .env.example lists them all."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import (
    AnyHttpUrl,
    Field,
    PostgresDsn,
    RedisDsn,
    SecretStr,
    UrlConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.values import ResultView

# Addresses to listen on that nobody can follow in a link.
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 -- compared with, not bound
# What Telegram takes as setWebhook's secret_token.
_WEBHOOK_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
# Whoever has the listener's address can try secrets; 32 letters are beyond guessing.
_LEAST_WEBHOOK_SECRET: Final = 32
S3Url = Annotated[AnyHttpUrl, UrlConstraints(host_required=True)]


class Settings(BaseSettings):
    """One flat object for all processes; a process reads what it needs."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,  # `BOT_TOKEN=` in a copied .env.example means that there is none
        extra="ignore",
        frozen=True,
    )

    # --- where it runs (`make run`) -----------------------------------------------------------
    auditorium_data: Path = Field(
        Path("var"), description="Folder of the embedded servers, logs and converted weights"
    )
    auditorium_bind: str = Field("127.0.0.1", description="Address the web process listens on")
    auditorium_port: int = Field(8000, ge=1, le=65535, description="Port of the web process")
    auditorium_workers: int = Field(
        1, ge=0, le=64, description="Worker processes started by `make run`; a CPU fits one"
    )
    auditorium_least_free_mb: int = Field(
        1000,
        ge=0,
        description="Least free disk in MB at a start: servers, logs, a first lecture",
    )
    auditorium_public_url: AnyHttpUrl | None = Field(
        None, description="The address in links and QR codes; default: bind address and port"
    )

    # --- servers (`make run` fills these in from its own) --------------------------------------
    database_url: PostgresDsn = Field(
        PostgresDsn("postgresql+psycopg://auditorium@127.0.0.1:5432/auditorium"),
        description="PostgreSQL, the truth",
    )
    database_password: SecretStr = Field(SecretStr(""), description="Password for database_url")
    database_pool: int = Field(10, ge=1, le=200, description="Connections a process may hold")
    redis_url: RedisDsn = Field(
        RedisDsn("redis://127.0.0.1:6379/0"), description="Valkey or Redis: wakes and live events"
    )
    redis_password: SecretStr = Field(SecretStr(""), description="Password for redis_url")
    s3_url: S3Url = Field(S3Url("http://127.0.0.1:9000"), description="S3 endpoint")
    s3_bucket: str = Field("auditorium", min_length=3, max_length=63, description="Bucket")
    s3_access_key: str = Field("", description="S3 access key")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="S3 secret key")
    s3_timeout_s: float = Field(
        10.0,
        gt=0,
        le=120,
        description="One S3 call may take this long; a 20 MB PUT takes under 1 s",
    )

    # --- what is taken ------------------------------------------------------------------------
    upload_limit_mb: int = Field(
        20, ge=1, le=100, description="Largest file; Telegram's getFile gives bots at most 20 MB"
    )
    upload_limit_mp: int = Field(
        50, ge=1, le=200, description="Most megapixels, checked before decoding (150 MB as RGB)"
    )
    upload_least_px: int = Field(16, ge=8, le=256, description="Shortest side that is taken")
    intake_parallel: int = Field(
        2, ge=1, le=64, description="Pictures decoded at once in one process: bounds its memory"
    )
    quota_uploads: int = Field(
        2000, ge=1, description="Uploads an auditorium may hold: ten a person in a hall of 200"
    )

    # --- the worker ---------------------------------------------------------------------------
    model: str = Field(
        "realesr-animevideov3",
        description="Of best boards: named release, path of a file, or hf:owner/repo/file "
        "(see docs/models.md)",
    )
    model_sha256: str = Field(
        "",
        pattern=r"^([0-9a-f]{64})?$",
        description="What a file or hub model must hash to; empty: not checked for files",
    )
    model_fast: str = Field(
        "bicubic",
        description="Of fast boards: as MODEL. An interpolation is the honest fallback, less sharp "
        "and no worse to read: of words 5 to 12 px high OCR reads 72.6 %, of the default "
        "network's 66.1 %",
    )
    model_fast_sha256: str = Field(
        "",
        pattern=r"^([0-9a-f]{64})?$",
        description="As MODEL_SHA256, for MODEL_FAST",
    )
    device: str = Field(
        "auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto: CUDA when there is one"
    )
    readers: str = Field(
        "auto",
        pattern=r"^(auto|off)$",
        description="Lines that the network drew are read by rapidocr and tesseract, where they "
        "are installed, and stay clean where it made them worse; 1.9 s a board at most",
    )
    default_view: ResultView = Field(
        ResultView.COMPOSED,
        description="What is shown first of a board: composed, clean, sharp or original; composed "
        "is sharp where that reads no worse and clean elsewhere. Members choose their own",
    )
    engine: str = Field(
        "torch",
        pattern=r"^(torch|realesrgan)$",
        description="What runs the networks. realesrgan: the package of their authors, to compare "
        "with; slower, installed by `make reference`",
    )
    render_deadline_s: float = Field(
        120.0, gt=1, description="A board that takes longer is killed: the client's bound is 2 min"
    )
    render_keep_s: float = Field(
        20.0,
        gt=0,
        description="Of boards that take longer than this, rows that are done are kept every "
        "quarter of it, and the next attempt goes on below them; others are done again",
    )
    render_attempts: int = Field(
        3, ge=1, le=10, description="Attempts before a board is failed: transient faults pass in 3"
    )
    lease_s: float = Field(
        8.0, ge=2, description="A board whose worker is silent for this long is taken over"
    )
    sweep_s: float = Field(
        1.0, gt=0, description="How often lost wake-ups and expired leases are looked for"
    )
    weights_dir: Path | None = Field(
        None,
        description="Where converted and downloaded weights go; default AUDITORIUM_DATA/weights",
    )

    # --- the bot ------------------------------------------------------------------------------
    bot_token: SecretStr | None = Field(
        None, description="From @BotFather; without it the bot is not started"
    )
    telegram_api_url: AnyHttpUrl | None = Field(
        None, description="A Bot API server of one's own; default: Telegram's"
    )
    telegram_webhook_url: AnyHttpUrl | None = Field(
        None,
        description="Public https address that reaches the bot's listener; empty: long polling",
    )
    telegram_webhook_secret: SecretStr | None = Field(
        None,
        validate_default=True,  # its absence is a fault where there is a webhook
        description="Proves that Telegram calls: 32 to 256 of A-Z a-z 0-9 _ -; only with a webhook",
    )
    telegram_webhook_bind: str = Field(
        "127.0.0.1", description="Address the bot listens on for the reverse proxy's webhook calls"
    )
    telegram_webhook_port: int = Field(
        8081, ge=1, le=65535, description="Port of that listener; the proxy has the public one"
    )

    # --- overload -----------------------------------------------------------------------------
    overload_wait_s: float = Field(
        60.0,
        gt=0,
        description="Expected wait from which senders are told: the client's typical minute",
    )
    overload_over_s: float = Field(
        30.0,
        gt=0,
        description="Expected wait below which they are told that it has passed: half of that, "
        "so that the news does not flicker",
    )
    overload_recent_s: float = Field(
        600.0,
        gt=0,
        description="Who sent a photo within this time is told of overload: he may send another",
    )

    survey_after_boards: int = Field(
        5,
        ge=0,
        le=100,
        description="Boards after which a member is asked; 5: he has an opinion and still listens;"
        " 0: only at closing",
    )

    telegram_bot_username: str = Field(
        "",
        pattern=r"^([A-Za-z0-9_]{4,32})?$",
        description="The bot's name without @: join pages then offer Telegram as well",
    )
    login_link_minutes: int = Field(
        10,
        ge=1,
        le=1440,
        description="A link to the gallery works so long: a phone is handed over, mail forwarded",
    )
    login_session_days: int = Field(
        30, ge=1, le=365, description="A browser that such a link opened stays a member's so long"
    )

    # --- logs ---------------------------------------------------------------------------------
    log_level: str = Field(
        "INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is written"
    )

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _secret_suits_the_webhook(
        cls, secret: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        given = "" if secret is None else secret.get_secret_value()
        if given and _WEBHOOK_SECRET.fullmatch(given) is None:
            raise ValueError("1 to 256 of the letters A-Z, a-z, 0-9, _ and - (Telegram's rule)")
        if info.data.get("telegram_webhook_url") is not None and len(given) < _LEAST_WEBHOOK_SECRET:
            raise ValueError(
                f"TELEGRAM_WEBHOOK_URL needs a secret of at least {_LEAST_WEBHOOK_SECRET} letters: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(48))' makes one"
            )
        return secret

    @property
    def public_url(self) -> str:
        """The address people use, without a trailing slash."""
        if self.auditorium_public_url is not None:
            return str(self.auditorium_public_url).rstrip("/")
        host = "127.0.0.1" if self.auditorium_bind in _EVERYWHERE else self.auditorium_bind
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.auditorium_port}"

    @property
    def upload_limit_bytes(self) -> int:
        """The upload limit in bytes."""
        return self.upload_limit_mb * 1_000_000

    @property
    def weights(self) -> Path:
        """The folder of converted and downloaded weights."""
        return self.weights_dir or self.auditorium_data / "weights"


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of this process, read once. Only entry points call this."""
    return Settings()
