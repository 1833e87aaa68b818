// The order of points by small whole numbers, lowest first and stable: one pass to count, one to place.
function sortedBy(keyOf, n, most) {
  const starts = new Uint32Array(most + 2);
  for (let i = 0; i < n; i++) starts[keyOf(i) + 1]++;
  for (let key = 0; key <= most; key++) starts[key + 1] += starts[key];
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[starts[keyOf(i)]++] = i;
  return order;
}

// Who is drawn over whom: by the layers of the film, or by the values of each frame.
class DrawOrder {
  constructor(facts, layers) {
    Object.assign(this, { facts, layers });
    this.follows = facts.order !== "layers";
    this.heights = new Uint16Array(257); // of the codes, the last one for no value
  }

  // The points from bottom to top; null if that has not changed.
  update(frame) {
    const { n } = this.facts;
    if (!this.follows) {
      if (this.sorted) return null;
      this.sorted = true;
      const most = this.layers.reduce((a, b) => Math.max(a, b), 0);
      return sortedBy((i) => this.layers[i], this.layers.length, most); // outlines as well
    }
    this.frame = frame;
    this.rank(frame.edges || this.facts.edges);
    const { heights } = this;
    const { codes, missing } = frame;
    const keyOf = missing ? (i) => heights[codeAt(frame, i)] : (i) => heights[codes[i]];
    return sortedBy(keyOf, n, 256);
  }

  rank(edges) {
    const size = (code) => (this.facts.order === "abs" && edges ? Math.abs(edges[code] + edges[code + 1]) : code);
    const codes = Array.from({ length: 256 }, (_, code) => code);
    codes.sort((a, b) => size(a) - size(b));
    codes.forEach((code, place) => (this.heights[code] = place + 1));
    this.heights[256] = 0;
  }

  heightOf(i) {
    return this.follows ? this.heights[codeAt(this.frame, i)] : this.layers[i];
  }

  isAbove(i, j) {
    const [a, b] = [this.heightOf(i), this.heightOf(j)];
    return a > b || (a === b && i > j);
  }
}

function isMissing({ missing }, i) {
  return missing !== null && ((missing[i >> 3] >> (i & 7)) & 1) === 1;
}

// The level of a point on a scale of 256, and 256 where it has no value.
function codeAt(frame, i) {
  return isMissing(frame, i) ? 256 : frame.codes[i];
}

// The row of the colour table that a point with a value has.
function rowAt({ codes, high }, i) {
  return high ? codes[i] + 256 * high[i] : codes[i];
}
