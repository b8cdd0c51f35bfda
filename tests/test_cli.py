from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from deepvis import __version__, places
from deepvis.cli import app, main
from deepvis.command_options import MODEL, PANELS, RUN, SERVE, SHOWN, SOURCE
from deepvis.config import Settings
from deepvis.options import RunOptions, ServeOptions
from deepvis.records import BackView, Fit, Method, Overlay
from tests.fake_window import put_in_place

ROOT = Path(__file__).resolve().parents[1]
SETTING_ROWS = (*MODEL, *SOURCE, *SHOWN)


@pytest.fixture
def window(monkeypatch):
    return put_in_place(monkeypatch)


def settings_file(folder, values):
    path = folder / "settings.py"
    path.write_text(f"from deepvis.config import Settings\nSETTINGS = Settings(**{values!r})\n")
    return path


def test_every_setting_has_an_option_and_every_option_a_setting():
    assert [row.name for row in SETTING_ROWS] == sorted(
        (field.name for field in dataclasses.fields(Settings)), key=[row.name for row in SETTING_ROWS].index
    )
    # `given` is no option: it tells which settings the options gave; `serve` is a command with options of its own
    assert {row.name for row in RUN} == {field.name for field in dataclasses.fields(RunOptions)} - {"given", "serve"}
    assert [row.name for row in SERVE] == ["port", "host", "token"]
    assert {row.name for row in SERVE} == {field.name for field in dataclasses.fields(ServeOptions)}


def test_the_bare_command_opens_the_window_with_the_defaults(window):
    assert main([]) == 0
    assert window.settings == Settings()


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--model", "resnet18"], "model", "resnet18"),
        (["--weights", "random"], "weights", "random"),
        (["--labels", "names.txt"], "labels", Path("names.txt")),
        (["--mean", "0.1,0.2,0.3"], "mean", (0.1, 0.2, 0.3)),
        (["--std", "0.5"], "std", (0.5,)),
        (["--input-size", "96x128"], "input_size", (96, 128)),
        (["--input-size", "96"], "input_size", (96, 96)),
        (["--interpolation", "Bicubic"], "interpolation", "bicubic"),
        (["--crop-ratio", "0.9"], "crop_ratio", 0.9),
        (["--inputs", "stacked"], "inputs", "stacked"),
        (["--second", "demo"], "second", "demo"),
        (["--device", "cuda:1"], "device", "cuda:1"),
        (["--precision", "bfloat16"], "precision", "bfloat16"),
        (["--threads", "2"], "threads", 2),
        (["--source", "camera:1"], "source", "camera:1"),
        (["--mirror"], "mirror", True),
        (["--no-mirror"], "mirror", False),
        (["--quarter-turns", "3"], "quarter_turns", 3),
        (["--fit", "letterbox"], "fit", Fit.LETTERBOX),
        (["--camera-size", "1280x720"], "camera_size", (1280, 720)),
        (["--layer", "blocks.4.1"], "layer", "blocks.4.1"),
        (["--unit", "37"], "unit", 37),
        (["--no-predictions"], "predictions", False),
        (["--sort", "maximum"], "sort", "maximum"),
        (["--hide-dead"], "hide_dead", True),
        (["--scaling", "unit"], "scaling", "unit"),
        (["--individual", "0.8"], "individual", 0.8),
        (["--gamma", "0.5"], "gamma", 0.5),
        (["--colormap", "gray"], "colormap", "gray"),
        (["--overlay", "over-active"], "overlay", Overlay.ACTIVE),
        (["--overlay", "over inactive"], "overlay", Overlay.INACTIVE),
        (["--opacity", "0.25"], "opacity", 0.25),
        (["--method", "deconvnet"], "method", Method.DECONVNET),
        (["--method", "Integrated Gradients"], "method", Method.INTEGRATED_GRADIENTS),
        (["--method", "off"], "method", None),
        (["--view", "norm-blur"], "view", BackView.NORM_BLUR),
        (["--view", "sum>0"], "view", BackView.SUM),
        (["--back-colormap", "jet"], "back_colormap", "jet"),
        (["--back-overlay", "over-active"], "back_overlay", Overlay.ACTIVE),
        (["--back-seed", "difference"], "back_seed", "difference"),
        (["--theme", "light"], "theme", "light"),
        (["--gallery-dir", "pictures"], "gallery_dir", Path("pictures")),
    ],
)
def test_an_option_sets_its_setting_and_no_other(window, arguments, name, value):
    assert main(arguments) == 0
    assert window.settings == Settings(**{name: value})


def test_the_options_above_cover_every_setting():
    tested = next(
        mark.args[1] for mark in test_an_option_sets_its_setting_and_no_other.pytestmark if mark.name == "parametrize"
    )
    assert {name for _, name, _ in tested} == {row.name for row in SETTING_ROWS}


