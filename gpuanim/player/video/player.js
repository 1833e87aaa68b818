// Some browsers cannot seek in a data URL, and all keep its text in memory; a blob has neither fault.
function blobUrl(dataUrl) {
  const comma = dataUrl.indexOf(",");
  const binary = atob(dataUrl.slice(comma + 1));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
}

// The frames of a video by number. `shown` is the one on the screen, `wish` the one to go to next.
class Film {
  constructor(video, fps, count, onframe) {
    Object.assign(this, { video, fps, count, onframe });
    this.shown = 0;
    this.wish = null;
    this.target = null; // of the seek in flight: there is one at most, so scrubbing stays live
    video.addEventListener("seeked", () => this.settle());
    video.addEventListener("loadedmetadata", () => this.go());
  }

  show(frame) {
    this.shown = Math.min(this.count - 1, Math.max(0, frame));
    this.onframe(this.shown);
  }

  seek(frame) {
    this.wish = Math.min(this.count - 1, Math.max(0, Math.round(frame)));
    this.go();
  }

  // The latest frame that was asked for: steps add up, however slow the seeks are.
  get latest() {
    return this.wish ?? this.target ?? this.shown;
  }

  get settled() {
    return this.wish === null && this.target === null;
  }

  go() {
    if (this.wish === null || this.target !== null || this.video.readyState < 1) return;
    this.target = this.wish;
    this.wish = null;
    this.video.currentTime = (this.target + 0.5) / this.fps; // its middle: no rounding can miss it
  }

  settle() {
    if (this.target === null) return; // the browser's own seek, at the end of a loop
    this.show(this.target);
    if (this.wish === null) {
      this.target = null;
      return;
    }
    let waits = true; // of two alarms, the later one must not end the next seek
    const next = () => {
      if (!waits) return;
      waits = false;
      this.target = null;
      this.go();
    };
    requestAnimationFrame(next); // let this frame be painted
    setTimeout(next, 100); // a hidden page paints nothing
  }
}

class Player {
  constructor(root) {
    const video = root.querySelector("video");
    const [numerator, denominator] = root.dataset.fps.split("/").map(Number);
    this.root = root;
    this.video = video;
    this.fps = numerator / denominator;
    this.count = Math.max(1, Number(root.dataset.frames));
    this.mode = root.dataset.mode in MODES ? root.dataset.mode : "loop";
    this.direction = 0; // 1 forwards, -1 backwards, 0 at rest
    this.speed = 1;
    this.film = new Film(video, this.fps, this.count, (frame) => this.controls.update(frame));
    this.controls = new Controls(root, this, video.getAttribute("aria-label"));
    root.append(this.controls.track, this.controls.bar);
    this.listen();
    if (video.src.startsWith("data:")) video.src = blobUrl(video.src);
    video.controls = false;
    video.loop = false; // only while playing: else a seek to the last frame runs on to the first
    video.pause();
    this.controls.update(0);
    this.controls.paint();
  }

  get frame() {
    return this.film.shown;
  }

  get latest() {
    return this.film.latest;
  }

  listen() {
    const { root, video } = this;
    video.addEventListener("ended", () => this.ended());
    video.addEventListener("click", () => {
      root.focus({ preventScroll: true });
      this.toggle();
    });
  }

  seek(frame) {
    this.pause(false);
    this.film.seek(frame);
  }

  step(by) {
    this.seek(this.film.latest + by);
  }

  toggle() {
    if (this.direction) this.pause();
    else this.play();
  }

  play() {
    if (this.count < 2) return;
    const last = this.film.latest >= this.count - 1;
    if (last && this.mode === "reflect") return this.backwards();
    if (last) this.film.seek(0);
    this.direction = 1;
    this.video.loop = this.mode === "loop";
    this.video.playbackRate = this.speed;
    this.video.play().catch(() => this.pause(false));
    this.watch();
    this.controls.paint();
  }

  // Videos play forwards only. Backwards, each frame is sought when its time comes.
  backwards() {
    this.direction = -1;
    this.video.loop = false;
    this.video.pause();
    this.controls.paint();
    let from = this.film.latest;
    let since = performance.now();
    let speed = this.speed;
    const tick = (now) => {
      if (this.direction !== -1) return;
      if (speed !== this.speed) {
        [from, since, speed] = [this.film.latest, now, this.speed];
      }
      const frame = from - Math.floor((Math.max(0, now - since) / 1000) * this.fps * speed);
      if (frame <= 0 && this.film.shown === 0 && this.film.settled) return this.play();
      if (Math.max(0, frame) !== this.film.latest) this.film.seek(Math.max(0, frame));
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  pause(align = true) {
    const played = this.direction === 1;
    this.direction = 0;
    this.video.loop = false;
    this.video.pause();
    // The clock may be a frame ahead of the screen: stay with the screen.
    if (played && align) this.film.seek(this.film.latest);
    this.controls.paint();
  }

  ended() {
    // After a seek to the last frame Chromium says "ended" although nothing plays.
    if (this.direction !== 1) return;
    if (this.mode === "reflect") return this.backwards();
    if (this.mode === "loop") return this.play();
    this.pause(false);
    this.film.seek(this.count - 1); // a busy browser ends without having shown the last frames
  }

  setMode(mode) {
    this.mode = mode;
    this.video.loop = mode === "loop" && this.direction === 1;
    if (mode !== "reflect" && this.direction === -1) this.play();
    this.controls.paint();
  }

  setSpeed(speed) {
    this.speed = speed;
    this.video.playbackRate = speed;
    this.controls.select.value = String(speed);
  }

  // Tells the frame that is on the screen while the video plays.
  watch() {
    const exact = "requestVideoFrameCallback" in this.video;
    const ask = (call) =>
      exact ? this.video.requestVideoFrameCallback(call) : requestAnimationFrame(call);
    const run = (this.run = (this.run || 0) + 1);
    const look = (now, facts) => {
      if (this.direction !== 1 || run !== this.run) return;
      if (this.film.settled) {
        this.film.show(
          exact ? Math.round(facts.mediaTime * this.fps) : Math.floor(this.video.currentTime * this.fps + 1e-3),
        );
      }
      ask(look);
    };
    ask(look);
  }
}

function upgrade() {
  for (const root of document.querySelectorAll(".gpuanim-player:not([data-ready])")) {
    root.dataset.ready = "";
    root.player = new Player(root);
  }
}

upgrade();
setTimeout(upgrade); // some notebooks run scripts before their output is in the document
