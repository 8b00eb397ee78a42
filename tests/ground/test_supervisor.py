"""The supervisor: starts in order, brings back what dies, ends everything, and leaves no orphan behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.adapters.child import Child, ChildFailed, PortTaken, is_important
from app.adapters.lockfile import AlreadyHeld, LockFile
from app.adapters.places import CLONE
from app.adapters.rotating_log import RotatingLog
from app.adapters.supervisor import AlreadyRunning, Supervisor

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


def sleeper(name: str = "sleeper") -> Child:
    return Child(name, python(SLEEPER), ready_line="up", patience=20)


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def wait_for(condition: Callable[[], object], *, within: float = 60) -> bool:
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def test_children_are_ready_in_order_and_end_in_reverse_order(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    code = f"""
        import signal, sys, time
        def end(*_):
            open({str(witness)!r}, "a").write(sys.argv[1] + " ended\\n")
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        open({str(witness)!r}, "a").write(sys.argv[1] + " ready\\n")
        print("up", flush=True)
        time.sleep(60)
    """
    with Supervisor(tmp_path / "data") as supervisor:
        for name in ("one", "two"):
            supervisor.start(Child(name, [*python(code), name], ready_line="up", patience=20))
    assert witness.read_text().split("\n")[:-1] == ["one ready", "two ready", "two ended", "one ended"]


def test_the_output_goes_to_a_log_and_only_what_matters_to_the_terminal(tmp_path: Path) -> None:
    said: list[str] = []
    code = """
        print('{"level": "info", "event": "routine"}')
        print('{"level": "warning", "event": "watch out"}')
        print("up", flush=True)
        import time; time.sleep(60)
    """
    with Supervisor(tmp_path / "data", say=said.append) as supervisor:
        supervisor.start(Child("api", python(code), ready_line="up", patience=20))
    assert "routine" in (tmp_path / "data" / "log" / "api.log").read_text()
    terminal = "\n".join(said)
    assert "watch out" in terminal
    assert "routine" not in terminal


@pytest.mark.parametrize(
    ("line", "important"),
    [
        ('{"level": "error", "event": "x"}', True),
        ('{"level": "info", "event": "ERROR in words"}', False),
        ("Traceback (most recent call last):", True),
        ("listening on 8000", False),
        ("[1, 2]", False),
    ],
)
def test_warnings_and_worse_are_important(line: str, important: bool) -> None:
    assert is_important(line) is important


def test_a_child_that_dies_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(ChildFailed, match="no such table"),
        Supervisor(tmp_path / "data", say=lambda _: None) as supervisor,
    ):
        supervisor.start(Child("api", python("raise SystemExit('no such table')"), ready_line="up", patience=20))


def test_a_child_that_never_gets_ready_is_not_waited_for_forever(tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="没有就绪"), Supervisor(tmp_path / "data", say=lambda _: None) as supervisor:
        supervisor.start(Child("api", python(SLEEPER), ready_line="never said", patience=0.5))


def test_a_taken_port_is_told_with_the_setting_to_change(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, Supervisor(tmp_path / "data") as supervisor:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"{port}.*web\.port"):
            supervisor.start(Child("api", python(SLEEPER), port=port, port_setting="config.toml 里的 web.port"))


def test_a_child_counts_as_ready_when_its_address_answers(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    child = Child("web", argv, port=port, ready_url=f"http://127.0.0.1:{port}/", patience=20)
    with Supervisor(tmp_path / "data", say=lambda _: None) as supervisor:
        supervisor.start(child)
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_two_supervisors_do_not_share_a_data_folder(tmp_path: Path) -> None:
    with (
        Supervisor(tmp_path / "data"),
        pytest.raises(AlreadyRunning, match=str(os.getpid())),
        Supervisor(tmp_path / "data"),
    ):
        pytest.fail("the second one got in")
    with Supervisor(tmp_path / "data"):
        pass


def test_a_lock_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = """
        import sys, time
        from pathlib import Path
        from app.adapters.lockfile import LockFile
        lock = LockFile(Path(sys.argv[1]))
        lock.take()
        print("held", flush=True)
        time.sleep(60)
    """
    holder = subprocess.Popen([*python(code), str(path)], stdout=subprocess.PIPE, cwd=CLONE)
    assert holder.stdout is not None
    with holder.stdout:
        holder.stdout.readline()
        with pytest.raises(AlreadyHeld) as refused:
            LockFile(path).take()
        holder.kill()
        holder.wait()
    assert refused.value.holder == holder.pid
    lock = LockFile(path)
    lock.take()
    lock.release()


def test_a_log_that_grows_keeps_one_older_part(tmp_path: Path) -> None:
    with RotatingLog(tmp_path / "log" / "x.log", rotate_at=20) as log:
        for number in range(6):
            log.write(f"line number {number}")
    assert (tmp_path / "log" / "x.log").read_text() == "line number 4\nline number 5\n"
    assert (tmp_path / "log" / "x.log.1").read_text() == "line number 2\nline number 3\n"


# -- a supervisor as a process of its own, told by signals


class Outside:
    """A supervisor in another process with one child and one grandchild."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(self.PROGRAM), str(data)],
            cwd=CLONE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "watching\n"

    PROGRAM = """
        import sys
        from pathlib import Path
        from app.adapters.child import Child
        from app.adapters.supervisor import Supervisor
        family = '''
        import os, subprocess, sys, time
        grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open(sys.argv[1], "w").write(f"{os.getpid()} {grandchild.pid}")
        print("up", flush=True)
        time.sleep(60)
        '''
        import textwrap
        data = Path(sys.argv[1])
        with Supervisor(data, say=lambda text: None) as supervisor:
            argv = [sys.executable, "-c", textwrap.dedent(family), str(data / "family")]
            supervisor.start(Child("family", argv, ready_line="up"))
            print("watching", flush=True)
            supervisor.watch()
        print("ended cleanly", flush=True)
    """

    @property
    def family(self) -> tuple[int, ...]:
        return tuple(int(pid) for pid in (self.data / "family").read_text().split())

    def end(self, how: signal.Signals) -> str:
        self.process.send_signal(how)
        words, _ = self.process.communicate(timeout=20)
        return words


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_ends_children_and_grandchildren_and_itself_without_an_error(
    tmp_path: Path, how: signal.Signals
) -> None:
    outside = Outside(tmp_path)
    family = outside.family
    assert outside.end(how) == "ended cleanly\n"
    assert outside.process.returncode == 0
    assert wait_for(lambda: not any(is_alive(pid) for pid in family))


