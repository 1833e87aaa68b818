const FADED = 1, OUTLINE = 2; // what points.vert makes of them

// Lets the discs of outlines follow the points in the arrays that are drawn, and gives colours of their own to
// them and to faded points. `cells` has the points of each outline, `faded` a bit for each point, or is null.
function withHighlights(facts, arrays, cells, faded) {
  if (!cells.length && !faded) return;
  const { n, halos } = facts;
  const points = Uint32Array.from({ length: n }, (_, i) => i);
  const all = joined(points, cells);
  arrays.still = new Uint8Array(4 * all.length);
  if (faded) {
    const color = [...fromHex(facts.faded.color.slice(1)), FADED];
    for (let i = 0; i < n; i++) if ((faded[i >> 3] >> (i & 7)) & 1) arrays.still.set(color, 4 * i);
  }
  if (!cells.length) return;
  arrays.swell = new Float32Array(all.length).fill(1);
  let at = n;
  halos.forEach(({ color, scale }, h) => {
    const bytes = [...fromHex(color.slice(1)), OUTLINE];
    arrays.swell.fill(scale, at, at + cells[h].length);
    for (const end = at + cells[h].length; at < end; at++) arrays.still.set(bytes, 4 * at);
  });
  arrays.places = Uint16Array.from({ length: 2 * all.length }, (_, k) => arrays.places[2 * all[k >> 1] + (k & 1)]);
  for (const name of ["sizes", "groups"]) {
    if (arrays[name]) arrays[name] = Uint8Array.from(all, (i) => arrays[name][i]);
  }
}

function joined(first, others) {
  const all = new Uint32Array(others.reduce((sum, other) => sum + other.length, first.length));
  let at = 0;
  for (const part of [first, ...others]) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
