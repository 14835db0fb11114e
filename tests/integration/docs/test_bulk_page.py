"""The page about bulk export and import is run in order, against a live node with somebody who works."""

import gc
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlalchemy import Engine

from config import Settings
from registry.crypto.tokens.jwk import new_key
from registry.demo.prepare import make_node
from registry.services import build
from registry.usecases.bulk import ending
from registry.usecases.bulk.exporting import steps as exporting
from registry.usecases.bulk.importing import steps as importing
from tests.integration.docs.reading import session
from tests.servers import live
from workers.fetcher import HttpFetcher

PAGE = Path("docs/api/bulk.md")


@contextmanager
def files(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback; give its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """Do what a worker does with jobs, until the end."""
    ended = threading.Event()
    services = build(settings)

    def run() -> None:
        while not ended.is_set():
            for task, job_id in ending.due(services, 10):
                if task == "long.export":
                    exporting.work(services, job_id, "here")
                else:
                    importing.work(services, job_id, "here", HttpFetcher())
            time.sleep(0.1)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    ended.set()
    thread.join()
    for each in gc.get_objects():
        if isinstance(each, Engine):
            each.dispose()


def test_the_page_about_bulk_is_true(tmp_path: Path) -> None:
    script = "\n".join(f"echo '--- {PAGE}:{block.line}'\n{block.text}" for block in session(PAGE, "bulk"))
    home = tmp_path / "home"
    home.mkdir()
    shell = shutil.which("bash")
    assert shell
    with files(home) as address:
        more = {"PUENTE_LIMITS": "off", "PUENTE_ENV": "test", "PUENTE_IMPORT_SOURCES": address}
        node, key = make_node("pe", tmp_path, live.free_port(), more), new_key("P-384")
        live.trust(node.settings, key)
        with live.serving(node), working(node.settings):
            environ = {
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "BASE": f"{node.settings.base_url}/fhir",
                "TOKEN": live.token(node.settings, key),
                "FILES": address,
            }
            done = subprocess.run(
                [shell, "-euo", "pipefail", "-c", script],
                cwd=home,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
