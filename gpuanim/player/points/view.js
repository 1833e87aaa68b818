const ZOOM_LEAST = 0.5;
const ZOOM_MOST = 400;

// Which part of the film's box the canvas shows. At zoom 1 the whole box fits, in the middle; lengths of
// the film are pixels of the film, with y downwards, those of the canvas are device pixels.
class View {
  constructor(facts) {
    this.facts = facts;
    this.width = this.height = 1; // of the canvas
    this.reset();
  }

  reset() {
    const { width, height } = this.facts.view;
    Object.assign(this, { x: width / 2, y: height / 2, zoom: 1 });
  }

  // Canvas pixels per film pixel.
  get fit() {
    const { width, height } = this.facts.view;
    return Math.min(this.width / width, this.height / height);
  }

  get pixels() {
    return this.fit * this.zoom;
  }

  // Discs grow with the root of the zoom: neighbours part, and the picture stays full.
  get disc() {
    return this.fit * (this.zoom < 1 ? this.zoom : Math.sqrt(this.zoom));
  }

  pan(dx, dy) {
    this.x -= dx / this.pixels;
    this.y -= dy / this.pixels;
    this.keepInside();
  }

  // Zooms so that what lies at canvas pixel (x, y), y downwards, stays there.
  zoomAt(factor, x, y) {
    const before = this.pixels;
    this.zoom = Math.min(ZOOM_MOST, Math.max(ZOOM_LEAST, this.zoom * factor));
    const moved = 1 / before - 1 / this.pixels;
    this.x += (x - this.width / 2) * moved;
    this.y += (y - this.height / 2) * moved;
    this.keepInside();
  }

  keepInside() {
    const { width, height } = this.facts.view;
    this.x = Math.min(width, Math.max(0, this.x));
    this.y = Math.min(height, Math.max(0, this.y));
  }

  // place * scale + offset = canvas pixels, y upwards.
  transform() {
    const { low, step, view } = this.facts;
    const across = view.width / (view.x[1] - view.x[0]);
    const up = view.height / (view.y[1] - view.y[0]);
    const left = (low[0] + 0.5 * step[0] - view.x[0]) * across;
    const bottom = (view.y[1] - low[1] - 0.5 * step[1]) * up;
    return {
      scale: [step[0] * across * this.pixels, step[1] * up * this.pixels],
      offset: [
        (left - this.x) * this.pixels + this.width / 2,
        this.height / 2 - (bottom - this.y) * this.pixels,
      ],
    };
  }
}
