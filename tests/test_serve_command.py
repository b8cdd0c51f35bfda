from __future__ import annotations

import pytest

from deepvis.cli import main
from deepvis.config import Settings
from deepvis.options import RunOptions, ServeOptions
from deepvis.serving.errors import ServingError
from deepvis.startup import prepare
from tests.fake_window import put_in_place


@pytest.fixture
def window(monkeypatch):
    monkeypatch.delenv("DEEPVIS_TOKEN", raising=False)
    return put_in_place(monkeypatch)


def test_the_bare_command_serves_this_machine_alone_and_has_no_end(window, capsys):
    assert main(["serve"]) == 0
    assert window.settings == Settings()
    assert window.options == RunOptions(offscreen=True, serve=ServeOptions("127.0.0.1", 8017, ""))
    assert capsys.readouterr() == ("", "")


def test_it_takes_all_options_of_the_window(window):
    arguments = "serve --port 0 --model resnet18 --source demo --unit 3 --theme light --size 900x600 --seconds 5"
    assert main(arguments.split()) == 0
    assert window.settings == Settings(model="resnet18", source="demo", unit=3, theme="light")
    assert (window.options.seconds, window.options.size, window.options.serve.port) == (5.0, (900, 600), 0)
    assert window.options.given == {"model", "source", "unit", "theme"}


def test_the_token_is_the_one_given_or_that_of_the_environment(window, monkeypatch):
    monkeypatch.setenv("DEEPVIS_TOKEN", "from-the-environment")
    main(["serve"])
    assert window.options.serve.token == "from-the-environment"
    main(["serve", "--token", "from-the-command-line"])
    assert window.options.serve.token == "from-the-command-line"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "my-machine"])
def test_an_address_that_others_reach_gets_a_token_that_nobody_guesses(window, host):
    tokens = set()
    for _ in range(3):
        assert main(["serve", "--host", host, "--token", ""]) == 0
        tokens.add(window.options.serve.token)
    assert len(tokens) == 3
    assert min(map(len, tokens)) >= 32


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "many"], "--port must look like N, not 'many'."),
        (["--port", "70000"], "--port must be from 0 to 65535, not 70000."),
        (["--host", " "], "--host must be an address of this machine"),
        (["--token", "short"], "--token must have 8 to 200 letters"),
        (["--token", "with a space in it"], "--token must have 8 to 200 letters"),
        (["--colormap", "rainbow"], "--colormap must be one of"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence_and_no_window_opens(window, capsys, arguments, words):
    assert main(["serve", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert window.options is None


def test_a_port_in_use_ends_with_its_sentence(window, capsys):
    window.error = ServingError("Port 8017 of 127.0.0.1 is in use already.")
    assert main(["serve"]) == 2
    assert capsys.readouterr().err == "Port 8017 of 127.0.0.1 is in use already.\n"


def test_without_a_display_it_says_so_and_leaves_no_files_that_nobody_asked_for(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that monkeypatch puts back what prepare() changes
        monkeypatch.delenv(name)
    monkeypatch.setattr("deepvis.startup.sys.platform", "linux")
    monkeypatch.setattr("deepvis.system_libraries.missing_libraries", lambda files: ())
    asked = RunOptions(serve=ServeOptions())
    options, said = prepare(asked)
    assert options == RunOptions(offscreen=True, serve=ServeOptions())
    assert "no display" in said
    assert said.endswith("the window runs offscreen.")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.delenv("QT_QPA_PLATFORM")
    assert prepare(asked) == (asked, "")
