// The page: the points, what is around them, and what connects the two.
class PointsPage {
  constructor(root, facts, blob, arrays) {
    Object.assign(this, { root, facts, blob, arrays });
    this.view = new View(facts);
    this.order = new DrawOrder(facts, arrays.layers);
    this.names = new Names(blob, facts.names);
    this.layout();
    this.canvas = new PointCanvas(this.surface, facts, arrays);
    this.picker = new Picker(facts, arrays.keys, arrays.places, this.order, arrays.sizes);
    this.film = new PointFilm(facts, blob, (frame) => this.show(frame), (error) => complain(root, error));
    this.player = new PointPlayer(this.film, facts.mode, facts.fps[0] / facts.fps[1]);
    this.controls = this.player.controls = new Controls(root, this.player, facts.title);
    root.append(this.controls.track, this.controls.bar);
    this.gestures = new Gestures(this.surface, this.view, () => this.draw(), (x, y) => this.hover(x, y));
    this.keys();
    this.theme(matchMedia("(prefers-color-scheme: dark)"));
    this.surface.addEventListener("restored", () => this.draw());
    new ResizeObserver(() => this.resize()).observe(this.stage);
    this.controls.paint();
    this.film.seek(0);
  }

  get frame() {
    return this.film.shown;
  }

  get settled() {
    return this.film.settled && this.film.current !== null && !this.due;
  }

  layout() {
    const { facts } = this;
    const head = element("header", "gpuanim-head");
    const words = element("div", "gpuanim-words");
    this.words = facts.lines.map((_, i) => element(i ? "p" : "h1", ""));
    words.append(...this.words);
    this.tools = element("div", "gpuanim-tools");
    this.lamp = button("moon", "Dark theme (T)", () => this.toggleTheme());
    this.tools.append(
      button("minus", "Zoom out (\u2212)", () => this.zoom(1 / 1.5)),
      button("plus", "Zoom in (+)", () => this.zoom(1.5)),
      button("fit", "Whole picture (0)", () => this.reset()),
      button("camera", "Save a picture (P)", () => this.picture()),
      this.lamp,
    );
    head.append(words, this.tools);
    this.stage = element("div", "gpuanim-stage");
    this.surface = element("canvas", "gpuanim-surface", { role: "img", "aria-label": facts.title || "Points" });
    if (facts.background) this.stage.style.background = facts.background;
    this.tip = element("div", "gpuanim-tip", { role: "status" });
    this.tip.hidden = true;
    this.captions = facts.captions.map(({ loc, color }) => {
      const caption = element("div", "gpuanim-caption", { "data-loc": loc });
      caption.style.color = color;
      return caption;
    });
    this.marks = facts.marks.length ? new Marks(facts) : null;
    this.stage.append(this.surface, ...(this.marks ? [this.marks.canvas] : []), ...this.captions, this.tip);
    this.side = element("aside", "gpuanim-side");
    this.bar = facts.key ? null : new ColorBar(facts, this.arrays.table);
    if (this.bar) this.side.append(this.bar.root);
    if (facts.key || facts.groups) this.side.append(this.explain().root);
    const labelled = facts.marks.filter((mark) => mark.label);
    if (labelled.length) this.side.append(markLegend(this.marks, labelled));
    this.root.replaceChildren(head, this.stage, this.side);
  }

  explain() {
    const { facts, arrays } = this;
    this.legend = new Legend(
      facts,
      (picked, pickGroup) => this.change(() => Object.assign(this.canvas, { picked, pickGroup })),
      (on) => this.change(() => (this.canvas.byGroup = on)),
    );
    if (facts.groups) {
      const counts = new Uint32Array(256);
      for (let i = 0; i < facts.n; i++) counts[arrays.groups[i]]++;
      this.legend.groups.count(counts);
    }
    return this.legend;
  }

  keys() {
    const far = () => 0.1 * Math.min(this.view.width, this.view.height);
    const pan = (dx, dy) => () => this.change(() => this.view.pan(dx * far(), dy * far()));
    Object.assign(this.controls.keys, {
      "+": () => this.zoom(1.5), "=": () => this.zoom(1.5),
      "-": () => this.zoom(1 / 1.5), _: () => this.zoom(1 / 1.5),
      0: () => this.reset(), p: () => this.picture(), t: () => this.toggleTheme(),
      a: pan(1, 0), d: pan(-1, 0), w: pan(0, 1), s: pan(0, -1),
    });
    this.surface.addEventListener("pointerdown", () => this.root.focus({ preventScroll: true }));
    if (window.parent === window) this.root.focus({ preventScroll: true }); // in a notebook, leave the focus there
  }

  // The system's theme, until the button says otherwise.
  theme(system) {
    const paint = () => {
      const dark = this.dark ?? system.matches;
      this.root.dataset.theme = document.documentElement.dataset.theme = dark ? "dark" : "light";
      const label = dark ? "Light theme (T)" : "Dark theme (T)";
      this.lamp.replaceChildren(icon(dark ? "sun" : "moon"));
      for (const name of ["title", "aria-label"]) this.lamp.setAttribute(name, label);
      this.draw();
    };
    this.toggleTheme = () => {
      this.dark = !(this.dark ?? system.matches);
      paint();
    };
    system.addEventListener("change", paint);
    paint();
  }

