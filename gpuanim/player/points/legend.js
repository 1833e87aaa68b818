const NA = "NA"; // the name of no category

// Names with their colours: a click picks one out, another click lets go. Without `pick` they are only shown.
class KeyList {
  constructor(names, colors, pick) {
    this.root = element("div", "gpuanim-groups");
    this.picked = -1;
    this.pick = pick;
    this.items = names.map((name, i) => this.item(name, colors[i], i));
    this.root.append(...this.items.map((item) => item.root));
    this.paint();
  }

  item(name, color, i) {
    const root = element(this.pick ? "button" : "div", "gpuanim-item", this.pick ? { type: "button" } : {});
    root.title = name;
    const dot = element("span", "gpuanim-dot");
    dot.style.background = color;
    const label = element("span", "gpuanim-name");
    label.textContent = name;
    const count = element("small", "");
    root.append(dot, label, count);
    if (this.pick) root.addEventListener("click", () => this.choose(this.picked === i ? -1 : i));
    return { root, count };
  }

  choose(i) {
    this.picked = i;
    this.paint();
    this.pick(i);
  }

  count(counts) {
    this.items.forEach(({ count }, i) => (count.textContent = counts[i].toLocaleString("en")));
  }

  paint() {
    if (!this.pick) return;
    this.items.forEach(({ root }, i) => root.setAttribute("aria-pressed", String(i === this.picked)));
    this.root.classList.toggle("gpuanim-some", this.picked >= 0);
  }
}

// The categories of the frames and the groups of the points. `pick(i, group)` shows one of them alone, -1 all,
// and `colorBy(group)` changes what the colours are.
class Legend {
  constructor(facts, pick, colorBy) {
    const { key, groups } = facts;
    this.root = element("section", "gpuanim-legend", { "aria-label": key ? "Categories" : "Groups" });
    this.categories = this.groups = null;
    if (groups) {
      this.groups = new KeyList(groups.names, groups.colors, (i) => pick(i, true));
      this.root.append(this.choice(key ? "Category" : "Value", (on) => {
        this.colorBy(on);
        colorBy(on);
      }));
    }
    if (key) this.categories = this.keyList(facts, pick);
    this.root.append(...[this.categories, this.groups].filter(Boolean).map((list) => list.root));
    if (groups) this.colorBy(false);
  }

  keyList({ key, gaps, scale }, pick) {
    const names = gaps ? [...key.names, NA] : key.names;
    const chosen = scale === "category" ? (i) => pick(i, false) : null; // a mixture has no category
    return new KeyList(names, [...key.colors, key.na], chosen);
  }

  choice(first, colorBy) {
    const head = element("div", "gpuanim-colorby", { role: "group", "aria-label": "Colour by" });
    this.ways = [first, "Group"].map((label, i) => {
      const made = element("button", "", { type: "button" });
      made.textContent = label;
      made.addEventListener("click", () => colorBy(i === 1));
      return made;
    });
    head.append(...this.ways);
    return head;
  }

  // Where there are two lists, the one that explains the colours is shown, and nothing of the other is picked.
  colorBy(group) {
    this.ways.forEach((way, i) => way.setAttribute("aria-pressed", String((i === 1) === group)));
    if (!this.categories) return;
    const [shown, other] = group ? [this.groups, this.categories] : [this.categories, this.groups];
    shown.root.hidden = false;
    other.root.hidden = true;
    if (other.picked >= 0) other.choose(-1);
  }
}

// The labels of marks.
function markLegend(marks, labelled) {
  const root = element("section", "gpuanim-labels", { "aria-label": "Marks" });
  for (const mark of labelled) {
    const item = element("div", "gpuanim-item");
    const label = element("span", "gpuanim-name");
    label.textContent = item.title = mark.label;
    item.append(marks.symbol(mark), label);
    root.append(item);
  }
  return root;
}
