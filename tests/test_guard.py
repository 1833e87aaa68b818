"""The guard of conftest.py: what CI installs on purpose, its tests may not skip."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.fixture
def absent():
    pytest.skip("not here")

@pytest.mark.browser
def test_in_a_browser(absent):
    pass

@pytest.mark.opengl
@pytest.mark.skipif(True, reason="not here")
def test_with_opengl():
    pass

@pytest.mark.browser
@pytest.mark.xfail(reason="known")
def test_expected_to_fail():
    raise RuntimeError

@pytest.mark.gpu
def test_with_a_gpu(absent):
    pass
"""
WHOLE_FILE = 'import pytest\npytest.importorskip("no_such_package")\n'


@pytest.mark.parametrize("ci", ["", "true"])
def test_what_ci_installs_may_not_be_skipped(tmp_path, ci):
    (tmp_path / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_whole_file.py").write_text(WHOLE_FILE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser\n    opengl\n    gpu\n")
    options = ["-q", "-ra", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        check=False, cwd=tmp_path, env=os.environ | {"CI": ci}, capture_output=True, text=True,
    )  # fmt: skip
    said = done.stdout
    if ci:
        assert done.returncode == 1
        assert "skipped in CI, where Chromium and playwright must be there" in said
        assert "skipped in CI, where an EGL library with a software renderer must be there" in said
        assert "a whole file was skipped in CI" in said
        assert "1 skipped, 1 xfailed, 3 errors" in said, said
    else:
        assert done.returncode == 0
        assert "4 skipped, 1 xfailed" in said, said
