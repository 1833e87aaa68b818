// Symbols at cells and lassos, on a canvas of their own above the points.
class Marks {
  constructor(facts) {
    this.marks = facts.marks;
    this.background = facts.background;
    this.canvas = element("canvas", "gpuanim-marks", { "aria-hidden": "true" });
  }

  draw(view) {
    const { canvas } = this;
    Object.assign(canvas, { width: view.width, height: view.height }); // which clears it
    const context = canvas.getContext("2d");
    const { scale, offset } = view.transform();
    for (const mark of this.marks) {
      const at = mark.places.map(([x, y]) => [x * scale[0] + offset[0], view.height - y * scale[1] - offset[1]]);
      if (mark.outlines.length) for (const place of at) stroke(context, around(place, mark, view.disc), mark, view.disc);
      else stroke(context, closed(at), mark, view.fit);
    }
  }

  // The symbol of a mark for the legend.
  symbol(mark) {
    const ratio = window.devicePixelRatio || 1;
    const side = 18 * ratio;
    const canvas = element("canvas", "gpuanim-symbol", { width: side, height: side, "aria-hidden": "true" });
    if (this.background) canvas.style.background = this.background; // the ground that its colours are for
    const reach = Math.max(1, ...mark.outlines.flat(2).map(Math.abs)) + mark.rim / 2;
    const size = (0.46 * side) / reach;
    const middle = side / 2;
    const path = mark.outlines.length
      ? around([middle, middle], mark, size)
      : open([[0.1 * side, middle], [0.9 * side, middle]]);
    stroke(canvas.getContext("2d"), path, mark, mark.outlines.length ? size : ratio / 2);
    return canvas;
  }
}

function stroke(context, path, { fill, edge, width, dash, rim }, size) {
  context.lineJoin = "round";
  const line = (color, wide) => {
    context.strokeStyle = color;
    context.lineWidth = wide * size;
    context.setLineDash(dash.map((part) => part * size));
    context.stroke(path);
  };
  if (rim) line("white", rim);
  if (fill) {
    context.fillStyle = fill;
    context.fill(path);
  }
  line(edge, width);
}

// The outlines of a symbol at a place.
function around([x, y], { outlines }, size) {
  const path = new Path2D();
  for (const line of outlines) path.addPath(open(line.map(([dx, dy]) => [x + dx * size, y - dy * size])));
  return path;
}

function open(places) {
  const path = new Path2D();
  places.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  const [first, last] = [places[0], places[places.length - 1]];
  if (Math.hypot(first[0] - last[0], first[1] - last[1]) < 0.01) path.closePath();
  return path;
}

function closed(places) {
  return open([...places, places[0]]);
}
