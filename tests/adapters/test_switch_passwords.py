"""Passwords of telephones: made once, random, for their readers only."""

from __future__ import annotations

import re
import stat

from adapters.switch_passwords import make_passwords


def test_a_password_is_made_once(tmp_path):
    assert make_passwords(tmp_path, ["alice@acct-1001", "bob@acct-1001"]) == ["alice@acct-1001", "bob@acct-1001"]
    before = [path.read_bytes() for path in sorted((tmp_path / "local/passwords").iterdir())]
    assert make_passwords(tmp_path, ["alice@acct-1001", "carol@acct-1001"]) == ["carol@acct-1001"]
    after = [path.read_bytes() for path in sorted((tmp_path / "local/passwords").iterdir())]
    assert after[:2] == before


def test_no_two_are_alike_and_each_has_128_random_bits(tmp_path):
    make_passwords(tmp_path, [f"a{n}@acct-1001" for n in range(50)])
    texts = [path.read_text() for path in (tmp_path / "local/passwords").iterdir()]
    made = {re.findall(r'value="([0-9a-f]{32})"', text)[0] for text in texts}
    assert len(made) == 50


def test_the_world_cannot_read_them(tmp_path):
    make_passwords(tmp_path, ["alice@acct-1001"])
    folder = tmp_path / "local" / "passwords"
    for path in (folder, folder / "alice@acct-1001.xml"):
        assert not stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO
