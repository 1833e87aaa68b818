// The groups with their colours: a click picks one out, another click lets go.
class Legend {
  constructor(facts, counts, pick, colorBy) {
    this.root = element("section", "gpuanim-legend", { "aria-label": "Groups" });
    const head = element("div", "gpuanim-colorby", { role: "group", "aria-label": "Colour by" });
    this.ways = ["Value", "Group"].map((label, i) => {
      const made = element("button", "", { type: "button" });
      made.textContent = label;
      made.addEventListener("click", () => {
        this.colorBy(i === 1);
        colorBy(i === 1);
      });
      return made;
    });
    head.append(...this.ways);
    this.list = element("div", "gpuanim-groups");
    this.picked = -1;
    this.items = facts.groups.names.map((name, i) => {
      const item = element("button", "gpuanim-item", { type: "button", title: name });
      const dot = element("span", "gpuanim-dot");
      dot.style.background = facts.groups.colors[i];
      const label = element("span", "gpuanim-name");
      label.textContent = name;
      const count = element("small", "");
      count.textContent = counts[i].toLocaleString("en");
      item.append(dot, label, count);
      item.addEventListener("click", () => pick((this.picked = this.picked === i ? -1 : i)));
      item.addEventListener("click", () => this.paint());
      return item;
    });
    this.list.append(...this.items);
    this.root.append(head, this.list);
    this.colorBy(false);
    this.paint();
  }

  colorBy(group) {
    this.ways.forEach((way, i) => way.setAttribute("aria-pressed", String((i === 1) === group)));
  }

  paint() {
    this.items.forEach((item, i) => item.setAttribute("aria-pressed", String(i === this.picked)));
    this.list.classList.toggle("gpuanim-some", this.picked >= 0);
  }
}
