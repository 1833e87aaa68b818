(() => {
  "use strict";

  // Paths on a 24 x 24 grid; transport glyphs are missing from many fonts.
  const ICONS = {
    play: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.9-6.8a.8.8 0 0 0 0-1.4L9.2 4.5A.8.8 0 0 0 8 5.2z",
    pause: "M7.5 5h2.5a.5.5 0 0 1 .5.5v13a.5.5 0 0 1-.5.5H7.5a.5.5 0 0 1-.5-.5v-13a.5.5 0 0 1 .5-.5zM14 5h2.5a.5.5 0 0 1 .5.5v13a.5.5 0 0 1-.5.5H14a.5.5 0 0 1-.5-.5v-13a.5.5 0 0 1 .5-.5z",
    first: "M5.5 6h2v12h-2zM18 6.6v10.8a.6.6 0 0 1-.95.49L9.4 12.49a.6.6 0 0 1 0-.98l7.65-5.4a.6.6 0 0 1 .95.49z",
    back: "M15.5 6.6v10.8a.6.6 0 0 1-.95.49L6.9 12.49a.6.6 0 0 1 0-.98l7.65-5.4a.6.6 0 0 1 .95.49z",
    next: "M8.5 6.6v10.8a.6.6 0 0 0 .95.49l7.65-5.4a.6.6 0 0 0 0-.98l-7.65-5.4a.6.6 0 0 0-.95.49z",
    last: "M16.5 6h2v12h-2zM6 6.6v10.8a.6.6 0 0 0 .95.49l7.65-5.4a.6.6 0 0 0 0-.98l-7.65-5.4A.6.6 0 0 0 6 6.6z",
    once: "M4 11h10.2l-3.6-3.6L12 6l6 6-6 6-1.4-1.4 3.6-3.6H4zM18.5 6h2v12h-2z",
    loop: "M7 7h9V4l4.5 4-4.5 4V9H7v3.5H5V9a2 2 0 0 1 2-2zM17 17H8v3l-4.5-4L8 12v3h9v-3.5h2V15a2 2 0 0 1-2 2z",
    reflect: "M7.5 7 9 8.4 6.4 11h11.2L15 8.4 16.5 7l5 5-5 5-1.5-1.4 2.6-2.6H6.4L9 15.6 7.5 17l-5-5z",
    full: "M5 5h5v2H7v3H5zM14 5h5v5h-2V7h-3zM5 14h2v3h3v2H5zM17 14h2v5h-5v-2h3z",
  };
  const MODES = { loop: "Loop", once: "Play once", reflect: "Play back and forth" };
  const SPEEDS = [0.25, 0.5, 1, 2, 4];

  function element(tag, name, attributes = {}) {
    const made = document.createElement(tag);
    made.className = name;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  function button(name, label, action) {
    const made = element("button", "", { type: "button", "aria-label": label, title: label });
    made.append(icon(name));
    made.addEventListener("click", action);
    return made;
  }

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
      this.film = new Film(video, this.fps, this.count, (frame) => this.update(frame));
      this.build();
      this.listen();
      if (video.src.startsWith("data:")) video.src = blobUrl(video.src);
      video.controls = false;
      video.loop = false; // only while playing: else a seek to the last frame runs on to the first
      video.pause();
      this.update(0);
    }

    get frame() {
      return this.film.shown;
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
      this.paint();
    }

    // Videos play forwards only. Backwards, each frame is sought when its time comes.
    backwards() {
      this.direction = -1;
      this.video.loop = false;
      this.video.pause();
      this.paint();
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
      this.paint();
    }

    ended() {
      // After a seek to the last frame Chromium says "ended" although nothing plays.
      if (this.direction !== 1) return;
      if (this.mode === "reflect") return this.backwards();
      if (this.mode === "loop") return this.play();
      this.film.show(this.count - 1);
      this.pause(false);
    }

    setMode(mode) {
      this.mode = mode;
      this.video.loop = mode === "loop" && this.direction === 1;
      if (mode !== "reflect" && this.direction === -1) this.play();
      this.paint();
    }

    setSpeed(speed) {
      this.speed = speed;
      this.video.playbackRate = speed;
      this.select.value = String(speed);
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

    build() {
      const { root } = this;
      this.track = element("input", "gpuanim-track", {
        type: "range", min: 0, max: this.count - 1, step: 1, value: 0, "aria-label": "Frame",
      });
      this.main = button("play", "Play", () => this.toggle());
      this.main.classList.add("gpuanim-main");
      this.counter = element("span", "gpuanim-count");
      this.number = document.createTextNode("");
      const total = element("small", "");
      total.textContent = ` / ${this.count}`;
      this.counter.append(this.number, total);
      this.counter.style.minWidth = `${2 * String(this.count).length + 5}ch`;
      this.select = element("select", "", { "aria-label": "Speed", title: "Speed" });
      for (const speed of SPEEDS) this.select.add(new Option(`${speed}\u00d7`, speed, speed === 1, speed === 1));
      this.modes = Object.entries(MODES).map(([mode, label]) => {
        const made = button(mode, label, () => this.setMode(mode));
        made.dataset.mode = mode;
        return made;
      });
      const steps = element("div", "gpuanim-group");
      const first = button("first", "First frame (Home)", () => this.seek(0));
      const back = button("back", "Back one frame (\u2190, with Shift 10)", () => this.step(-1));
      const next = button("next", "Forward one frame (\u2192, with Shift 10)", () => this.step(1));
      const last = button("last", "Last frame (End)", () => this.seek(this.count - 1));
      for (const end of [first, last]) end.className = "gpuanim-wide";
      steps.append(first, back, next, last);
      const modes = element("div", "gpuanim-group", { role: "group", "aria-label": "At the end" });
      modes.append(...this.modes);
      this.bar = element("div", "gpuanim-bar");
      this.bar.append(this.main, steps, this.counter, element("span", "gpuanim-space"), this.select, modes);
      if (document.fullscreenEnabled) {
        modes.after(button("full", "Full screen (F)", () => this.fullscreen()));
      }
      root.append(this.track, this.bar);
      root.tabIndex = 0;
      root.setAttribute("role", "group");
      root.setAttribute("aria-label", this.video.getAttribute("aria-label") || "Animation");
    }

    listen() {
      const { root, video, track, select } = this;
      video.addEventListener("ended", () => this.ended());
      video.addEventListener("click", () => {
        root.focus({ preventScroll: true });
        this.toggle();
      });
      track.addEventListener("input", () => this.seek(Number(track.value)));
      select.addEventListener("change", () => this.setSpeed(Number(select.value)));
      root.addEventListener("keydown", (event) => this.key(event));
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.select) return;
      const onButton = event.target.closest("button") !== null;
      const by = event.shiftKey ? 10 : 1;
      const actions = {
        ArrowLeft: () => this.step(-by),
        ArrowRight: () => this.step(by),
        Home: () => this.seek(0),
        End: () => this.seek(this.count - 1),
        f: () => this.fullscreen(),
      };
      if (!onButton) actions[" "] = () => this.toggle(); // on a button the space bar presses it
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    }

    fullscreen() {
      if (document.fullscreenElement) document.exitFullscreen();
      else if (document.fullscreenEnabled) this.root.requestFullscreen().catch(() => {});
    }

    update(frame) {
      const { track } = this;
      this.number.data = String(frame + 1);
      // While a frame is being sought, the handle stays where the hand is.
      track.value = String(this.film ? this.film.latest : frame);
      track.style.setProperty("--gpuanim-done", `${(100 * track.value) / Math.max(1, this.count - 1)}%`);
      track.setAttribute("aria-valuetext", `frame ${frame + 1} of ${this.count}`);
      this.root.dispatchEvent(new CustomEvent("frame", { detail: { frame }, bubbles: true }));
    }

    paint() {
      const [name, label] = this.direction ? ["pause", "Pause"] : ["play", "Play"];
      this.main.replaceChildren(icon(name));
      this.main.setAttribute("aria-label", label);
      this.main.title = `${label} (space)`;
      for (const made of this.modes) made.setAttribute("aria-pressed", String(made.dataset.mode === this.mode));
    }
  }

  function upgrade() {
    for (const root of document.querySelectorAll(".gpuanim-player:not([data-ready])")) {
      root.dataset.ready = "";
      const player = new Player(root);
      player.paint();
      root.player = player;
    }
  }

  upgrade();
  setTimeout(upgrade); // some notebooks run scripts before their output is in the document
})();
