const CACHE_BYTES = 160e6;
const CACHE_LEAST = 40; // frames: the way from a frame that stands alone to any other is 15 + 15 steps

// The frames of a page by number, decoded when they are wanted and kept while there is room.
class PointFilm {
  constructor(facts, blob, onframe, onfail) {
    Object.assign(this, { facts, blob, onframe, onfail });
    this.count = facts.frames.length;
    this.kept = new Map(); // by block, the one used last at the end
    const bytes = Math.max(1, facts.n) * (facts.high ? 2 : 1);
    this.most = Math.max(CACHE_LEAST, Math.floor(CACHE_BYTES / bytes));
    this.shown = 0;
    this.current = null; // the decoded frame that is shown
    this.wish = null;
    this.target = null; // of the one in work
  }

  get latest() {
    return this.wish ?? this.target ?? this.shown;
  }

  get settled() {
    return this.wish === null && this.target === null;
  }

  seek(frame) {
    this.wish = Math.min(this.count - 1, Math.max(0, Math.round(frame)));
    if (this.target === null) this.go();
  }

  // One frame is in work at a time, and only the newest wish counts, so that scrubbing stays live.
  go() {
    while (this.wish !== null) {
      this.target = this.wish;
      this.wish = null;
      const decoded = this.recall(this.facts.frames[this.target]);
      if (!decoded) return this.begin(this.facts.frames[this.target]);
      this.show(this.target, decoded);
    }
    this.target = null;
  }

  begin(block) {
    this.decode(block).then(() => this.arrive()).catch(this.onfail);
  }

  arrive() {
    const decoded = this.recall(this.facts.frames[this.target]);
    // A newer wish is waiting: this frame is shown all the same, or a hand that never rests sees nothing.
    if (decoded) this.show(this.target, decoded);
    this.go();
  }

  show(frame, decoded) {
    this.shown = frame;
    this.current = decoded;
    this.onframe(frame);
  }

  recall(block) {
    const decoded = this.kept.get(block);
    if (decoded) {
      this.kept.delete(block);
      this.kept.set(block, decoded);
    }
    return decoded;
  }

  // Decodes a block and what it follows, as far back as the next one that is kept.
  async decode(block) {
    const chain = [];
    for (let at = block; at >= 0 && !this.kept.has(at); at = this.facts.blocks[at][2]) chain.push(at);
    let before = chain.length ? this.facts.blocks[chain[chain.length - 1]][2] : block;
    let decoded = before >= 0 ? this.recall(before) : null;
    const { blocks, high, n } = this.facts;
    const bytes = chain.map((at) => this.blob.read(blocks[at]));
    const upper = high && chain.map((at) => this.blob.read(high[at])); // follow one another as the lower ones do
    while (chain.length) {
      const at = chain.pop();
      const earlier = decoded;
      decoded = readFrame(await bytes.pop(), n, blocks[at], earlier);
      if (high) {
        const plane = earlier && { codes: earlier.high, missing: null };
        decoded.high = readFrame(await upper.pop(), n, high[at], plane).codes;
      }
      this.keep(at, decoded);
    }
    return decoded;
  }

  keep(block, decoded) {
    this.kept.set(block, decoded);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.most) break;
      this.kept.delete(oldest);
    }
  }
}

// Plays a film by the clock. Same verbs as the player of videos, for `Controls`.
class PointPlayer {
  constructor(film, mode, fps) {
    Object.assign(this, { film, mode, fps });
    this.count = film.count;
    this.direction = 0; // 1 forwards, -1 backwards, 0 at rest
    this.speed = 1;
    this.controls = null;
  }

  get frame() {
    return this.film.shown;
  }

  get latest() {
    return this.film.latest;
  }

  seek(frame) {
    this.pause();
    this.film.seek(frame);
  }

  step(by) {
    this.seek(this.latest + by);
  }

  toggle() {
    if (this.direction) this.pause();
    else this.play();
  }

  pause() {
    this.direction = 0;
    this.controls.paint();
  }

  play() {
    if (this.count < 2) return;
    const last = this.latest >= this.count - 1;
    if (last && this.mode !== "reflect") this.film.seek(0);
    this.run(last && this.mode === "reflect" ? -1 : 1);
  }

  setMode(mode) {
    this.mode = mode;
    if (mode !== "reflect" && this.direction === -1) this.run(1);
    this.controls.paint();
  }

  setSpeed(speed) {
    this.speed = speed;
    this.controls.select.value = String(speed);
    if (this.direction) this.run(this.direction); // the clock starts anew
  }

  run(direction) {
    this.direction = direction;
    this.controls.paint();
    const from = this.latest;
    const alarm = (this.alarm = (this.alarm || 0) + 1);
    let since = null;
    const tick = (now) => {
      if (alarm !== this.alarm || this.direction !== direction) return;
      since ??= now;
      const frame = from + direction * Math.floor(((now - since) / 1000) * this.fps * this.speed + 1e-6);
      if (frame < 0 || frame >= this.count) return this.end(direction);
      if (frame !== this.latest) this.film.seek(frame);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  end(direction) {
    if (this.mode === "reflect") {
      this.film.seek(direction > 0 ? this.count - 1 : 0);
      return this.run(-direction);
    }
    if (this.mode === "loop") {
      this.film.seek(0);
      return this.run(1);
    }
    this.film.seek(this.count - 1);
    this.pause();
  }
}
