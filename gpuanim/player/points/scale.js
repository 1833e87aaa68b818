// A number with as many digits as tell it from another one `step` away.
function numeral(value, step) {
  if (Math.abs(value) < step / 2 || value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  const fine = step > 0 ? Math.floor(Math.log10(step)) : size - 5;
  const digits = Math.max(1, Math.min(9, size - fine + 1));
  const short = size < -3 || size > 5 ? value.toExponential(digits - 1) : value.toPrecision(digits);
  const plain = short.includes("e") ? short.replace(/\.?0*e\+?/, "e") : Number(short).toLocaleString("en", {
    maximumFractionDigits: 9, useGrouping: false,
  });
  return plain.replace("-", "\u2212").replace("e-", "e\u2212");
}

// What a level says about a value, as exactly as its byte does.
function levelText(scale, edges, code) {
  const parts = [];
  if (code > 255) return "no value";
  if (scale === "quantile") parts.push(`rank ${(code / 2.56).toFixed(1)} to ${((code + 1) / 2.56).toFixed(1)} %`);
  if (edges) {
    const [low, high] = [edges[code], edges[code + 1]];
    const step = (high - low) / 2;
    parts.push(low === high ? numeral(low, 0) : `${numeral(low, step)} to ${numeral(high, step)}`);
  }
  return parts.length ? parts.join(", ") : `level ${code} of 255`;
}

// Where a value stands on the bar, 0 to 1.
function placeOnBar(edges, value) {
  let code = 0;
  while (code < 255 && edges[code + 1] <= value) code++;
  const width = edges[code + 1] - edges[code];
  return (code + (width > 0 ? Math.min(1, Math.max(0, (value - edges[code]) / width)) : 0)) / 256;
}

// What stands beside the bar: [place, text], by what the levels are.
function ticks(scale, edges) {
  if (scale === "quantile") return [0, 25, 50, 75, 100].map((percent) => [percent / 100, `${percent} %`]);
  if (!edges) return [];
  // The outer levels of clipped values reach further than the map does.
  const step = edges[2] - edges[1];
  const last = edges[255] - edges[254];
  const low = edges[1] - edges[0] > 3 * step && step > 0 ? edges[1] - step : edges[0];
  const high = edges[256] - edges[255] > 3 * last && last > 0 ? edges[255] + last : edges[256];
  if (!(high > low)) return [[0.5, numeral(low, 0)]];
  const inner = niceNumbers(edges, low, high).map(([value, gap]) => [placeOnBar(edges, value), numeral(value, gap)]);
  const ends = [
    [0, (low > edges[0] ? "\u2264 " : "") + numeral(low, (high - low) / 100)],
    [1, (high < edges[256] ? "\u2265 " : "") + numeral(high, (high - low) / 100)],
  ];
  return [...inner.filter(([place]) => place > 0.07 && place < 0.93), ...ends];
}

// Round numbers between the ends, each with what it is rounded to: in even steps, powers of ten, or by place.
function niceNumbers(edges, low, high) {
  const middle = (edges[1] + edges[255]) / 2;
  if (Math.abs(edges[128] - middle) < 0.02 * (high - low)) {
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const gap = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough);
    const numbers = [];
    for (let k = Math.ceil(low / gap); k * gap <= high; k++) numbers.push([k * gap, gap]);
    return numbers;
  }
  if (low > 0 && high / low > 100) {
    const powers = [];
    const every = Math.ceil(Math.log10(high / low) / 6);
    for (let k = Math.ceil(Math.log10(low)); 10 ** k <= high; k += every) powers.push([10 ** k, 10 ** k]);
    return powers;
  }
  return [0.25, 0.5, 0.75].map((place) => {
    const value = edges[256 * place];
    return [value, Math.max(1e-300, Math.abs(edges[256 * place + 1] - value))];
  });
}

// The bar of colours with its labels.
class ColorBar {
  constructor(facts, table) {
    this.facts = facts;
    this.root = element("div", "gpuanim-scale", { role: "img" });
    const bar = element("canvas", "gpuanim-colors", { width: 256, height: 1 });
    const picture = new ImageData(256, 1);
    for (let i = 0; i < 256; i++) picture.data.set([...table.subarray(3 * i, 3 * i + 3), 255], 4 * i);
    bar.getContext("2d").putImageData(picture, 0, 0);
    this.labels = element("div", "gpuanim-ticks");
    this.mark = element("div", "gpuanim-mark");
    this.mark.hidden = true;
    const frame = element("div", "gpuanim-barframe");
    frame.append(bar, this.mark, this.labels);
    this.root.append(frame);
    if (facts.label) {
      this.label = element("div", "gpuanim-label");
      this.label.textContent = facts.label;
      frame.append(this.label);
      this.root.classList.add("gpuanim-labelled");
    }
    this.shown = undefined;
  }

  update(edges) {
    if (edges === this.shown) return;
    this.shown = edges;
    const marks = ticks(this.facts.scale, edges);
    this.labels.replaceChildren(
      ...marks.map(([place, text]) => {
        const label = element("span", place === 0 ? "gpuanim-first" : place === 1 ? "gpuanim-last" : "");
        label.textContent = text;
        label.style.setProperty("--gpuanim-place", place);
        return label;
      }),
    );
    const told = this.facts.scale === "quantile" ? "rank" : "value";
    this.reach();
    this.root.setAttribute("aria-label", `Colours by ${this.facts.label || told}: ${marks.map((mark) => mark[1]).join(", ")}`);
  }

  // Puts the label beside the longest number.
  reach() {
    if (!this.label) return;
    const widths = [...this.labels.children].map((label) => label.offsetWidth);
    this.root.style.setProperty("--gpuanim-reach", `${Math.max(0, ...widths)}px`);
  }

  // Shows where the level of a point is on the bar; 256 and null are nowhere.
  point(code) {
    this.mark.hidden = code === null || code > 255;
    if (!this.mark.hidden) this.mark.style.setProperty("--gpuanim-place", (code + 0.5) / 256);
  }
}