  show(frame) {
    const { current } = this.film;
    if (current !== this.loaded) {
      this.loaded = current;
      const order = this.order.update(current);
      if (order) this.canvas.sort(order);
      this.canvas.load(current);
      if (this.bar) this.bar.update(this.edges);
      if (this.facts.scale === "category") this.legend.categories.count(countedCategories(this.facts, current));
      if (this.pointer) this.hover(...this.pointer);
      this.draw();
    }
    this.write(this.words, this.facts.lines, frame);
    this.write(this.captions, this.facts.captions, frame);
    this.controls.update(frame);
  }

  write(places, tracks, frame) {
    places.forEach((place, i) => {
      const text = textAt(tracks[i], frame);
      if (place.textContent !== text) place.textContent = place.title = text;
    });
  }

  get edges() {
    return (this.film.current && this.film.current.edges) || this.facts.edges;
  }

  change(action) {
    action();
    this.draw();
  }

  zoom(factor) {
    this.change(() => this.view.zoomAt(factor, this.view.width / 2, this.view.height / 2));
  }

  reset() {
    this.change(() => this.view.reset());
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.stage.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.stage.clientHeight * ratio));
    if (this.surface.width === width && this.surface.height === height) return;
    Object.assign(this.surface, { width, height });
    Object.assign(this.view, { width, height });
    this.paint(); // at once: a canvas is empty when its size has changed
  }

  draw() {
    if (this.due) return;
    this.due = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.due);
    this.due = 0;
    if (!this.loaded) return;
    this.canvas.draw(this.view);
    if (this.marks) this.marks.draw(this.view);
  }

  hover(x, y) {
    this.pointer = x === null ? null : [x, y];
    const ratio = this.surface.width / this.surface.clientWidth;
    const found = x === null || !this.loaded
      ? -1
      : this.picker.find(this.view, this.canvas.diameters(this.view), x, y, 4 * ratio);
    if (this.bar) this.bar.point(found < 0 ? null : codeAt(this.loaded, found));
    if (found < 0) this.asked = -1;
    if (found < 0) this.tip.hidden = true;
    else this.describe(found, x / ratio, y / ratio);
  }

  async describe(i, x, y) {
    this.asked = i;
    const { facts, arrays } = this;
    const name = await this.names.name(i);
    if (this.asked !== i) return; // the pointer has moved on
    const lines = [["strong", name], ["span", told(facts, this.edges, this.loaded, i)]];
    if (facts.groups) lines.push(["small", facts.groups.names[arrays.groups[i]] || ""]);
    const made = lines.filter(([, text]) => text).map(([tag, text]) => {
      const line = element(tag, "");
      line.textContent = text;
      return line;
    });
    this.tip.replaceChildren(...made);
    this.tip.hidden = false;
    const { clientWidth: width, clientHeight: height } = this.stage;
    const left = x + 14 + this.tip.offsetWidth > width ? x - 14 - this.tip.offsetWidth : x + 14;
    const top = y + 14 + this.tip.offsetHeight > height ? y - 14 - this.tip.offsetHeight : y + 14;
    this.tip.style.translate = `${Math.max(4, left)}px ${Math.max(4, top)}px`;
  }

  // A canvas with all that is drawn.
  whole() {
    if (!this.marks) return this.surface;
    const { width, height } = this.surface;
    const canvas = element("canvas", "", { width, height });
    for (const layer of [this.surface, this.marks.canvas]) canvas.getContext("2d").drawImage(layer, 0, 0);
    return canvas;
  }

  picture() {
    this.paint(); // the canvas keeps its pixels until this task ends
    this.whole().toBlob((blob) => {
      const link = element("a", "");
      link.href = URL.createObjectURL(blob);
      const name = (this.facts.title || "points").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
      link.download = `${name || "points"}-${this.frame + 1}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }
}

async function unpack(facts, blob) {
  const read = async (block, finish) => (block ? finish(await blob.read(block)) : null);
  const same = (bytes) => bytes;
  const keys = summed(await read(facts.keys, fromPlanes));
  const arrays = {
    keys,
    places: placesOf(keys),
    table: await read(facts.table, same),
    layers: await read(facts.layers, fromPlanes),
    sizes: await read(facts.sizes, same),
    groups: facts.groups ? await read(facts.groups.codes, same) : null,
  };
  const cells = await Promise.all(facts.halos.map((halo) => read(halo.cells, fromPlanes)));
  withHighlights(facts, arrays, cells.map(summed), facts.faded && (await read(facts.faded.cells, same)));
  return arrays;
}

async function start() {
  const root = document.querySelector(".gpuanim-points");
  try {
    if (typeof DecompressionStream === "undefined") {
      throw new Error("This browser is too old to unpack the points: it has no DecompressionStream.");
    }
    const data = document.querySelector(".gpuanim-data");
    const facts = JSON.parse(document.querySelector(".gpuanim-facts").textContent);
    const blob = new Blob64(data.textContent.trim());
    data.remove(); // its text takes more memory than the bytes
    root.page = new PointsPage(root, facts, blob, await unpack(facts, blob));
  } catch (error) {
    complain(root, error);
  }
}

function complain(root, error) {
  const message = element("p", "gpuanim-message", { role: "alert" });
  message.textContent = error.message;
  root.replaceChildren(message);
}