def test_a_child_that_is_killed_comes_back_and_its_own_children_are_swept_up(tmp_path: Path) -> None:
    outside = Outside(tmp_path)
    first, grandchild = outside.family
    os.kill(first, signal.SIGKILL)
    assert wait_for(lambda: len(outside.family) == 2 and first not in outside.family)
    assert is_alive(outside.family[0])
    assert not is_alive(grandchild)
    outside.end(signal.SIGTERM)


@pytest.mark.skipif(sys.platform != "linux", reason="the leash is Linux's")
def test_killed_outright_it_leaves_no_child_behind(tmp_path: Path) -> None:
    outside = Outside(tmp_path)
    child, grandchild = outside.family
    outside.end(signal.SIGKILL)
    assert wait_for(lambda: not is_alive(child))
    os.kill(grandchild, signal.SIGKILL)  # the leash holds children; what they start is their own care


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(900)"
    )
    with Supervisor(tmp_path / "data", say=lambda _: None, stop_within=1) as supervisor:
        supervisor.start(Child("stubborn", python(code), ready_line="up", patience=20))
        pid = supervisor.pid_of("stubborn")
    assert not is_alive(pid)


class Recorder:
    """A database that only remembers what was asked of it, and can be made to die."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_running = False

    def start(self) -> None:
        self.asked.append("start")
        self.is_running = True

    def restart(self) -> None:
        self.asked.append("restart")
        self.is_running = True
        os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        self.asked.append("stop")


def test_a_database_that_dies_is_brought_back_and_stopped_last(tmp_path: Path) -> None:
    database = Recorder()
    said: list[str] = []
    with Supervisor(tmp_path / "data", say=said.append) as supervisor:
        supervisor.keep_database(database)
        supervisor.start(sleeper())
        database.is_running = False
        supervisor.watch()
    assert database.asked == ["start", "restart", "stop"]
    assert said[-2:] == ["正在停止…", "已停止，数据已保存。"]
