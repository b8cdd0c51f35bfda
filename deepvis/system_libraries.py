"""Shared libraries that Qt and OpenCV need from the system, and the Debian packages that hold them.

Qt's own message names one library, often one that is there; `ldd` on the plugin names those that are missing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MISSING = re.compile(r"^\s*(\S+)\s+=>\s+not found\s*$", re.MULTILINE)

DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libICE.so.6": "libice6",
    "libSM.so.6": "libsm6",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
"""Shared library -> package that holds it on Debian and Ubuntu."""


def qt_files(platform: str) -> tuple[Path, ...]:
    """What Qt loads for a window on a platform (`xcb`, `wayland`, `offscreen`): the plugin and the widgets."""
    folder = _package_folder("PyQt6")
    if folder is None:
        return ()
    wanted = (
        folder / "Qt6" / "plugins" / "platforms" / f"libq{platform}.so",
        folder / "Qt6" / "lib" / "libQt6Widgets.so.6",
    )
    return tuple(path for path in wanted if path.is_file())


def opencv_files() -> tuple[Path, ...]:
    """The compiled part of OpenCV."""
    folder = _package_folder("cv2")
    return () if folder is None else tuple(sorted(folder.glob("cv2*.so")))


def missing_libraries(files: Iterable[Path], ask: Callable[[list[str]], str] | None = None) -> tuple[str, ...]:
    """Names of the shared libraries that these files need and the system does not have, sorted.

    Args:
        files: shared objects; an empty list needs nothing.
        ask: gives what `ldd` prints for the files; by default it runs `ldd`. Nothing is missing where it cannot run.
    """
    names = [str(path) for path in files]
    if not names:
        return ()
    return tuple(sorted(set(_MISSING.findall((ask or _ldd)(names)))))


def remedy(libraries: Iterable[str]) -> str:
    """The line that installs these libraries, or what to look for where there is no `apt-get`."""
    libraries = tuple(libraries)
    unknown = [name for name in libraries if name not in DEBIAN_PACKAGES]
    packages = sorted({DEBIAN_PACKAGES[name] for name in libraries if name in DEBIAN_PACKAGES})
    if shutil.which("apt-get") is None or not packages:
        return f"Install the packages of your system that hold {', '.join(libraries)}."
    line = f"{_sudo()}apt-get install -y {' '.join(packages)}"
    return line + (f"   (and the packages that hold {', '.join(unknown)})" if unknown else "")


def _sudo() -> str:
    return "" if sys.platform == "win32" or os.geteuid() == 0 else "sudo "


def _package_folder(name: str) -> Path | None:
    spec = find_spec(name)  # finds without importing
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _ldd(files: list[str]) -> str:
    program = shutil.which("ldd")
    if program is None:
        return ""
    try:
        # LC_ALL: "not found" is read, not shown
        done = subprocess.run(
            [program, *files],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
