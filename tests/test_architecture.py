from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "deepvis"
MODULES = sorted(PACKAGE.rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "core", "manager"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def name_of(path):
    return str(path.relative_to(ROOT))


def test_imports_point_down_and_each_foreign_library_has_one_home():
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_of_the_design_is_checked():
    names = [contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]]
    assert names == [
        "Imports point down only",
        "Only gui imports Qt",
        "Only sources imports OpenCV",
        "Only gallery imports sqlite3",
        "Window, pictures, sources and gallery know no torch",
    ]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_has_at_most_400_lines(path):
    assert len(path.read_text().splitlines()) <= 400


def test_nothing_has_a_vague_name():
    named = {path.stem for path in MODULES} | {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    words = {word for name in named for word in name.strip("_").split("_")}
    assert words & VAGUE == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_printed(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert [node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"] == []


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_a_package_holds_one_docstring_and_at_most_re_exports(path):
    docstring, *rest = ast.parse(path.read_text()).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    assert [ast.unparse(node) for node in rest if not isinstance(node, ast.Import | ast.ImportFrom | ast.Assign)] == []


def test_every_folder_of_the_package_is_a_package():
    folders = {path.parent for path in MODULES}
    assert [name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_the_layout_has_a_layer_for_every_part():
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]
    layered = {part.strip(" ()") for layer in contract["layers"] for part in layer.split("|")}
    parts = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert parts - {"__init__"} <= layered


def test_no_test_folder_is_a_package():
    assert list((ROOT / "tests").rglob("__init__.py")) == []
