"""The ground that every test run stands on: its environment, set before Django reads its settings.

Each worker of pytest-xdist has a Redis database, a mail directory and keys of its own.
"""

from __future__ import annotations

import os
import re

from config.embedded import var_dir
from config.translations import compile_changed

WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)

if redis_url := os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = re.sub(r"/\d*$", f"/{1 + WORKER % 15}", redis_url)
GROUND_DIR = var_dir() / "tests" / str(WORKER)
(GROUND_DIR / "static").mkdir(parents=True, exist_ok=True)
GROUND = {
    "DEMONSTRATION": "1",
    "SECRET_KEY": "the tests' own key, of no use elsewhere",
    "LINK_KEY": "the tests' own link key, of no use elsewhere",
    "BASE_URL": "http://testserver",
    "LIVENESS_DIR": str(GROUND_DIR / "alive"),
    "STATIC_ROOT": str(GROUND_DIR / "static"),
    "LOG_FORMAT": "plain",
    "AIOSMTPD_CONTROLLER_TIMEOUT": "60",  # seconds that a mail server of the tests has to begin; 5 are few on a busy machine
}
os.environ |= GROUND
os.environ.pop("EMAIL_URL", None)
for _ in compile_changed():
    pass
