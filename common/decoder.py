"""Video files and streams by FFmpeg (PyAV): every frame that can be decoded, at its own time."""

import av

from common.cli import UserError
from common.frame_converter import FrameConverter
from common.missing_frames import MissingFrames

DEFAULT_FPS = 25.0  # where nothing says how long a frame lasts
FASTEST_FPS = 500.0  # browsers' WebM says 1000, which is its clock, not its rate
JUMP = 0.2  # seconds by which a clock must run back to be one that starts anew
TICK = 1e-3  # seconds between frames whose times do not differ
FAILURES = 1000  # of reading in a row, after which a file is at its end
COVER = av.stream.Disposition.attached_pic
ANY_CLOCK = av.format.Flags.ts_discont.value


class MonotonicClock:
    """Times that never run back, of timestamps that may.

    In files put one behind the other they start anew; then time goes on from where it was.
    """

    def __init__(self):
        self._shift, self._last, self._end = 0.0, None, 0.0
        self.restarted = False

    def __call__(self, stamp, duration):
        """The time of a frame.

        Parameters
        ----------
        stamp : float or None
            Its timestamp in seconds, if it has one.
        duration : float
            How long it lasts if nothing follows.
        """
        time = self._end if stamp is None else stamp + self._shift
        if self._last is not None and time <= self._last:
            if self._last - time >= JUMP:
                self._shift += self._end - time
                time, self.restarted = self._end, True
            else:
                time = self._last + TICK
        self._last, self._end = time, time + duration
        return time


class BestTimestamp:
    """Timestamps of frames as FFmpeg's tools guess them: when shown, or else when decoded.

    Some files hold no times, or wrong ones, of when a frame is shown; then frames come out of
    order by them.
    """

    def __init__(self):
        self._last = {"pts": None, "dts": None}
        self._faults = {"pts": 0, "dts": 0}

    def __call__(self, pts, dts):
        """Of the two in ticks, either may be None, the better one."""
        for kind, ticks in (("pts", pts), ("dts", dts)):
            if ticks is not None:
                last = self._last[kind]
                self._faults[kind] += last is not None and ticks <= last
                self._last[kind] = ticks
        trusted = self._faults["pts"] <= self._faults["dts"] or dts is None
        return pts if trusted and pts is not None else dts


