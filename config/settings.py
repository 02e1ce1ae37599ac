"""All settings, from the environment. `.env.example` explains each variable; docs/deploying.md says how to set them up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import embedded, keys, servers

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# A demonstration makes its own servers, keys and accounts, and may be thrown away; a deployment is given all of them.
VAR_DIR = embedded.var_dir()
DEMONSTRATION: bool = env.bool("DEMONSTRATION", default=not env.str("DATABASE_URL", default=""))


def required(name: str) -> str:
    """A secret that a deployment must be given. A demonstration makes a random one and keeps it under VAR_DIR."""
    given: str = env.str(name, default="")
    if given:
        return given
    if DEMONSTRATION:
        return keys.kept(VAR_DIR, name)
    raise ImproperlyConfigured(f"{name} is not set. See .env.example for what it is and how to make one.")


DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
LINK_KEY = required("LINK_KEY")

BASE_URL: str = env.str("BASE_URL", default=f"http://localhost:{env.int('PORT', default=8000)}").rstrip("/")
HTTPS = urlsplit(BASE_URL).scheme == "https"
ALLOWED_HOSTS: list[str] = [urlsplit(BASE_URL).hostname or "localhost", *env.list("ALLOWED_HOSTS", default=[])]
if DEMONSTRATION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "scheduler.views.resuming.once_more"
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=0)  # how many proxies of our own add to X-Forwarded-For

# --- The house -------------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "modeltranslation",
    "config",
    "scheduler",
    "notifications",
    "tours",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "template_partials",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "config.middleware.client_address",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.personal_pages",
    "config.middleware.see_other",
    "config.middleware.leads_to_its_page",
    "config.middleware.signing_out_forgets",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.admin_runs_alpine",
    "config.health.door",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.office_idles",
    "config.middleware.office_proves_itself",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.sessions_are_listed",
    "config.middleware.History",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Servers ---------------------------------------------------------------------------------------------------------------
DATABASE_URL: str = env.str("DATABASE_URL", default=servers.database_url(VAR_DIR))
REDIS_URL: str = env.str("REDIS_URL", default=servers.redis_url(VAR_DIR))
DATABASES: dict[str, dict[str, Any]] = {"default": environ.Env.db_url_config(DATABASE_URL)}
_options = DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": _options.pop("host", DATABASES["default"].get("HOST", "")),  # a Unix socket is given as ?host=/directory
    "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=60),
    "CONN_HEALTH_CHECKS": True,
}
_options.setdefault("connect_timeout", 5)
_options.setdefault("options", "-c lock_timeout=3s -c idle_in_transaction_session_timeout=60s")
CACHES = {  # in the database: a second factor's code works once on all workers, and a flushed Redis forgets no limit
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    "answers": {  # what days answered: may be lost at any time
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "answers",
        "OPTIONS": {"serializer": "config.plain.Json", "socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    },
}

# --- Mail ------------------------------------------------------------------------------------------------------------------
EMAIL_URL: str = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    _mail = environ.Env.email_url_config(EMAIL_URL)
    EMAIL_BACKEND: str = _mail["EMAIL_BACKEND"]
    EMAIL_HOST: str = _mail["EMAIL_HOST"]
    EMAIL_PORT: int = _mail["EMAIL_PORT"] or 25
    EMAIL_HOST_USER: str = _mail["EMAIL_HOST_USER"] or ""
    EMAIL_HOST_PASSWORD: str = _mail["EMAIL_HOST_PASSWORD"] or ""
    EMAIL_USE_TLS: bool = _mail.get("EMAIL_USE_TLS", False)
    EMAIL_USE_SSL: bool = _mail.get("EMAIL_USE_SSL", False)
else:
    EMAIL_BACKEND = "config.mail.LetterFiles"
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 60  # Django's default is none: a mute server would hold a worker for ever
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default=f"qonaq@{urlsplit(BASE_URL).hostname}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Where answers are read, as imaps://user:password@host/INBOX, and how our mail server names itself in Authentication-Results
IMAP_URL: str = env.str("IMAP_URL", default="")
MAIL_AUTHSERV_ID: str = env.str("MAIL_AUTHSERV_ID", default="")

# --- Telling ---------------------------------------------------------------------------------------------------------------
LINK_PATHS = {
    "visit": "/visit/{token}/",
    "duty": "/duty/{token}/",
    "guide_calendar": "/calendar/guide/{token}.ics",
    "visit_calendar": "/calendar/visit/{token}.ics",
}
OFFICE_PATH = "/office/visits/{code}/"
UPDATE_HOLD_SECONDS: int = env.int("UPDATE_HOLD_SECONDS", default=60)
FORGET_AFTER_MONTHS: int = env.int("FORGET_AFTER_MONTHS", default=12)
try:
    CHANNELS: dict[str, str] = json.loads(env.str("CHANNELS", default="") or "{}")
except ValueError as error:
    raise ImproperlyConfigured(f'CHANNELS must be JSON, as {{"telegram": "tgram://TOKEN/{{to}}"}}: {error}') from error
WEBHOOK_NETWORKS: list[str] = env.list("WEBHOOK_NETWORKS", default=[])


def limit(name: str, count: int, seconds: int) -> tuple[int, int]:
    """How many in how many seconds; `LIMIT_<NAME>=count/seconds` in the environment changes it."""
    given = env.str(f"LIMIT_{name.upper()}", default="") or f"{count}/{seconds}"
    if not (match := re.fullmatch(r"(\d+)/(\d+)", given)):
        raise ImproperlyConfigured(f"LIMIT_{name.upper()} must read count/seconds, as 10/3600, not {given!r}.")
    return int(match[1]), int(match[2])


RATE_LIMITS = {  # for what strangers cause
    "request_by_network": limit("request_by_network", 10, 3600),
    "request_by_address": limit("request_by_address", 3, 3600),
    "lost_link_by_network": limit("lost_link_by_network", 10, 3600),
    "lost_link_by_address": limit("lost_link_by_address", 3, 3600),
    "letter_by_recipient_minute": limit("letter_by_recipient_minute", 1, 60),
    "letter_by_recipient_day": limit("letter_by_recipient_day", 10, 86_400),
}

# --- Languages and time ----------------------------------------------------------------------------------------------------
LANGUAGES = [("kk", "Қазақша"), ("ru", "Русский"), ("en", "English")]  # each in its own words
LANGUAGE_CODE = "en"  # for whoever's browser asks for none of the three: a guest from abroad
MODELTRANSLATION_DEFAULT_LANGUAGE = "kk"
MODELTRANSLATION_FALLBACK_LANGUAGES = {"default": ("kk", "ru", "en")}
FORMAT_MODULE_PATH = "config.formats"  # what Django has wrong of a language
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # inside; `scheduler/periods.py` knows the museum's

# --- Sign-in ---------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tours.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.accounts.NoSignUp"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Its default also locks an account from everywhere after a stranger's guesses; axes locks it for the guesser's address.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Qonaq"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
OFFICE_NEEDS_SECOND_FACTOR: bool = env.bool("OFFICE_NEEDS_SECOND_FACTOR", default=not DEMONSTRATION)
OFFICE_IDLE_SECONDS = 8 * 3600
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # guessing at one account from one address locks nobody else out
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "config.accounts.who_signs_in"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False
USERSESSIONS_TRACK_ACTIVITY = True

# --- What browsers are told ------------------------------------------------------------------------------------------------
SESSION_COOKIE_AGE = 60 * 86_400  # a guide's remembered phone; the office idles out sooner
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
_prefix = "__Host-" if HTTPS else ""  # such a cookie no other host of the domain can set
SESSION_COOKIE_NAME = f"{_prefix}session"
CSRF_COOKIE_NAME = f"{_prefix}csrf"
LANGUAGE_COOKIE_NAME = f"{_prefix}language"
LANGUAGE_COOKIE_AGE = 365 * 86_400
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 365 * 86_400 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"  # link pages say no-referrer: config/middleware.py
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_features = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media geolocation"
    " gyroscope magnetometer microphone midi payment usb"
)
PERMISSIONS_POLICY: dict[str, list[str]] = {feature: [] for feature in _features.split()}  # none of them for anybody
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Static files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
WHITENOISE_USE_FINDERS = DEMONSTRATION  # nothing to collect before trying it out
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMONSTRATION
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
JQUERY_URL = "admin/js/vendor/jquery/jquery.min.js"  # modeltranslation would fetch it from elsewhere

# --- The catalogue's pages ---------------------------------------------------------------------------------------------------
# Of the accent in scheduler/static/scheduler/qonaq.css, in percent of light
_shades = (97, 94, 88, 80, 70, 58, 48, 41, 35, 30, 22)
UNFOLD = {
    "SITE_TITLE": "config.office.name",
    "SITE_HEADER": "config.office.name",
    "SITE_URL": "config.office.pages",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.office.mark"}],
    "SHOW_BACK_BUTTON": True,
    "COLORS": {
        "primary": {
            str(shade): f"oklch({light}% {0.05 if light < 80 else 0.02} 205)"
            for shade, light in zip((50, *range(100, 1000, 100), 950), _shades, strict=True)
        }
    },
}

# --- The API ---------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.api.StaffToken", "rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.Json"],
    "DEFAULT_PAGINATION_CLASS": "config.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Qonaq",
    "DESCRIPTION": "Group visits to a museum: what can be visited when, and everything about one visit.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.common_problems",
        "config.api.addresses_explained",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Language": "tours.models.Language",
        "SpaceKind": "tours.models.Space.Kind",
        "StopKind": "tours.models.Stop.Kind",
        "VisitKind": "scheduler.models.Visit.Kind",
        "ClosureKind": "scheduler.models.Closure.Kind",
        "ChangeKind": "scheduler.models.ChangeRequest.Kind",
        "ReceivingKind": "scheduler.lateness.KINDS",
    },
}

# --- Logs ------------------------------------------------------------------------------------------------------------------
LOG_FORMAT: str = env.str("LOG_FORMAT", default="plain" if DEMONSTRATION else "json")
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "config.logs.Plain"}, "json": {"()": "config.logs.Json"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "axes": {"level": "WARNING"},
    },
}
