"""The frame parser on the captures, cut anywhere, and on streams damaged in every way we could think of."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.esl_protocol import Damage, Frame, FrameParser

STREAMS = (
    "short/json-subset.esl",
    "short/plain-subset.esl",
    "shutdown/plain-subset.esl",
    "misc/bad-commands.esl",
    "misc/outbound-linger.esl",
)


def parse(*chunks):
    parser = FrameParser()
    items = [item for chunk in chunks for item in parser.feed(chunk)]
    return items + parser.close()


def bodies(items):
    return [item.body for item in items if isinstance(item, Frame)]


def damages(items):
    return [item for item in items if isinstance(item, Damage)]


def frame(body, kind="json"):
    return b"Content-Length: %d\nContent-Type: text/event-%b\n\n%b" % (len(body), kind.encode(), body)


EVENTS = [b'{"Event-Name":"A","x":"%d"}' % number for number in range(5)]
PLAIN_EVENTS = [b"Event-Name: A\nx: %d\n\n" % number for number in range(5)]


@pytest.fixture(scope="module", params=STREAMS)
def stream(request, captures):
    return (captures / request.param).read_bytes()


@pytest.fixture(scope="module")
def whole(stream):
    return parse(stream)


def test_every_frame_of_a_capture_is_read_whole(captures, event_bodies):
    data = (captures / "short/json-subset.esl").read_bytes()
    items = parse(data)
    assert damages(items) == []
    assert [item.body for item in items if item.content_type == "text/event-json"] == event_bodies(data)
    assert [item.content_type for item in items[:3]] == ["auth/request", "command/reply", "command/reply"]
    assert items[1].headers["Reply-Text"] == "+OK accepted"


@settings(max_examples=40)
@given(st.data())
def test_any_split_of_a_stream_gives_the_same_items(stream, whole, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=30)))
    chunks = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert parse(*chunks) == whole


def test_a_stream_fed_byte_by_byte_gives_the_same_items(captures):
    stream = (captures / "short/json-subset.esl").read_bytes()[:60_000]  # ends inside a frame
    assert parse(*(stream[at : at + 1] for at in range(len(stream)))) == parse(stream)


# Damage: cut, insert, overwrite. Alphabets that look like headers find more than random bytes do.
RUBBISH = st.one_of(
    st.binary(max_size=40),
    st.lists(
        st.sampled_from([b"Content-Length: ", b"Content-Type: ", b"text/event-json", b"7", b"\n", b"\n\n", b"}", b'"'])
    ).map(b"".join),
)


@st.composite
def damaged_streams(draw):
    data = b"".join(frame(body) for body in EVENTS) + b"".join(frame(body, "plain") for body in PLAIN_EVENTS)
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = draw(st.integers(begin, min(len(data), begin + 80)))
        data = data[:begin] + draw(RUBBISH) + data[end:]
    return data


@given(damaged_streams(), st.data())
def test_any_split_of_a_damaged_stream_gives_the_same_items(damaged, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(damaged)), max_size=8)))
    chunks = [damaged[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(damaged)], strict=True)]
    assert parse(*chunks) == parse(damaged)


@given(damaged_streams())
def test_every_byte_is_in_a_frame_or_reported_as_damage(damaged):
    at = 0
    for item in parse(damaged):
        assert item.offset == at
        assert item.length > 0
        at += item.length
    assert at == len(damaged)


@given(st.integers(1, 4), RUBBISH.filter(lambda rubbish: b"Content-Type: text/event-json\n" not in rubbish))
def test_garbage_between_frames_costs_no_frame(place, garbage):
    stream = b"".join(map(frame, EVENTS[:place])) + garbage + b"".join(map(frame, EVENTS[place:]))
    assert bodies(parse(stream)) == EVENTS


@pytest.mark.parametrize("garbage", [b"\x00\xff\xfe" * 5, b"Foo: bar\n\n", b"}\n\n", b"\n", b"x" * 100_000, b"\n\n\n"])
def test_garbage_is_reported_with_its_place_and_length(garbage):
    (damage,) = damages(parse(frame(EVENTS[0]) + garbage + frame(EVENTS[1])))
    assert (damage.offset, damage.length) == (len(frame(EVENTS[0])), len(garbage))
    assert garbage.startswith(damage.excerpt)
    assert damage.excerpt


@pytest.mark.parametrize(("kind", "events"), [("json", EVENTS), ("plain", PLAIN_EVENTS)])
@pytest.mark.parametrize("stated", [0, 1, 10, "right - 1", "right + 1", "right + 40", "two frames", 10_000])
def test_a_length_that_lies_costs_its_own_frame_only(kind, events, stated):
    right = len(events[1])
    lengths = {"right - 1": right - 1, "right + 1": right + 1, "right + 40": right + 40}
    lengths["two frames"] = right + len(frame(events[2], kind)) + len(frame(events[3], kind))
    length = lengths.get(stated, stated)
    lying = frame(events[1], kind).replace(b"Content-Length: %d" % right, b"Content-Length: %d" % length)
    rest = [frame(event, kind) for event in (events[0], lying, *events[2:])]
    rest[1] = lying
    items = parse(b"".join(rest))
    assert bodies(items) == [event for event in events if event is not events[1]]
    (damage,) = damages(items)
    assert damage.length == len(lying)
    assert f"Content-Length {length} does not fit" in damage.reason or "ended inside" in damage.reason


def test_frames_swallowed_by_a_length_come_out_when_enough_bytes_came_not_only_at_the_end():
    lying = frame(EVENTS[1]).replace(b"Content-Length: 26", b"Content-Length: 90")
    assert lying != frame(EVENTS[1])
    assert bodies(FrameParser().feed(lying + frame(EVENTS[2]) + frame(EVENTS[3]))) == [EVENTS[2], EVENTS[3]]


def test_a_lying_length_in_a_capture_costs_one_event(captures, event_bodies):
    data = (captures / "short/json-subset.esl").read_bytes()
    real = event_bodies(data)
    for wrong in (0, 5000, len(real[3]) + 7, 100_000, 900_000):
        lying = data.replace(b"Content-Length: %d" % len(real[3]), b"Content-Length: %d" % wrong, 1)
        lost = [body for body in real if body not in bodies(parse(lying))]
        assert len(lost) == 1, wrong


def test_an_event_without_a_length_is_damage_and_the_next_is_read():
    lengthless = b"Content-Type: text/event-json\n\n" + EVENTS[0]
    items = parse(lengthless + frame(EVENTS[1]))
    assert [type(item) for item in items] == [Damage, Frame]
    assert items[0].reason == "'text/event-json' without a Content-Length"
    assert items[0].length == len(lengthless)


def test_replies_and_the_greeting_need_no_length():
    items = parse(b"Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n")
    assert [(item.content_type, item.body) for item in items] == [("auth/request", b""), ("command/reply", b"")]


@pytest.mark.parametrize("length", [b"-1", b"+3", b"12a", b"", b" 5", b"0x10", "٣".encode(), b"9" * 5000])
def test_a_length_that_is_no_number_is_damage(length):
    items = parse(b"Content-Length: %b\nContent-Type: text/event-json\n\n" % length + frame(EVENTS[0]))
    assert bodies(items) == EVENTS[:1]
    assert "is not one number" in damages(items)[0].reason


def test_a_frame_cut_in_its_header_loses_nothing_of_the_next():
    stream = b"Content-Length: 51" + frame(EVENTS[0])
    assert bodies(parse(stream)) == EVENTS[:1]
    assert bodies(parse(b"Content-Length: 51\n" + frame(EVENTS[0]))) == EVENTS[:1]


@pytest.mark.parametrize("rest", [b"", b"LL", b"X: ", b"Content-Disposition: x\n"])
def test_a_frame_cut_behind_its_type_does_not_take_the_head_of_the_next(rest):
    stream = b"Content-Length: 51\nContent-Type: text/event-json\n" + rest + frame(EVENTS[0]) + frame(EVENTS[1])
    assert bodies(parse(stream)) == EVENTS[:2]


@pytest.mark.parametrize("kind", [b"text/|event-json", b"log/datum", b"text/event-json\nContent-Type: log/data"])
def test_a_type_no_freeswitch_says_is_damage_and_swallows_nothing(kind):
    stream = b"Content-Length: 20\nContent-Type: %b\n\n{}" % kind + frame(EVENTS[0]) + frame(EVENTS[1])
    items = parse(stream)
    assert bodies(items) == EVENTS[:2]
    assert "is not one that a FreeSWITCH says" in damages(items)[0].reason


def test_a_frame_over_the_limit_is_skipped_without_being_held():
    parser = FrameParser(max_body_bytes=100_000)
    tracemalloc.start()
    items = parser.feed(b"Content-Length: 50000000\nContent-Type: text/event-json\n\n")
    chunk = b"x" * 50_000
    for _ in range(1000):
        items += parser.feed(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    items += parser.feed(frame(EVENTS[0]))
    assert peak < 1_000_000
    assert bodies(items) == EVENTS[:1]
    (damage,) = damages(items)
    assert damage.length == 50_000_000 + len(b"Content-Length: 50000000\nContent-Type: text/event-json\n\n")
    assert "over the limit of 100000" in damage.reason


def test_headers_without_an_end_do_not_fill_the_memory():
    (damage,) = parse(b"A: b\n" * 50_000)
    assert damage.length == 250_000
    assert "no end of the headers" in damage.reason


def test_a_stream_that_ends_inside_a_frame_says_so_and_gives_what_is_whole():
    stream = b"".join(map(frame, EVENTS))
    items = parse(stream[:-3])
    assert bodies(items) == EVENTS[:-1]
    assert damages(items)[0].reason == "the stream ended inside a frame"
    assert damages(items)[0].length == len(frame(EVENTS[-1])) - 3


def test_a_plain_event_with_a_body_of_its_own_is_one_frame():
    body = b"Event-Name: BACKGROUND_JOB\nContent-Length: 22\n\n-ERR No such channel!\n"
    items = parse(frame(body, "plain") + frame(PLAIN_EVENTS[0], "plain"))
    assert bodies(items) == [body, PLAIN_EVENTS[0]]


def test_an_inner_length_of_a_thousand_digits_is_no_length():
    body = b"Event-Name: A\nContent-Length: %b\n\nx" % (b"1" * 5000)
    items = parse(frame(body, "plain") + frame(PLAIN_EVENTS[0], "plain"))
    assert bodies(items) == PLAIN_EVENTS[:1]


def test_a_header_that_is_no_utf_8_is_read_as_latin_1():
    (item,) = parse(b"Content-Type: command/reply\nReply-Text: -ERR \xe9\n\n")
    assert item.headers["Reply-Text"] == "-ERR é"
