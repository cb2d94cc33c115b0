"""A configuration on disk: all of it or none, nothing of the one before, nobody else's touched."""

from __future__ import annotations

import pytest

from adapters.switch_configuration import Configuration
from adapters.switch_release import SwitchFolder, changes
from domain.errors import BadInput

FIRST = Configuration({"vars.xml": "<include/>\n", "dialplan/a.xml": "<a/>\n", "queues/x.xml": "<x/>\n"})
SECOND = Configuration({"vars.xml": "<include/>\n", "dialplan/a.xml": "<b/>\n"})
THIRD = Configuration({"vars.xml": "<include>\n</include>\n"})


@pytest.fixture
def folder(tmp_path):
    return SwitchFolder(tmp_path / "conf")


def put(folder, configuration):
    with folder.locked():
        folder.stage(configuration)
        folder.switch_to(configuration)


def content(folder):
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_release_is_its_files_and_the_root_names_it(folder):
    put(folder, FIRST)
    assert folder.current == FIRST.release
    assert folder.files(FIRST.release) == FIRST.files
    assert f"releases/{FIRST.release}/vars.xml" in (folder.folder / "freeswitch.xml").read_text()


def test_putting_the_same_again_writes_nothing(folder):
    put(folder, FIRST)
    before = {path: path.stat() for path in folder.folder.rglob("*") if path.name != ".lock"}
    put(folder, FIRST)
    after = {path: path.stat() for path in folder.folder.rglob("*") if path.name != ".lock"}
    same = ("st_ino", "st_mtime_ns", "st_size")
    assert {p: [getattr(s, n) for n in same] for p, s in before.items() if p.is_file()} == {
        p: [getattr(s, n) for n in same] for p, s in after.items() if p.is_file()
    }


def test_a_new_release_has_nothing_of_the_one_before_and_the_one_before_stays(folder):
    put(folder, FIRST)
    put(folder, SECOND)
    assert folder.files(SECOND.release) == SECOND.files
    assert folder.files(FIRST.release) == FIRST.files


def test_releases_before_the_last_one_go(folder):
    for configuration in (FIRST, SECOND, THIRD):
        put(folder, configuration)
    names = {path.name for path in (folder.folder / "releases").iterdir()}
    assert names == {SECOND.release, THIRD.release}


def test_until_the_root_is_replaced_the_old_release_is_read_whole(folder):
    put(folder, FIRST)
    before = folder.files(FIRST.release)
    with folder.locked():
        folder.stage(SECOND)  # and the power goes
    assert (folder.current, folder.files(FIRST.release)) == (FIRST.release, before)
    put(folder, SECOND)
    assert folder.files(SECOND.release) == SECOND.files


@pytest.mark.parametrize("left", ["releases/{}/dialplan/.a.xml.new", "releases/{}/stale.xml", ".freeswitch.xml.new"])
def test_what_a_crash_or_a_hand_left_behind_is_mended(folder, left):
    put(folder, FIRST)
    path = folder.folder / left.format(FIRST.release)
    path.write_text("half a fi")
    (folder.folder / f"releases/{FIRST.release}/dialplan/a.xml").write_text("<changed by hand/>")
    put(folder, FIRST)
    assert folder.files(FIRST.release) == FIRST.files


def test_a_file_that_did_not_change_is_not_written_again(folder):
    put(folder, FIRST)
    put(folder, SECOND)
    releases = folder.folder / "releases"
    assert (releases / FIRST.release / "vars.xml").samefile(releases / SECOND.release / "vars.xml")
    assert not (releases / FIRST.release / "dialplan/a.xml").samefile(releases / SECOND.release / "dialplan/a.xml")


def test_what_is_local_is_never_touched(folder):
    local = folder.folder / "local"
    local.mkdir(parents=True)
    (local / "site.xml").write_text("mine")
    put(folder, FIRST)
    put(folder, SECOND)
    assert content(local) == {"site.xml": b"mine"}


def test_a_folder_with_somebody_elses_configuration_is_refused_and_left_as_it_is(folder):
    folder.folder.mkdir()
    (folder.folder / "freeswitch.xml").write_text("<document/>")
    (folder.folder / "vars.xml").write_text("mine")
    before = content(folder.folder)
    with pytest.raises(BadInput, match=r"freeswitch\.xml, vars\.xml, which Seconde did not write"):
        put(folder, FIRST)
    assert content(folder.folder) == before


def test_a_first_render_that_was_cut_short_is_not_somebody_elses(folder):
    with folder.locked():
        folder.stage(FIRST)
        (folder.folder / ".freeswitch.xml.new").write_text("<docu")
    put(folder, FIRST)
    assert folder.current == FIRST.release


def test_changes_are_told_by_file_with_their_lines():
    found = [(change.sign, change.path, change.lines) for change in changes(FIRST.files, SECOND.files)]
    assert found == [("~", "dialplan/a.xml", ("-<a/>", "+<b/>")), ("-", "queues/x.xml", ("-<x/>",))]
    (added,) = changes({}, {"a.xml": "<a>\n</a>\n"})
    assert (added.sign, added.added, added.removed) == ("+", 2, 0)


def test_the_name_of_a_release_is_its_content():
    assert Configuration(dict(reversed(FIRST.files.items())), ("x",)).release == FIRST.release
    assert Configuration({**FIRST.files, "b.xml": ""}).release != FIRST.release
    # A name must not be able to pass for content.
    assert Configuration({"a": "bc"}).release != Configuration({"ab": "c"}).release
