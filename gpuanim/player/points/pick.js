// Finds the point under the pointer. Keys of Morton's curve need no index: the points of a square cell follow
// one another, and a bisection finds them.
class Picker {
  constructor(facts, keys, places, order, sizes) {
    Object.assign(this, { facts, keys, places, order, sizes });
  }

  // The uppermost disc at canvas pixel (x, y), y downwards, or else the nearest within `slack`; -1 for none.
  find(view, diameters, x, y, slack) {
    const { scale, offset } = view.transform();
    const up = view.height - y;
    const reach = diameters[1] / 2 + slack;
    const wide = [Math.abs(reach / scale[0]), Math.abs(reach / scale[1])];
    const at = [(x - offset[0]) / scale[0], (up - offset[1]) / scale[1]];
    let best = -1;
    let bestGap = slack;
    this.visit(at, wide, (i) => {
      const dx = this.places[2 * i] * scale[0] + offset[0] - x;
      const dy = this.places[2 * i + 1] * scale[1] + offset[1] - up;
      const gap = Math.max(0, Math.hypot(dx, dy) - this.radius(i, diameters));
      if (gap > bestGap) return;
      if (gap < bestGap || best < 0 || this.order.isAbove(i, best)) [best, bestGap] = [i, gap];
    });
    return best;
  }

  radius(i, [least, most]) {
    return (least / 2) * (this.sizes ? (most / least) ** (this.sizes[i] / 255) : 1);
  }

  // Calls back for the points in the cells that a box touches: 4 at most, of a size that the box fits.
  visit(at, wide, action) {
    let shift = 0;
    while (shift < 16 && 1 << shift < 2 * Math.max(...wide)) shift++;
    const range = (k) => [at[k] - wide[k], at[k] + wide[k]].map((q) => Math.floor(q) >> shift);
    const [[x0, x1], [y0, y1]] = [range(0), range(1)];
    const last = 65535 >> shift;
    for (let y = Math.max(0, y0); y <= Math.min(last, y1); y++) {
      for (let x = Math.max(0, x0); x <= Math.min(last, x1); x++) {
        const cell = (spread(x) | (spread(y) << 1)) >>> 0;
        const size = 4 ** shift;
        const end = this.lowest((cell + 1) * size);
        for (let i = this.lowest(cell * size); i < end; i++) action(i);
      }
    }
  }

  // The first point whose key is not below.
  lowest(key) {
    let [low, high] = [0, this.keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

// The names of points, unpacked when the first one is asked for.
class Names {
  constructor(blob, block) {
    Object.assign(this, { blob, block });
  }

  async name(i) {
    if (!this.block) return "";
    this.ready ??= this.unpack();
    await this.ready;
    return new TextDecoder().decode(this.bytes.subarray(i ? this.ends[i - 1] + 1 : 0, this.ends[i]));
  }

  async unpack() {
    this.bytes = await this.blob.read(this.block);
    const ends = [];
    for (let at = this.bytes.indexOf(0); at >= 0; at = this.bytes.indexOf(0, at + 1)) ends.push(at);
    this.ends = Uint32Array.from(ends);
  }
}
