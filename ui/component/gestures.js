// What the pointer does with each tool: hand, pick, paint, lasso, box, polygon.

import { WORLD } from "./scene.js";

const STEP = 4; // pixels between two samples of a stroke
const DRAWS = new Set(["polygon", "cut", "split"]);
export const DRAGS = new Set(["paint", "lasso", "box"]);

export class Gestures {
  constructor(view) {
    this.view = view;
    this.map = view.map;
    this.box = view.map.getContainer();
    this.handlers = {
      pointerdown: (e) => this.#down(e),
      pointermove: (e) => this.#move(e),
      pointerup: (e) => this.#up(e),
      pointercancel: () => this.cancel(),
      pointerleave: () => this.view.hoverOver(-1),
    };
    for (const [name, run] of Object.entries(this.handlers)) {
      this.box.addEventListener(name, run, { capture: name === "pointerdown" });
    }
    this.map.on("click", (e) => this.#click(e));
    this.map.on("dblclick", () => this.#close());
  }

  remove() {
    for (const [name, run] of Object.entries(this.handlers)) {
      this.box.removeEventListener(name, run, { capture: name === "pointerdown" });
    }
  }

  use(tool) {
    this.cancel();
    this.map.dragging[DRAGS.has(tool) ? "disable" : "enable"]();
    this.map.boxZoom.disable();
    this.map.doubleClickZoom[tool === "hand" ? "enable" : "disable"]();
    this.box.dataset.tool = tool;
  }

  cancel() {
    this.from = null;
    this.view.trace([], false);
  }

  #world(event) {
    const point = this.map.mouseEventToContainerPoint(event);
    const at = this.map.containerPointToLayerPoint(point).add(this.map.getPixelOrigin());
    const k = (256 * 2 ** this.map.getZoom()) / WORLD;
    return [at.x / k, at.y / k];
  }

  #onMap(event) {
    return !event.target.closest?.(".bw-panel, .leaflet-control");
  }

  #down(event) {
    const { tool } = this.view.state;
    if (!DRAGS.has(tool) || event.button !== 0 || !this.#onMap(event)) return;
    this.box.setPointerCapture?.(event.pointerId);
    this.box.focus({ preventScroll: true });
    event.preventDefault();
    this.from = this.#world(event);
    this.last = [event.clientX, event.clientY];
    this.line = [this.from];
    this.add = event.shiftKey;
    if (tool === "paint") this.view.paint([this.from]);
  }

  #move(event) {
    if (!this.from) {
      this.#hover(event);
      return;
    }
    const far = Math.hypot(event.clientX - this.last[0], event.clientY - this.last[1]);
    if (far < STEP) return;
    const at = this.#world(event);
    const { tool } = this.view.state;
    if (tool === "paint") this.view.paint(between(this.line.at(-1), at, far / STEP));
    this.last = [event.clientX, event.clientY];
    if (tool === "box") {
      const [x, y] = this.from;
      this.view.trace([[x, y], [at[0], y], at, [x, at[1]]], false);
      this.line = [this.from, at];
    } else {
      this.line.push(at);
      if (tool === "lasso") this.view.trace(this.line, false);
    }
  }

  #hover(event) {
    if (!this.#onMap(event)) {
      this.view.hoverOver(-1);
      return;
    }
    const at = this.#world(event);
    const { tool } = this.view.state;
    this.view.pixel = WORLD / (256 * 2 ** this.map.getZoom());
    if (DRAWS.has(tool) && this.corners?.length) {
      this.view.trace([...this.corners, at], true);
    }
    this.view.hoverOver(this.view.scene.unitAt(...at), event, at);
  }

  #up() {
    if (!this.from) return;
    const { tool } = this.view.state;
    const shape = tool === "box" && this.line.length > 1 ? corners(...this.line) : this.line;
    const { add } = this;
    this.from = null;
    this.view.trace([], false);
    if (tool === "paint") this.view.finishPaint();
    else if (shape.length > 2) this.view.chooseInside(shape, add);
  }

  #click(event) {
    const { tool } = this.view.state;
    if (DRAGS.has(tool) || !this.#onMap(event.originalEvent)) return;
    const at = this.#world(event.originalEvent);
    if (DRAWS.has(tool)) {
      const last = this.corners?.at(-1);
      if (last && Math.hypot(last[0] - at[0], last[1] - at[1]) < 3 * this.view.pixel) return;
      this.corners = [...(this.corners ?? []), at];
      this.view.trace(this.corners, true);
      return;
    }
    if (tool === "pick") this.view.pick(at);
    else this.view.focusAt(at);
  }

  // A double click or Enter ends a drawn line.
  #close() {
    const line = this.corners;
    if (!line || line.length < 2) return false;
    const { tool } = this.view.state;
    this.corners = null;
    this.view.trace([], false);
    if (tool === "split") this.view.splitBy(line);
    else if (line.length < 3) return true;
    else if (tool === "cut") this.view.cut(line);
    else this.view.chooseInside(line, false);
    return true;
  }

  // Says whether the key was used.
  enter() {
    return this.#close();
  }

  escape() {
    const busy = Boolean(this.from || this.corners?.length);
    this.corners = null;
    this.cancel();
    return busy;
  }
}

function corners([ax, ay], [bx, by]) {
  return [[ax, ay], [bx, ay], [bx, by], [ax, by]];
}

function between([ax, ay], [bx, by], steps) {
  const n = Math.max(1, Math.ceil(steps));
  return Array.from({ length: n }, (_, i) => {
    const t = (i + 1) / n;
    return [ax + t * (bx - ax), ay + t * (by - ay)];
  });
}