class VideoDecoder:
    """The frames of a video file or stream; a context manager.

    Parameters
    ----------
    name : str
        For messages.
    address : str
        What FFmpeg opens: ``file:`` and a path, or a stream's address.

    Attributes
    ----------
    fps : float
        Its rate, as far as it has one.
    count : int or None
        Number of frames if it is known beforehand; some files are wrong about it.
    start : float
        Timestamp in seconds that is time 0.
    missing : common.missing_frames.MissingFrames
        Of what has been read.
    """

    def __init__(self, name, address):
        self.name, self.address = name, address
        self._open()
        rates = [self._stream.guessed_rate, self._stream.average_rate]
        rates = [float(rate) for rate in rates if rate and 0 < rate <= FASTEST_FPS]
        self.fps = rates[0] if rates else DEFAULT_FPS
        self.start = self._start_time()
        self.count = self._stream.frames or None
        if self.count is None and self._container.duration and rates:
            self.count = round(self._container.duration / av.time_base * self.fps)
        self._early = None  # of AVI, by how much its first frame is late

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Let go of the file."""
        self._container.close()

    def has_sound(self):
        """Whether there is a stream of sound."""
        return self._container.streams.best("audio") is not None

    def rewind(self):
        """Begin again with the first frame."""
        self._container.close()
        self._open()

    @property
    def restarted(self):
        """Whether times were found to start anew on the way: then it cannot be sought."""
        return self._clock.restarted

    def _open(self):
        try:
            self._container = av.open(self.address)
        except (av.FFmpegError, OSError, ValueError):
            raise UserError(
                f"{self.name} is no video that FFmpeg opens: convert it to MP4, or mend it"
            ) from None
        self._stream = self._container.streams.best("video")
        if self._stream is None or self._stream.disposition & COVER:
            self._container.close()
            raise UserError(f"{self.name} holds no moving picture: try another file")
        self._converter = FrameConverter(self._stream)
        self._reset()

    def _reset(self):
        self.missing, self._clock, self._whole = MissingFrames(), MonotonicClock(), False
        self._converter.reset()

    def seek(self, time):
        """Go on with a frame at ``time`` or before it, if the file can be sought."""
        base = self._stream.time_base
        self._container.seek(int((time + self.start) / base), stream=self._stream)
        self._reset()

    def decoded(self):
        """Yield (frame, time): what FFmpeg gives, and when it is shown, in seconds."""
        stamps = BestTimestamp()
        for frame in self._frames():
            ticks = stamps(frame.pts, frame.dts)
            stamp = None if ticks is None else float(ticks * frame.time_base) - self.start
            if self._container.format.name == "avi":
                # It times what is decoded, not what is shown: that begins some frames later.
                self._early = stamp if self._early is None else self._early
                stamp = None if stamp is None else stamp - self._early
            time = self._clock(stamp, self._duration(frame))
            self.missing.add(time)
            yield frame, time

    def timed(self):
        """Yield (picture, time, end) of all frames.

        The picture is uint8 (H, W, 3) BGR, as a person sees it (`common.frame_converter`); it is
        shown from ``time`` to ``end``, the next one's time.
        """
        before = None
        for frame, time in self.decoded():
            if before is not None:
                yield from self._flatten(self._converter.convert(before[0], (before[1], time)))
            before = frame, time
        if before is not None:
            last = before[1], self._end(*before)
            yield from self._flatten(self._converter.convert(before[0], last))
        yield from self._flatten(self._converter.flush())

    def warning(self):
        """One line on what of the file is missing, None if nothing is; after the last frame."""
        line = self.missing.message(self._stated_end() if self._whole else None)
        return line and f"{self.name}: {line}"

    def _start_time(self):
        """What a player takes for time 0: 0, or where the clock happens to stand at the start.

        Television's clocks stand anywhere, and so do those of pieces cut out of a stream,
        whose head names no length, or one that ends before they begin.
        """
        start, length = self._container.start_time or 0, self._container.duration
        anywhere = self._container.format.flags & ANY_CLOCK or not length or start >= length
        return max(0.0, start / av.time_base) if anywhere else 0.0

    def _duration(self, frame):
        """How long a frame lasts by its own word, or as others do, in seconds."""
        length = float(frame.duration * frame.time_base) if frame.duration else 0.0
        return length if length >= 1 / FASTEST_FPS else 1 / self.fps

    def _end(self, frame, time):
        """When the last frame ends, in seconds; what is lost behind it counts."""
        length = self._duration(frame)
        if not frame.duration or frame.duration * frame.time_base < 1 / FASTEST_FPS:
            length = self.missing.median_step or length
        stated = self._stated_end() or 0
        if time < stated < time + 2 * length or self.missing.errors:
            return max(stated, time + TICK)
        return time + length

    def _stated_end(self):
        """When the pictures end by the file's own word, in seconds; None if it has none."""
        stream = self._stream
        if stream.duration is None:
            return None
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base) - self.start

    @staticmethod
    def _flatten(ready):
        for image, (time, end) in ready:
            yield image, time, end

    def _frames(self):
        """Whatever can be decoded; what cannot is counted."""
        failures, packets = 0, self._container.demux(self._stream)
        while failures < FAILURES:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.FFmpegError, OSError):
                self.missing.errors += 1
                failures += 1
                packets = self._container.demux(self._stream)
                continue
            failures = 0
            self.missing.suspects += packet.is_corrupt
            try:
                yield from packet.decode()
            except (av.FFmpegError, OSError):
                self.missing.errors += 1
        self._whole = True
