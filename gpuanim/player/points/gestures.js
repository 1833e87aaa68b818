// Drag, wheel, pinch and double click on a canvas -> moves of a view. Calls `changed` after each, and
// `hover(x, y)` in device pixels where the pointer rests, `hover(null)` where there is none.
class Gestures {
  constructor(canvas, view, changed, hover) {
    Object.assign(this, { canvas, view, changed, hover });
    this.pointers = new Map();
    const on = (name, action, options) => canvas.addEventListener(name, action.bind(this), options);
    on("pointerdown", this.down);
    on("pointermove", this.move);
    for (const name of ["pointerup", "pointercancel"]) on(name, this.up);
    on("pointerleave", () => hover(null));
    on("wheel", this.wheel, { passive: false });
    on("dblclick", this.twice);
  }

  // Where an event is on the canvas.
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
  }

  down(event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    this.canvas.dataset.drag = "";
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    const [x, y] = this.at(event);
    if (!before) return this.hover(x, y);
    this.hover(null);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const length = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
      const middle = [(x + other[0]) / 2, (y + other[1]) / 2];
      this.view.pan((x - before[0]) / 2, (y - before[1]) / 2);
      this.view.zoomAt(length([x, y]) / Math.max(1, length(before)), ...middle);
    } else {
      this.view.pan(x - before[0], y - before[1]);
    }
    this.pointers.set(event.pointerId, [x, y]);
    this.changed();
  }

  up(event) {
    const tapped = this.pointers.delete(event.pointerId) && event.pointerType === "touch";
    if (tapped && this.pointers.size === 0) this.hover(...this.at(event)); // fingers cannot hover
    if (this.pointers.size === 0) delete this.canvas.dataset.drag;
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 0 ? 1 : 16;
    const turn = Math.max(-240, Math.min(240, event.deltaY * lines));
    // A pinch on a touch pad arrives as a wheel with ctrl, in smaller steps.
    this.view.zoomAt(Math.exp(-turn * (event.ctrlKey ? 0.01 : 0.0016)), ...this.at(event));
    this.changed();
    this.hover(...this.at(event));
  }

  twice(event) {
    this.view.zoomAt(event.shiftKey ? 0.5 : 2, ...this.at(event));
    this.changed();
  }
}
