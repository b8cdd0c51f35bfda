"""Downloads against a server on this machine that misbehaves in every way a server can."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deepvis.models import downloads, hugging_face, transport
from deepvis.models.downloads import checkpoints_dir, fetch, file_name, promised_hash
from deepvis.models.loading import Canceled, ModelError, Watch

CONTENT = bytes(range(256)) * 12000  # 3 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = f"resnet-{SHA256[:8]}.pth"


@dataclass
class Behavior:
    """What the server does, and what it was asked."""

    content: bytes = CONTENT
    ranges: bool = True
    drop_after: list[int] = field(default_factory=list)  # bytes per connection, then it is cut
    stall_after: int | None = None
    status: int = 200
    redirect: str = ""
    gone: tuple[str, ...] = ()
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    behavior: Behavior

    def log_message(self, format, *args):
        pass

    def do_GET(self):
        plan = self.behavior
        plan.asked.append((self.path, self.headers.get("Range"), self.headers.get("Authorization")))
        if plan.redirect and not self.path.startswith("/cdn"):
            self.send_response(302)
            self.send_header("Location", plan.redirect)
            self.send_header("X-Linked-Etag", f'"{SHA256}"')
            self.end_headers()
            return
        if plan.status != 200 or any(name in self.path for name in plan.gone):
            self.send_error(404 if plan.status == 200 else plan.status)
            return
        self.send_content(plan)

    def send_content(self, plan):
        start = int(self.headers["Range"][6:-1]) if "Range" in self.headers and plan.ranges else 0
        if start >= len(plan.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(plan.content) - start))
        self.end_headers()
        end = start + plan.drop_after.pop(0) if plan.drop_after else len(plan.content)
        if plan.stall_after is not None:
            end = start + plan.stall_after
        try:
            self.wfile.write(plan.content[start:end])
            self.wfile.flush()
            if plan.stall_after is not None:
                plan.stop.wait(20)
                self.wfile.write(plan.content[end:])
        except OSError:
            pass  # the other side has left


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(downloads, "PAUSE_S", 0.05)
    behavior = Behavior()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"behavior": behavior}))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    behavior.url = f"http://127.0.0.1:{http.server_port}"
    yield behavior
    behavior.stop.set()
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "checkpoints" / NAME


def test_a_file_arrives_whole_under_its_name_with_progress_on_the_way(server, target):
    said = []
    assert fetch(f"{server.url}/{NAME}", target, Watch(lambda text, part: said.append((text, part)))) == target
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]
    assert (f"Downloading {NAME}: 3 of 3 MB", 1.0) in said
    fractions = [part for _, part in said if part is not None]
    assert fractions == sorted(fractions)


def test_a_cached_file_is_used_without_asking_the_server(server, target):
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    fetch(f"{server.url}/{NAME}", target, Watch())
    assert server.asked == []


def test_a_damaged_cached_file_is_loaded_again(server, target):
    target.parent.mkdir()
    target.write_bytes(CONTENT[:1000])
    fetch(f"{server.url}/{NAME}", target, Watch())
    assert target.read_bytes() == CONTENT


def test_a_dropped_connection_is_resumed_within_one_call(server, target):
    server.drop_after = [1_000_000, 500_000]
    fetch(f"{server.url}/{NAME}", target, Watch())
    assert target.read_bytes() == CONTENT
    assert [ranged for _, ranged, _ in server.asked] == [None, "bytes=1000000-", "bytes=1500000-"]


def test_a_server_that_drops_without_a_new_byte_is_given_up(server, target):
    server.drop_after = [1000, 0, 0, 0, 0, 0, 0]
    with pytest.raises(ModelError, match="the connection ended after 1000 of"):
        fetch(f"{server.url}/{NAME}", target, Watch())
    assert len(server.asked) == 1 + downloads.TRIES - 1


def test_the_next_call_goes_on_where_the_last_one_was_canceled(server, target):
    server.stall_after = 800_000
    began = time.monotonic()
    with pytest.raises(Canceled):
        fetch(f"{server.url}/{NAME}", target, Watch(canceled=lambda: time.monotonic() > began + 0.7))
    server.stop.set()
    server.stall_after = None
    fetch(f"{server.url}/{NAME}", target, Watch())
    assert target.read_bytes() == CONTENT
    assert server.asked[-1][1] == "bytes=800000-"


def test_a_cancel_while_the_server_stalls_ends_at_once(server, target):
    server.stall_after = 100_000
    began = time.monotonic()
    with pytest.raises(Canceled):
        fetch(f"{server.url}/{NAME}", target, Watch(canceled=lambda: time.monotonic() > began + 0.5))
    assert time.monotonic() - began < 2


def test_a_server_that_falls_silent_is_given_up_with_a_sentence(server, target, monkeypatch):
    monkeypatch.setattr(downloads, "SILENCE_S", 0.3)
    server.stall_after = 0
    with pytest.raises(ModelError, match=r"could not be reached over the network.*--weights FILE"):
        fetch(f"{server.url}/{NAME}", target, Watch())


def test_a_slow_server_is_waited_for(server, target):
    server.stall_after = 1_000_000
    timer = threading.Timer(2.5 * transport.POLL_S, server.stop.set)
    timer.start()
    fetch(f"{server.url}/{NAME}", target, Watch())
    timer.join()
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_server_without_ranges_begins_anew(server, target):
    server.ranges = False
    server.drop_after = [1_000_000]
    fetch(f"{server.url}/{NAME}", target, Watch())
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_longer_than_the_file_is_thrown_away(server, target):
    target.parent.mkdir()
    target.with_name(NAME + ".part").write_bytes(CONTENT + b"more")
    fetch(f"{server.url}/{NAME}", target, Watch())
    assert target.read_bytes() == CONTENT


def test_a_wrong_hash_removes_the_file_and_says_so(server, target):
    server.content = CONTENT[:-1] + b"!"
    with pytest.raises(ModelError, match=rf"{NAME}.*arrived damaged.*not {SHA256[:8]}.*try again"):
        fetch(f"{server.url}/{NAME}", target, Watch())
    assert list(target.parent.iterdir()) == []


def test_a_refusal_names_the_file_and_is_not_repeated(server, target):
    server.status = 403
    with pytest.raises(ModelError, match=rf"refused {NAME} \(403.*--weights FILE"):
        fetch(f"{server.url}/{NAME}", target, Watch())
    assert len(server.asked) == 1


def test_a_busy_server_is_asked_again(server, target):
    server.status = 503
    fetch(f"{server.url}/{NAME}", target, Watch(canceled=lambda: _recover(server)))
    assert target.read_bytes() == CONTENT


def _recover(server):
    if server.asked:
        server.status = 200
    return False


def test_without_a_connection_the_sentence_says_what_is_missing_and_what_to_do(target, monkeypatch):
    monkeypatch.setattr(downloads, "PAUSE_S", 0.05)
    url = f"https://download.example.invalid/{NAME}"
    with pytest.raises(ModelError, match=rf"could not be reached over the network.*{NAME}.*--weights FILE.*{NAME}"):
        fetch(url, target, Watch())
    assert not target.parent.exists() or list(target.parent.iterdir()) == []


def test_a_file_address_works(tmp_path, target):
    (tmp_path / NAME).write_bytes(CONTENT)
    fetch((tmp_path / NAME).as_uri(), target, Watch())
    assert target.read_bytes() == CONTENT
    with pytest.raises(ModelError, match="cannot be read from file:"):
        fetch((tmp_path / "gone.pth").as_uri(), tmp_path / "checkpoints" / "gone.pth", Watch())


def test_a_folder_that_cannot_be_made_is_named(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match=rf"{NAME} cannot be stored"):
        fetch(f"{server.url}/{NAME}", tmp_path / "file" / NAME, Watch())


def test_the_folder_is_torch_hubs(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert checkpoints_dir() == tmp_path / "hub" / "checkpoints"


def test_names_and_hashes_follow_torch_hub():
    assert file_name("https://host/models/resnet50-11ad3fa6.pth?download=1") == "resnet50-11ad3fa6.pth"
    assert promised_hash("resnet50-11ad3fa6.pth") == "11ad3fa6"
    assert promised_hash("vit-384.pth") == ""
    assert promised_hash("model.safetensors") == ""


# ------------------------------------------------------------------------------------------------ Hugging Face hub


@pytest.fixture
def hub(server, monkeypatch, tmp_path):
    import huggingface_hub

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(
        huggingface_hub, "hf_hub_url", lambda repo, name, *, revision=None: f"{server.url}/{repo}/{revision}/{name}"
    )
    server.redirect = f"{server.url.replace('127.0.0.1', 'localhost')}/cdn/blob"
    return server


def test_hub_files_are_checked_against_the_hash_the_hub_announces(hub, tmp_path):
    path = hugging_face.hub_file("timm/test.in1k", None, Watch())
    assert path == tmp_path / "hub" / "checkpoints" / "timm--test.in1k--model.safetensors"
    assert path.read_bytes() == CONTENT
    path.unlink()
    hub.content = CONTENT[::-1]
    with pytest.raises(ModelError, match="arrived damaged"):
        hugging_face.hub_file("timm/test.in1k", None, Watch())


def test_hub_files_are_downloaded_once(hub):
    hugging_face.hub_file("timm/test.in1k@v2", None, Watch())
    count = len(hub.asked)
    assert hub.asked[0][0] == "/timm/test.in1k/v2/model.safetensors"
    hugging_face.hub_file("timm/test.in1k@v2", None, Watch())
    assert len(hub.asked) == count


def test_an_older_repository_gives_its_pickle_of_tensors(hub):
    hub.redirect = ""
    hub.gone = ("model.safetensors",)
    path = hugging_face.hub_file("timm/old", None, Watch())
    assert path.name == "timm--old--pytorch_model.bin"


def test_the_token_stays_with_the_hub(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_abc")
    hugging_face.hub_file("timm/test.in1k", None, Watch())
    assert [token for _, _, token in hub.asked] == ["Bearer hf_abc", None]


def test_the_hubs_own_cache_comes_first(hub, monkeypatch, tmp_path):
    import huggingface_hub

    cached = tmp_path / "cached.safetensors"
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: str(cached))
    assert hugging_face.hub_file("timm/test.in1k", None, Watch()) == cached
    assert hub.asked == []


def test_offline_means_offline(hub, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"HF_HUB_OFFLINE.*--weights FILE"):
        hugging_face.hub_file("timm/test.in1k", None, Watch())
    assert hub.asked == []
