"""A real inference engine on this machine: llama-cpp-python's server with the model of ``tiny_gguf``.

It builds from source, so it lives in an environment of its own, which KGPATHS_LLAMA_PYTHON names; ``engine-requirements.txt`` says what
belongs there. It serves one request at a time: a test that asks it much is slow. A test module gets the fixture ``engine`` by
``pytest_plugins = ["tests.llm.engine_fixture"]``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.llm.tiny_gguf import LONGEST, NAME, SEED

WRITER = Path(__file__).with_name("tiny_gguf.py")
NEEDED = ("llama_cpp.server.app", "gguf")
TRIES = 3  # another program may take the port between our choice and the server's start
PATIENCE = 60.0  # seconds until it must answer; it takes one
OPTIONS = ["--model_alias", NAME, "--seed", str(SEED), "--n_ctx", str(LONGEST)]
OPTIONS += ["--interrupt_requests", "false"]  # else a second request cuts the first one short
OPTIONS += ["--n_threads", "1", "--n_threads_batch", "1", "--flash_attn", "true"]  # on a busy machine two threads can take ten times as long
DIRECT = build_opener(ProxyHandler({}))  # to this machine itself, whatever proxy the environment names
SERVER = """
import os, runpy, threading

def end_with_parent():
    os.read(0, 1)  # returns when the test process is gone, however it went
    os._exit(0)

threading.Thread(target=end_with_parent, daemon=True).start()
runpy.run_module("llama_cpp.server", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Engine:
    """A server that answers."""

    base_url: str
    model: str
    log: Path

    def get(self, path: str) -> tuple[int, Any]:
        """Return status and body of a GET."""
        return sent(Request(self.base_url + path))

    def post(self, path: str, body: object) -> tuple[int, Any]:
        """Return status and body of what is posted as JSON."""
        return sent(Request(self.base_url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}))

    def chat(self, text: str = "Say something.", **more: Any) -> tuple[int, Any]:
        """Ask one thing, of 64 tokens at most if nothing else is said."""
        return self.post("/chat/completions", {"model": self.model, "messages": [{"role": "user", "content": text}], "max_tokens": 64} | more)


def sent(request: Request) -> tuple[int, Any]:
    """Return status and body."""
    try:
        with DIRECT.open(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def without(why: str) -> NoReturn:
    """Skip a test that needs the engine, or fail it where CI demands it."""
    if os.environ.get("KGPATHS_REQUIRE_LLAMA") == "1":
        pytest.fail(f"KGPATHS_REQUIRE_LLAMA=1, but there is no inference engine: {why}", pytrace=False)
    pytest.skip(f"there is no inference engine: {why}")


def interpreter() -> str:
    """Return the Python that has the engine; skip where there is none."""
    named = os.environ.get("KGPATHS_LLAMA_PYTHON", "")
    if not named:
        if importlib.util.find_spec("llama_cpp") is None:
            without("set KGPATHS_LLAMA_PYTHON to a Python that has what tests/llm/engine-requirements.txt lists")
        named = sys.executable
    named = str(Path(shutil.which(named) or named).absolute())  # it is started in another folder
    try:
        tried = subprocess.run([named, "-c", f"import {', '.join(NEEDED)}"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except OSError as error:
        without(f"KGPATHS_LLAMA_PYTHON={named}: {error.strerror}")
    if tried.returncode:
        without(f"{named}: {tried.stderr.strip().splitlines()[-1]}")
    return named


def written_model(python: str, file: Path) -> Path:
    """Write the tiny model with an interpreter that has ``gguf``."""
    subprocess.run([python, str(WRITER), str(file)], check=True, timeout=PATIENCE)
    return file


@contextmanager
def running(folder: Path, python: str) -> Iterator[Engine]:
    """Yield the engine, serving the tiny model from ``folder``, where its log is too; it ends with the block, or with this process."""
    model, log = written_model(python, folder / f"{NAME}.gguf"), folder / "engine.log"
    for tried in range(1, TRIES + 1):
        port = free_port()
        arguments = [*OPTIONS, "--model", str(model), "--host", "127.0.0.1", "--port", str(port)]
        # nothing of our environment: the server takes any variable named like a setting of its own (HOST, MODEL, SEED) for that setting
        alone = {"PATH": os.environ.get("PATH", "")}
        with log.open("ab") as file:
            process = subprocess.Popen([python, "-c", SERVER, *arguments], stdin=subprocess.PIPE, stdout=file, stderr=file, cwd=folder, env=alone)
        try:
            engine = Engine(f"http://127.0.0.1:{port}/v1", NAME, log)
            if answers(engine, process):
                yield engine
                return
            if tried == TRIES:
                raise RuntimeError(f"the engine does not start; the end of its log:\n{log.read_text(errors='replace')[-2_000:]}")
        finally:
            process.kill()
            process.communicate()


def answers(engine: Engine, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server lists its model; return False where it ends instead, or takes too long."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            status, listed = engine.get("/models")
        except OSError:
            time.sleep(0.1)
            continue
        return status == 200 and [entry["id"] for entry in listed["data"]] == [engine.model]
    return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
