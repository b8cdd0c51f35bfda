from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deepvis import system_libraries
from deepvis.system_libraries import DEBIAN_PACKAGES, missing_libraries, opencv_files, qt_files, remedy

LDD = """/site-packages/PyQt6/Qt6/plugins/platforms/libqxcb.so:
\tlinux-vdso.so.1 (0x00007ffd5b5d2000)
\tlibQt6XcbQpa.so.6 => /site-packages/PyQt6/Qt6/lib/libQt6XcbQpa.so.6 (0x00007f1a3c000000)
\tlibxcb-cursor.so.0 => /lib/x86_64-linux-gnu/libxcb-cursor.so.0 (0x00007f1a3bff0000)
\tlibxcb-icccm.so.4 => not found
\tlibxcb-keysyms.so.1 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f1a3bc00000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f1a3c5b9000)
/site-packages/PyQt6/Qt6/lib/libQt6Widgets.so.6: /lib/libc.so.6: version `GLIBC_2.99' not found (required by x)
\tlibxcb-icccm.so.4 => not found
"""
ANY = [Path("libqxcb.so")]


@pytest.fixture
def debian(monkeypatch):
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 1000, raising=False)
    return monkeypatch


def test_what_ldd_did_not_find_is_named_once_and_nothing_else():
    assert missing_libraries(ANY, ask=lambda files: LDD) == ("libxcb-icccm.so.4", "libxcb-keysyms.so.1")


def test_ldd_is_asked_for_all_files_at_once():
    asked = []
    missing_libraries([Path("a.so"), Path("b.so")], ask=lambda files: asked.append(files) or "")
    assert asked == [["a.so", "b.so"]]


def test_no_files_need_no_ldd():
    assert missing_libraries([], ask=lambda files: pytest.fail("asked for nothing")) == ()


def test_without_ldd_nothing_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: None)
    assert missing_libraries(ANY) == ()


def test_the_remedy_is_one_line_to_copy(debian):
    line = remedy(("libxcb-keysyms.so.1", "libxcb-icccm.so.4"))
    assert line == "sudo apt-get install -y libxcb-icccm4 libxcb-keysyms1"


def test_root_needs_no_sudo(debian):
    debian.setattr(system_libraries.os, "geteuid", lambda: 0)
    assert remedy(("libEGL.so.1",)) == "apt-get install -y libegl1"


def test_two_libraries_of_one_package_install_it_once(debian):
    assert remedy(("libglib-2.0.so.0", "libgthread-2.0.so.0")).count("libglib2.0-0") == 1


def test_a_library_of_no_known_package_is_still_named(debian):
    assert "libstrange.so.9" in remedy(("libGL.so.1", "libstrange.so.9"))
    assert remedy(("libstrange.so.9",)) == "Install the packages of your system that hold libstrange.so.9."


def test_a_system_without_apt_is_told_the_libraries(monkeypatch):
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: None)
    assert "libGL.so.1" in remedy(("libGL.so.1",))
    assert "apt-get" not in remedy(("libGL.so.1",))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="shared objects of Linux")
@pytest.mark.parametrize("platform", ["xcb", "offscreen", "wayland"])
def test_the_installed_qt_has_its_plugin_where_the_doctor_looks(platform):
    assert [path.name for path in qt_files(platform)] == [f"libq{platform}.so", "libQt6Widgets.so.6"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="shared objects of Linux")
def test_every_library_that_qt_and_opencv_take_from_the_system_has_a_package_or_is_always_there():
    import re
    import subprocess

    always = re.compile(
        r"linux-vdso|ld-linux|lib(c|m|dl|pthread|rt|stdc\+\+|gcc_s|Qt6\w+|icu\w+|bsd|md|cap|Xau|Xdmcp|pcre2-8|expat|png16|"
        r"brotli\w+|systemd|gcrypt|lz4|lzma|gpg-error|GLdispatch|ffi|uuid)\.so|libav|libsw|libopenblas|libgfortran"
    )
    files = [*map(str, (*qt_files("xcb"), *qt_files("offscreen"), *qt_files("wayland"), *opencv_files()))]
    lines = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False).stdout.splitlines()
    # bundled ones resolve into site-packages
    needed = {line.split()[0] for line in lines if line.startswith("\t") and "site-packages" not in line}
    unknown = sorted(name for name in needed if not always.search(name) and name not in DEBIAN_PACKAGES)
    assert unknown == []
