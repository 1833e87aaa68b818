const MODES = { loop: "Loop", once: "Play once", reflect: "Play back and forth" };
const SPEEDS = [0.25, 0.5, 1, 2, 4];

// The slider, the bar of buttons and the keys of whatever plays frames. `player` has `count`, `mode`,
// `direction` (1 forwards, -1 backwards, 0 at rest), `latest` (the frame asked for last), and the verbs
// seek(frame), step(by), toggle(), setMode(mode), setSpeed(speed).
class Controls {
  constructor(root, player, label) {
    this.root = root;
    this.player = player;
    this.track = element("input", "gpuanim-track", {
      type: "range", min: 0, max: player.count - 1, step: 1, value: 0, "aria-label": "Frame",
    });
    this.bar = element("div", "gpuanim-bar");
    this.keys = {};
    this.build();
    this.listen();
    root.tabIndex = 0;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", label || "Animation");
  }

  build() {
    const { player } = this;
    this.main = button("play", "Play", () => player.toggle());
    this.main.classList.add("gpuanim-main");
    this.counter = element("span", "gpuanim-count");
    this.number = document.createTextNode("");
    const total = element("small", "");
    total.textContent = ` / ${player.count}`;
    this.counter.append(this.number, total);
    this.counter.style.minWidth = `${2 * String(player.count).length + 5}ch`;
    this.select = element("select", "", { "aria-label": "Speed", title: "Speed" });
    for (const speed of SPEEDS) this.select.add(new Option(`${speed}\u00d7`, speed, speed === 1, speed === 1));
    this.modes = Object.entries(MODES).map(([mode, label]) => {
      const made = button(mode, label, () => player.setMode(mode));
      made.dataset.mode = mode;
      return made;
    });
    const steps = element("div", "gpuanim-group");
    const first = button("first", "First frame (Home)", () => player.seek(0));
    const back = button("back", "Back one frame (\u2190, with Shift 10)", () => player.step(-1));
    const next = button("next", "Forward one frame (\u2192, with Shift 10)", () => player.step(1));
    const last = button("last", "Last frame (End)", () => player.seek(player.count - 1));
    for (const end of [first, last]) end.className = "gpuanim-wide";
    steps.append(first, back, next, last);
    const modes = element("div", "gpuanim-group", { role: "group", "aria-label": "At the end" });
    modes.append(...this.modes);
    this.bar.append(this.main, steps, this.counter, element("span", "gpuanim-space"), this.select, modes);
    if (document.fullscreenEnabled) this.bar.append(button("full", "Full screen (F)", () => this.fullscreen()));
  }

  listen() {
    const { root, player, track, select } = this;
    track.addEventListener("input", () => player.seek(Number(track.value)));
    select.addEventListener("change", () => player.setSpeed(Number(select.value)));
    root.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.select) return;
    const { player } = this;
    const onButton = event.target.closest("button") !== null;
    const by = event.shiftKey ? 10 : 1;
    const actions = {
      ...this.keys,
      ArrowLeft: () => player.step(-by),
      ArrowRight: () => player.step(by),
      Home: () => player.seek(0),
      End: () => player.seek(player.count - 1),
      f: () => this.fullscreen(),
    };
    if (!onButton) actions[" "] = () => player.toggle(); // on a button the space bar presses it
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

  // Tells which frame is on the screen.
  update(frame) {
    const { track, player } = this;
    this.number.data = String(frame + 1);
    track.value = String(player.latest); // while a frame is being sought, the handle stays where the hand is
    track.style.setProperty("--gpuanim-done", `${(100 * track.value) / Math.max(1, player.count - 1)}%`);
    track.setAttribute("aria-valuetext", `frame ${frame + 1} of ${player.count}`);
    this.root.dispatchEvent(new CustomEvent("frame", { detail: { frame }, bubbles: true }));
  }

  paint() {
    const { player } = this;
    const [name, label] = player.direction ? ["pause", "Pause"] : ["play", "Play"];
    this.main.replaceChildren(icon(name));
    this.main.setAttribute("aria-label", label);
    this.main.title = `${label} (space)`;
    for (const made of this.modes) made.setAttribute("aria-pressed", String(made.dataset.mode === player.mode));
  }
}