def test_run_options_arrive(window, tmp_path):
    arguments = "--offscreen --seconds 2.5 --screenshot a.png --stats b.json --size 1280x720 --scale-factor 2 "
    assert main([*arguments.split(), "--reset-settings"]) == 0
    assert window.options == RunOptions(True, 2.5, Path("a.png"), Path("b.json"), (1280, 720), 2.0, True, False)
    assert os.environ.pop("QT_SCALE_FACTOR") == "2.0"


def test_the_command_line_beats_the_file_and_the_file_the_defaults(window, tmp_path):
    path = settings_file(tmp_path, {"unit": 3, "theme": "light"})
    assert main(["--settings", str(path), "--unit", "4"]) == 0
    assert window.settings == Settings(unit=4, theme="light")


def test_an_empty_value_goes_back_to_the_default(window, tmp_path):
    path = settings_file(tmp_path, {"weights": "mine.pt", "unit": 3})
    assert main(["--settings", str(path), "--weights", "", "--unit", ""]) == 0
    assert window.settings == Settings()


def test_the_settings_file_of_the_configuration_folder_is_read(window):
    places.config_dir().mkdir(parents=True)
    settings_file(places.config_dir(), {"unit": 5})
    assert main([]) == 0
    assert window.settings.unit == 5


def test_a_settings_file_in_the_current_folder_is_left_alone(window, tmp_path, monkeypatch):
    settings_file(tmp_path, {"unit": 6})
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert window.settings.unit == 0


def test_a_file_beside_the_caller_comes_before_the_configuration_folder(window, tmp_path):
    places.config_dir().mkdir(parents=True)
    settings_file(places.config_dir(), {"unit": 5})
    assert main([], settings_file=settings_file(tmp_path, {"unit": 7})) == 0
    assert window.settings.unit == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--theme", "purple"], "--theme must be one of 'dark', 'light', 'system', not 'purple'."),
        (["--overlay", "foo"], "--overlay must be one of 'off', 'over-active', 'over-inactive', not 'foo'."),
        (
            ["--method", "magic"],
            "--method must be off or one of gradient, gradient-x-input, deconvnet, guided, smoothgrad, "
            "integrated-gradients, grad-cam, occlusion, lrp, not 'magic'.",
        ),
        (
            ["--view", "sepia"],
            "--view must be one of raw, gray, norm, norm-blur, sum>0, histogram, not 'sepia'.",
        ),
        (["--camera-size", "big"], "--camera-size must look like WIDTHxHEIGHT, not 'big'."),
        (["--unit", "x"], "--unit must look like N, not 'x'."),
        (["--mean", "0.5,,"], "--mean must look like M,M,M, not '0.5,,'."),
        (["--seconds", "0"], "--seconds must be above 0, not 0.0."),
        (["--size", "10x10"], "--size must be from 200x200 to 16384x16384, not 10x10."),
        (["--scale-factor", "100"], "--scale-factor must be a number from 0.25 to 8, not 100.0."),
        (["--screenshot", "x.jpg"], "--screenshot writes PNG files: give a name that ends in .png, not 'x.jpg'."),
        (
            ["--screenshot", "no-such-folder/x.png"],
            "--screenshot: there is no folder 'no-such-folder'. Make it first, or give another path.",
        ),
        (
            ["--stats", "no-such-folder/x.json"],
            "--stats: there is no folder 'no-such-folder'. Make it first, or give another path.",
        ),
        (["--input-size", "0x4"], "--input-size must be two whole numbers above 0, not (0, 4)."),
        (["--settings", "nowhere.py"], "There is no settings file nowhere.py."),
        (["--unit", "3", "sources"], "Write --unit after 'sources', if it takes that: deepvis sources --help."),
        (["layers", "--crop-ratio", "7"], "--crop-ratio must be a number from 0.05 to 1.0, not 7.0."),
    ],
)
def test_a_mistake_ends_in_one_sentence_and_exit_code_2(window, capsys, arguments, said):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err == said + "\n"
    assert captured.out == ""
    assert window.settings is None


