"""Real IMAP servers: pymap from PyPI everywhere, and Debian's Dovecot where it is installed."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.live import accepts, free_port, wait_until

USER, PASSWORD = "museum", "se cret/+"
DOVECOT = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {home}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


class Mailbox:
    """A mailbox that letters can be put into and looked at."""

    def __init__(self, port: int) -> None:
        self.port = port

    @property
    def url(self) -> str:
        return f"imap://{USER}:se%20cret%2F%2B@127.0.0.1:{self.port}/INBOX"

    @contextmanager
    def open(self) -> Iterator[imaplib.IMAP4]:
        box = imaplib.IMAP4("127.0.0.1", self.port)
        box.login(USER, PASSWORD)
        box.select("INBOX")
        try:
            yield box
        finally:
            box.logout()

    def put(self, *letters: bytes) -> None:
        with self.open() as box:
            for letter in letters:
                status, said = box.append("INBOX", "", imaplib.Time2Internaldate(time.time()), letter)
                assert status == "OK", said

    def flags(self) -> list[bool]:
        """Whether each letter in it is marked as seen."""
        with self.open() as box:
            _, found = box.fetch("1:*", "(FLAGS)")
            return [b"\\Seen" in each for each in found if isinstance(each, bytes)]

    def empty(self) -> None:
        with self.open() as box:
            _, (found,) = box.search(None, "ALL")
            if found:
                box.store("1:*", "+FLAGS", "\\Deleted")
                box.expunge()


def _ready(port: int) -> None:
    wait_until(lambda: accepts(port), 30, "the IMAP server")


@contextmanager
def pymap() -> Iterator[Mailbox]:
    port = free_port()
    program = [str(Path(sys.executable).parent / "pymap"), "--host", "127.0.0.1", "--port", str(port), "--no-tls"]
    process = subprocess.Popen(
        [*program, "dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD], stderr=subprocess.DEVNULL
    )
    try:
        _ready(port)
        box = Mailbox(port)
        box.empty()
        yield box
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def dovecot() -> Iterator[Mailbox]:
    port = free_port()
    home = Path(tempfile.mkdtemp(prefix="qonaq-dovecot-"))
    owner = pwd.getpwnam("nobody")
    for name in ("mail", "run", "state"):
        (home / name).mkdir()
    os.chown(home / "mail", owner.pw_uid, owner.pw_gid)
    home.chmod(0o755)
    (home / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
    (home / "users").chmod(0o644)
    config = home / "dovecot.conf"
    config.write_text(DOVECOT.format(home=home, port=port, uid=owner.pw_uid, gid=owner.pw_gid))
    process = subprocess.Popen(["dovecot", "-F", "-c", str(config)], start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        _ready(port)
        yield Mailbox(port)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


SERVERS = {"pymap": pymap} | ({"dovecot": dovecot} if shutil.which("dovecot") and os.geteuid() == 0 else {})
