"""Install MuPlan from this folder, without internet, and start it.

This file is copied into the folder as it is, so it needs nothing but Python itself.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ENVIRONMENT = FOLDER / ".venv"
WHERE = "import importlib.util as u; print(u.find_spec('streamlit_app').origin)"
PORT = 8501
SECONDS = 180


def python() -> Path:
    """Give the interpreter of the folder's own environment."""
    inside = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return ENVIRONMENT.joinpath(*inside)


def refuse(sentence: str) -> None:
    """Leave with a sentence."""
    print(sentence, file=sys.stderr)
    sys.exit(2)


def install(kit: dict) -> None:
    """Install once; a newer kit in the same folder is installed over the older one."""
    done = ENVIRONMENT / "muplan-kit.txt"
    state = f"{kit['version']} {kit['made']}"
    if done.is_file() and done.read_text(encoding="utf-8") == state:
        return
    print("正在安装，约需几分钟…… Installing, this takes some minutes…", flush=True)
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    subprocess.run(
        [
            str(python()), "-m", "pip", "install", "--no-index", "--disable-pip-version-check",
            "--find-links", str(FOLDER / "wheels"), "-c", str(FOLDER / "constraints.txt"), "-q",
            f"muplan=={kit['version']}",
        ],
        check=True,
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""},
    )  # fmt: skip
    done.write_text(state, encoding="utf-8")


def free_port(first: int) -> int:
    """Give a port that nobody listens on."""
    for port in range(first, first + 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    return first


def command(port: int, *, is_check: bool) -> list[str]:
    """Give the command that starts the app."""
    entry = subprocess.run(
        [str(python()), "-c", WHERE], check=True, capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    ).stdout.strip()  # fmt: skip
    return [
        str(python()), "-m", "streamlit", "run", entry, "--server.port", str(port),
        "--server.headless", "true" if is_check else "false", "--server.showEmailPrompt", "false",
    ]  # fmt: skip


def answers(port: int, server: subprocess.Popen) -> bool:
    """Wait until the app says that it is well."""
    address = f"http://127.0.0.1:{port}/_stcore/health"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with direct.open(address, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.3)  # a server's start has no event to wait for
    return False


def main() -> int:
    """Install where needed, then start; with ``--check`` only see whether it starts."""
    kit = json.loads((FOLDER / "kit.json").read_text(encoding="utf-8"))
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if running not in kit["pythons"]:
        known = ", ".join(kit["pythons"])
        refuse(f"需要 Python {known}，这里是 {running}。 Python {known} is needed, not {running}.")
    began = time.monotonic()
    install(kit)
    installed = time.monotonic()
    is_check = "--check" in sys.argv[1:]
    port = free_port(PORT)
    folder = Path(os.environ.get("MUPLAN_WORKSPACES") or FOLDER / "workspaces")
    folder.mkdir(exist_ok=True)
    env = {**os.environ, "MUPLAN_WORKSPACES": str(folder), "PYTHONUTF8": "1"}
    server = subprocess.Popen(command(port, is_check=is_check), cwd=FOLDER, env=env)
    try:
        if not is_check:
            print(f"http://127.0.0.1:{port}", flush=True)
            return server.wait()
        is_well = answers(port, server)
        print(
            json.dumps(
                {
                    "healthy": is_well,
                    "install_s": round(installed - began, 1),
                    "start_s": round(time.monotonic() - installed, 1),
                }
            )
        )
        return 0 if is_well else 1
    except KeyboardInterrupt:
        return 0
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait(timeout=20)


if __name__ == "__main__":
    sys.exit(main())
