from __future__ import annotations

import sys

import pytest

from deepvis import __version__
from deepvis.precompute.launch import LaunchError, ShardTask, submit, wait_for


def test_a_task_runs_a_command_in_a_process_of_its_own_and_returns_what_it_said_last():
    assert ShardTask(("--version",))() == f"deepvis {__version__}"


def test_a_task_that_fails_tells_the_reason_the_command_gave():
    with pytest.raises(LaunchError, match="No such command"):
        ShardTask(("nonsense",))()


def test_a_task_whose_machine_is_taken_away_asks_for_the_same_again():
    pytest.importorskip("submitit")
    task = ShardTask(("scan", "--shard", "0/2"))
    assert task.checkpoint().function is task


def test_shards_run_as_processes_of_this_machine(tmp_path):
    pytest.importorskip("submitit")
    told = []
    jobs = submit([["--version"], ["--version"]], tmp_path / "jobs", cluster="local", parameters={"timeout_min": 2})
    wait_for(jobs, lambda done, total: told.append((done, total)))
    assert [job.result() for job in jobs] == [f"deepvis {__version__}"] * 2
    assert told[-1] == (2, 2)
    assert (tmp_path / "jobs").is_dir()


def test_shards_that_fail_are_named_with_the_reason_of_the_first(tmp_path):
    pytest.importorskip("submitit")
    jobs = submit([["--version"], ["nonsense"]], tmp_path / "jobs", cluster="local", parameters={"timeout_min": 2})
    with pytest.raises(LaunchError, match=r"Of 2 shards these failed: 1\. .*No such command"):
        wait_for(jobs, lambda _done, _total: None)


def test_a_parameter_that_submitit_does_not_know_is_told_before_anything_starts(tmp_path):
    pytest.importorskip("submitit")
    with pytest.raises(LaunchError, match="colour"):
        submit([["--version"]], tmp_path / "jobs", cluster="local", parameters={"colour": "blue"})


def test_without_submitit_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(LaunchError, match=r"deepvis\[cluster\]"):
        submit([["--version"]], tmp_path, cluster="local", parameters={})


def test_without_slurm_the_way_to_do_it_here_is_named(tmp_path, monkeypatch):
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LaunchError, match=r"on 'slurm': .*srun.* processes of this machine: --launch local\."):
        submit([["--version"]], tmp_path / "jobs", cluster="slurm", parameters={})
