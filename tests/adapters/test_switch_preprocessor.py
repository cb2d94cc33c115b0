"""FreeSWITCH's preprocessor, and what it does without a word: each said, with file and line."""

from __future__ import annotations

import pytest

from adapters.switch_preprocessor import Preprocessor, configuration_problems

ROOT = """<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="set" data="a=1"/>
  <X-PRE-PROCESS cmd="include" data="more/*.xml"/>
  <section name="$${a}"/>
</document>
"""


@pytest.fixture
def read(tmp_path):
    """Read a text as freeswitch.xml, with other files beside it."""

    def read(root, **files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_xml", ".xml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        preprocessor = Preprocessor()
        preprocessor.read(tmp_path / "freeswitch.xml", root)
        return preprocessor

    return read


def test_what_is_set_is_expanded_and_what_is_included_stands_in_place(read):
    done = read(ROOT, more__one_xml='<include>\n  <X-PRE-PROCESS cmd="set" data="a = 2"/>\n  <x/>\n</include>\n')
    assert done.problems == []
    document = done.document()
    assert [(child.tag, child.attrib) for child in document] == [("x", {}), ("section", {"name": "2"})]


def test_files_of_a_wildcard_are_read_in_order_of_their_names(read):
    done = read(ROOT, more__b_xml="<b/>", more__a_xml="<a/>")
    assert [child.tag for child in done.document()] == ["a", "b", "section"]


def test_includes_are_relative_to_the_file_that_says_them(read):
    done = read(
        '<document>\n<X-PRE-PROCESS cmd="include" data="deep/a.xml"/>\n</document>',
        deep__a_xml='<X-PRE-PROCESS cmd="include" data="../b.xml"/>',
        b_xml="<b/>",
    )
    assert (done.problems, done.document()[0].tag) == ([], "b")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('<x a="$${nothing}"/>', "freeswitch.xml:2: nothing is not defined"),
        ('<X-PRE-PROCESS cmd="include" data="gone.xml"/>', "freeswitch.xml:2: gone.xml is not there"),
        ('<X-PRE-PROCESS cmd="set" data="a"/>', "'a' sets nothing"),
        ('<x/> <X-PRE-PROCESS cmd="set" data="a=1"/>', "what stands beside the directive is lost"),
        ('<!-- <X-PRE-PROCESS cmd="set" data="a=1"/> -->', "what stands beside the directive is lost"),
        ('<X-PRE-PROCESS cmd="set"', "not a directive FreeSWITCH obeys"),
        ("<!-- about X-PRE-PROCESS -->", "not a directive FreeSWITCH obeys"),
        ('<X-PRE-PROCESS cmd="exec" data="id"/>', "'exec' runs or asks something outside"),
        ("<include><x/></include>", "the whole line is dropped"),
        ("<x>", "what is read is not XML: mismatched tag"),
        ('<x a="&"/>', "what is read is not XML: not well-formed"),
    ],
)
def test_what_freeswitch_would_do_without_a_word_is_a_problem(tmp_path, line, problem):
    (found, *_) = configuration_problems(tmp_path, f"<document>\n{line}\n</document>\n")
    assert problem in found


def test_a_variable_is_not_defined_before_it_is_set(read):
    late = '<document>\n<x a="$${a}"/>\n<X-PRE-PROCESS cmd="set" data="a=1"/>\n</document>'
    assert len(read(late).problems) == 1


def test_a_wildcard_may_find_nothing(tmp_path):
    assert configuration_problems(tmp_path, ROOT) == []


def test_what_freeswitch_defines_itself_is_defined(tmp_path):
    assert configuration_problems(tmp_path, '<document a="$${log_dir}$${local_ip_v4}"/>') == []


def test_a_file_that_includes_itself_is_a_problem_and_ends(tmp_path):
    (tmp_path / "a.xml").write_text('<X-PRE-PROCESS cmd="include" data="a.xml"/>\n')
    problems = configuration_problems(tmp_path, '<document>\n<X-PRE-PROCESS cmd="include" data="a.xml"/>\n</document>')
    assert "it includes itself" in problems[0]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    (tmp_path / "a.xml").mkdir()
    problems = configuration_problems(tmp_path, '<document>\n<X-PRE-PROCESS cmd="include" data="a.xml"/>\n</document>')
    assert "a.xml cannot be read" in problems[0]


PASSWORD = '<param name="password" value="{}"/>'
KNOWN = """<document>
<configuration name="event_socket.conf"><settings>{socket}</settings></configuration>
<gateway name="carrier1"><param name="register" value="false"/></gateway>
<gateway name="carrier2"><param name="register" value="true"/>{gateway}</gateway>
<domain name="acct-1001.lab"><user id="alice"><params>{alice}</params></user></domain>
</document>
"""


@pytest.mark.parametrize(
    ("who", "name"),
    [("socket", "the event socket"), ("gateway", "gateway carrier2"), ("alice", "alice@acct-1001.lab")],
)
@pytest.mark.parametrize("password", ["", PASSWORD.format("")])
def test_whoever_has_no_password_is_named(tmp_path, who, name, password):
    given = dict.fromkeys(("socket", "gateway", "alice"), PASSWORD.format("x"))
    assert configuration_problems(tmp_path, KNOWN.format(**given)) == []
    assert configuration_problems(tmp_path, KNOWN.format(**given | {who: password})) == [f"{name} has no password"]
