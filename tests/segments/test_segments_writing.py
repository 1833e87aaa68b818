"""Frames go to the segments that they belong to, whoever is slow or fails."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from gpuanim.encode._base import Writer
from gpuanim.errors import EncoderError
from gpuanim.segments.cut import Cut
from gpuanim.segments.writing import BUFFERED, SegmentsWriter

SEGMENTS = (range(5), range(5, 10), range(10, 16))


class Kept(Writer):
    """Keeps the first byte of each frame."""

    def __init__(self, log, delay=0.0, fails=None):
        self.log, self.delay, self.fails = log, delay, fails
        self.frames, self.ended = [], None

    def write(self, frame):
        if len(self.frames) == self.fails:
            raise EncoderError("no more")
        time.sleep(self.delay)
        self.frames.append(int(frame[0]))

    def finish(self):
        if self.ended == "aborted":
            raise EncoderError("the film was aborted")
        self.ended = "finished"

    def abort(self):
        self.ended = self.ended or "aborted"


class Stage:
    """Writers of segments, and how many were at work at once."""

    def __init__(self, delay=0.0, fails=None):
        self.writers, self.done, self.most = [], [], 0
        self.delay, self.fails = delay, fails or {}

    def slots(self, segments=SEGMENTS):
        return [
            (part, lambda i=i: self._start(i), lambda i=i: self.done.append(i))
            for i, part in enumerate(segments)
        ]

    def _start(self, i):
        self.writers.append(Kept(self, self.delay, self.fails.get(i)))
        self.most = max(self.most, sum(w.ended is None for w in self.writers))
        return self.writers[-1]


def give(writer, numbers):
    frame = np.empty(12, np.uint8)  # one buffer, used again
    for number in numbers:
        frame[:] = number
        writer.write(frame)


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_each_segment_gets_its_frames_in_order(workers):
    stage = Stage(delay=0.001)
    writer = SegmentsWriter(stage.slots(), range(16), workers)
    give(writer, range(16))
    writer.finish()
    assert [w.frames for w in stage.writers] == [list(part) for part in SEGMENTS]
    assert sorted(stage.done) == [0, 1, 2]
    assert [w.ended for w in stage.writers] == ["finished"] * 3
    assert stage.most <= workers + 1, "one may be ending its file"


def test_two_encoders_work_at_once():
    both = threading.Barrier(2, timeout=10)

    class Meeting(Kept):
        def write(self, frame):
            super().write(frame)
            if frame[0] in (0, 5):
                both.wait()

    writers = []

    def start():
        writers.append(Meeting(None))
        return writers[-1]

    writer = SegmentsWriter([(part, start, lambda: None) for part in SEGMENTS[:2]], range(10), 2)
    give(writer, range(10))
    writer.finish()
    assert [w.frames for w in writers] == [list(part) for part in SEGMENTS[:2]]


def test_frames_that_are_not_missing_here_are_left_out():
    stage = Stage()
    writer = SegmentsWriter(stage.slots((range(2, 4), range(8, 10))), range(12), 2)
    give(writer, range(12))
    writer.finish()
    assert [w.frames for w in stage.writers] == [[2, 3], [8, 9]]


def test_no_more_frames_wait_than_it_says():
    stage, waiting = Stage(), threading.Event()

    class Stuck(Kept):
        def write(self, frame):
            waiting.wait(10)
            super().write(frame)

    stage._start = lambda i: stage.writers.append(Stuck(stage)) or stage.writers[-1]
    writer = SegmentsWriter(stage.slots((range(20),)), range(20), 1)
    given = []
    thread = threading.Thread(target=lambda: [give(writer, [i]) or given.append(i) for i in range(20)])
    thread.start()
    time.sleep(0.1)
    assert len(given) <= BUFFERED
    waiting.set()
    thread.join()
    writer.finish()
    assert stage.writers[0].frames == list(range(20))


def test_the_first_failure_is_told_and_segments_that_are_complete_stay():
    stage = Stage(fails={1: 2})
    writer = SegmentsWriter(stage.slots(), range(16), 1)

    def write():
        give(writer, range(16))
        writer.finish()

    with pytest.raises(EncoderError, match="no more"):
        write()
    writer.abort()
    assert stage.done == [0]
    assert [w.ended for w in stage.writers[:2]] == ["finished", "aborted"]


def test_abort_frees_who_waits_and_ends_all_threads():
    before = threading.active_count()
    freed = threading.Event()

    class Stuck(Kept):
        def write(self, frame):
            assert freed.wait(10)
            raise EncoderError("killed")

        def abort(self):
            super().abort()
            freed.set()

    writers = []

    def start():
        writers.append(Stuck(None))
        return writers[-1]

    writer = SegmentsWriter([(part, start, lambda: None) for part in SEGMENTS], range(16), 2)
    errors = []

    def feed():
        try:
            give(writer, range(16))
        except EncoderError as error:
            errors.append(error)

    thread = threading.Thread(target=feed)
    thread.start()
    time.sleep(0.05)
    writer.abort()
    writer.abort()
    thread.join(10)
    assert not thread.is_alive()
    assert errors
    assert [w.ended for w in writers] == ["aborted"] * len(writers)
    assert threading.active_count() == before


def test_an_encoder_that_cannot_start_says_so_before_the_first_frame():
    def start():
        raise EncoderError("no such codec")

    with pytest.raises(EncoderError, match="no such codec"):
        SegmentsWriter([(range(3), start, lambda: None)], range(3), 1)


def test_nothing_is_missing():
    SegmentsWriter([], [], 2).finish()
    assert len(Cut.of(10, 30)) == 1
