from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.precompute.shards import Shard, ShardError, find_shard, gallery_of, shard_file, shard_files

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}


def test_without_a_word_from_anybody_the_shard_is_everything():
    assert find_shard(None, {}) == Shard(0, 1)


def test_what_the_person_says_beats_the_launcher():
    assert find_shard("1/4", TORCHRUN) == Shard(1, 4)


def test_torchrun_tells_rank_and_the_place_on_this_machine():
    assert find_shard(None, TORCHRUN) == Shard(3, 8, 1, 2)


def test_srun_tells_the_task_of_the_step():
    environment = {
        "SLURM_STEP_NUM_TASKS": "4",
        "SLURM_PROCID": "2",
        "SLURM_LOCALID": "1",
        "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    }
    assert find_shard(None, environment) == Shard(2, 4, 1, 2)


def test_a_batch_script_that_starts_the_scan_without_srun_does_everything():
    assert find_shard(None, {"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}) == Shard(0, 1)


def test_an_array_that_begins_at_one_and_counts_by_two_gives_shards_from_zero():
    environment = {
        "SLURM_ARRAY_TASK_ID": "5",
        "SLURM_ARRAY_TASK_MIN": "1",
        "SLURM_ARRAY_TASK_STEP": "2",
        "SLURM_ARRAY_TASK_COUNT": "4",
    }
    assert find_shard(None, environment) == Shard(2, 4)


def test_an_array_of_steps_gives_every_process_a_shard_of_its_own():
    shards = {
        find_shard(
            None,
            {
                "SLURM_ARRAY_TASK_ID": str(element),
                "SLURM_ARRAY_TASK_MIN": "0",
                "SLURM_ARRAY_TASK_COUNT": "3",
                "SLURM_STEP_NUM_TASKS": "2",
                "SLURM_PROCID": str(task),
            },
        ).index
        for element in range(3)
        for task in range(2)
    }
    assert shards == set(range(6))


@pytest.mark.parametrize("text", ["", "1", "1/", "a/b", "1:4", "-1/4"])
def test_a_shard_of_another_form_is_told_how_to_write_it(text):
    with pytest.raises(ShardError, match="INDEX/COUNT"):
        find_shard(text, {})


@pytest.mark.parametrize("text", ["4/4", "9/4", "0/0"])
def test_a_shard_that_does_not_exist_is_told_which_do(text):
    with pytest.raises(ShardError, match="numbered 0/"):
        find_shard(text, {})


def test_a_launcher_that_says_nonsense_is_named():
    with pytest.raises(ShardError, match="WORLD_SIZE"):
        find_shard(None, {"RANK": "0", "WORLD_SIZE": "many"})


def test_the_whole_lies_in_the_gallery_itself_and_parts_beside_it():
    gallery = Path("some") / "timm_net.v2.sqlite"
    assert shard_file(gallery, Shard()) == gallery
    part = shard_file(gallery, Shard(2, 12))
    assert part == Path("some") / "timm_net.v2.shard-2-of-12.sqlite"
    assert gallery_of(part) == gallery
    assert gallery_of(gallery) == gallery


def test_the_parts_beside_a_gallery_are_found_in_order_and_no_others(tmp_path):
    gallery = tmp_path / "net.sqlite"
    wanted = [shard_file(gallery, Shard(index, 11)) for index in (0, 2, 10)]
    others = [gallery, shard_file(tmp_path / "net2.sqlite", Shard(0, 11)), tmp_path / "net.shard-x-of-2.sqlite"]
    for path in (*reversed(wanted), *others):
        path.touch()
    assert shard_files(gallery) == wanted