def test_an_unknown_color_map_is_refused_before_anything_is_said_of_the_display(window, capsys, monkeypatch):
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert main(["--colormap", "rainbow"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("--colormap must be one of auto, magma")
    assert len(said.splitlines()) == 1


def test_an_unknown_color_map_of_a_settings_file_is_no_option(window, capsys, tmp_path):
    for name in ("colormap", "back_colormap"):
        assert main(["--settings", str(settings_file(tmp_path, {name: "rainbow"}))]) == 2
        assert capsys.readouterr().err.startswith(f"{name} must be one of")


@pytest.mark.parametrize("arguments", [["--nonsense"], ["cat.jpg"], ["--unit"]])
def test_a_command_line_that_makes_no_sense_ends_in_one_line_and_exit_code_2(window, capsys, arguments):
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_given_without_its_option_is_told_how(window, capsys):
    main(["cat.jpg"])
    assert "deepvis --source PATH" in capsys.readouterr().err


def test_a_defect_is_told_in_one_line_without_a_traceback(window, capsys):
    window.error = RuntimeError("it broke")
    assert main([]) == 1
    said = capsys.readouterr().err
    assert "DeepVis failed (RuntimeError: it broke). Run the same with --debug" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("error", [RuntimeError, KeyError])
def test_debug_shows_the_traceback(window, error):
    window.error = error("it broke")
    with pytest.raises(error, match="it broke"):
        main(["--debug"])


def test_debug_shows_the_traceback_of_a_mistake_too(window):
    with pytest.raises(ValueError, match="theme"):
        main(["--debug", "--theme", "purple"])


def test_ctrl_c_ends_quietly(window, capsys):
    window.error = KeyboardInterrupt()
    assert main([]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_the_version_is_shown_without_a_window(window, capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"deepvis {__version__}"
    assert window.settings is None


def test_help_lists_every_option(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    of_window = [panel for name, panel in PANELS.items() if name != "Serving"]
    assert [row.flag for panel in of_window for row in panel if row.flag not in shown] == []
    lines = [line for line in shown.splitlines() if "<bool>" in line]
    assert all("--help" in line for line in lines)


def run_python(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_imports_nothing_heavy(tmp_path):
    script = (
        "import sys\nfrom deepvis.cli import main\nmain(['--help'])\n"
        "heavy = {'torch', 'numpy', 'cv2', 'PyQt6', 'timm', 'PIL', 'pyqtgraph'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = run_python("-c", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


SMALLEST = """
import typer
app = typer.Typer()
@app.command()
def say(word: str = "hello") -> None:
    "Say a word."
app(["--help"])
"""


def test_help_answers_at_once(tmp_path):
    def computed_s(*arguments):
        """What the process computed: that others on a busy machine made it wait is not its fault."""
        before = os.times()
        assert run_python(*arguments, cwd=tmp_path).returncode == 0
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    # in turn, as a busy core is slow for both; the first run may write byte code
    pairs = [(computed_s("-m", "deepvis", "--help"), computed_s("-c", SMALLEST)) for _ in range(4)][1:]
    # 1.7 times; torch would make it ten times, and lighter ones are named above
    assert min(own for own, _ in pairs) < 2.5 * min(smallest for _, smallest in pairs)


def test_the_module_is_the_same_command(tmp_path):
    done = run_python("-m", "deepvis", "--version", cwd=tmp_path)
    assert done.stdout.strip() == f"deepvis {__version__}"


START = """
import runpy, sys
from types import ModuleType
app = ModuleType("deepvis.gui.app")
app.run = lambda settings, options: print("unit", settings.unit) or 0
sys.modules["deepvis.gui.app"] = app
sys.argv = ["run_toolbox.py", "--offscreen", "--seconds", "1"]
runpy.run_path(sys.path[0] + "/run_toolbox.py", run_name="__main__")
"""


@pytest.mark.parametrize("unit", [0, 9])
def test_run_toolbox_reads_the_settings_beside_it_whatever_the_current_folder(tmp_path, unit):
    beside, elsewhere = tmp_path / "beside", tmp_path / "elsewhere"
    beside.mkdir()
    elsewhere.mkdir()
    (beside / "run_toolbox.py").write_text((ROOT / "run_toolbox.py").read_text())
    settings_file(beside, {"unit": unit})
    settings_file(elsewhere, {"unit": 1})
    # as `python beside/run_toolbox.py` sets it
    start = START.replace("import runpy, sys", f"import runpy, sys\nsys.path.insert(0, {str(beside)!r})")
    done = run_python("-c", start, cwd=elsewhere)
    assert done.stdout == f"unit {unit}\n", done.stderr


def test_run_toolbox_is_at_most_40_lines():
    assert len((ROOT / "run_toolbox.py").read_text().splitlines()) <= 40


def test_doctor_prints_json_and_fails_where_a_check_failed(monkeypatch, capsys):
    from deepvis.doctor.report import Finding, Verdict

    findings = [Finding("a", Verdict.OK, "fine")]
    monkeypatch.setattr("deepvis.doctor.checks.all_checks", lambda: findings)
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "a", "verdict": "ok", "detail": "fine", "remedy": ""}]
    findings.append(Finding("b", Verdict.FAIL, "broken", "mend it"))
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "broken" in shown
    assert "mend it" in shown


OTHER_OPTIONS = {"--version", "--help"}
OPTIONS_OF_OTHERS = {"--nproc-per-node", "--array", "--wrap"}
"""Of torchrun and sbatch."""


def options_of_commands():
    commands = typer.main.get_command(app).commands.values()
    return {option for command in commands for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize(
    "document", ["README.md", "docs/use-your-own-network.md", "docs/scan-a-folder.md", "docs/remote.md"]
)
def test_every_option_that_a_document_names_exists(document):
    import re

    known = options_of_commands()
    known |= {part for panel in PANELS.values() for row in panel for part in row.declaration.split("/")}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (ROOT / document).read_text()))
    assert named - known - OTHER_OPTIONS - OPTIONS_OF_OTHERS == set()
