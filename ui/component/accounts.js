// Accounts as dots: a customer is a disc, a lead a ring, by size or shade if wanted.

import { inkOf } from "./ink.js";
import { Sheet } from "./sheet.js";

const GROWTH = [0.75, 0.75, 1, 1.4, 1.95, 2.7]; // radius by class of the chosen measure

export class Accounts {
  constructor(map, scene, state) {
    this.scene = scene;
    this.state = state;
    this.stamps = new Map();
    this.sheet = new Sheet(map, "bw-dots", (g, view) => this.#draw(g, view));
  }

  remove() {
    this.sheet.remove();
  }

  later() {
    this.sheet.later();
  }

  // The measure dots show, and its classes; null when all dots are alike.
  get shown() {
    const { sizes } = this.scene.header;
    const i = sizes.findIndex((size) => size.id === this.state.dots.by);
    return i < 0 ? null : { ...sizes[i], of: this.scene.sizes[i], as: this.state.dots.as };
  }

  // One dot a cell of the screen: a hundred thousand accounts cost what can be seen,
  // and those with the most revenue, which come first, are seen.
  #draw(g, view) {
    if (!this.state.layers.accounts) return;
    const { accountX: xs, accountY: ys, accountClass: kinds } = this.scene;
    const { k, ox, oy, width, height } = view;
    const { shown } = this;
    const size = Math.min(5, Math.max(1, 0.5 * (view.zoom - 2.5)));
    const cell = Math.max(shown ? 3 : 2, size * 0.9);
    const columns = Math.ceil(width / cell) + 1;
    const taken = new Uint8Array(columns * (Math.ceil(height / cell) + 1));
    const stamps = size < 2 && !shown ? null : this.#set(size, shown);
    g.fillStyle = inkOf(this.state).dot;
    g.globalAlpha = stamps ? 1 : 0.5;
    for (let i = 0; i < xs.length; i++) {
      const px = xs[i] * k - ox, py = ys[i] * k - oy;
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      const at = ((py / cell) | 0) * columns + ((px / cell) | 0);
      if (taken[at]) continue;
      taken[at] = 1;
      if (stamps) {
        const { canvas, side } = stamps[2 * (shown ? shown.of[i] : 0) + (kinds[i] & 1)];
        g.drawImage(canvas, px - side / 2, py - side / 2, side, side);
      } else g.fillRect(px - size * 0.7, py - size * 0.7, 1.4 * size, 1.4 * size);
    }
    g.globalAlpha = 1;
    this.#exceptions(g, view, size);
  }

  // Pictures of a customer and a lead of each class, made once a size.
  #set(size, shown) {
    const key = [size, this.state.dark, shown?.id, shown?.as].join();
    if (!this.stamps.has(key)) {
      if (this.stamps.size > 12) this.stamps.clear();
      const classes = shown ? shown.classes.length + 1 : 1;
      this.stamps.set(key, Array.from({ length: 2 * classes }, (_, i) =>
        this.#stamp(size, i % 2 === 1, i >> 1, shown)));
    }
    return this.stamps.get(key);
  }

  #stamp(size, lead, level, shown) {
    const ink = inkOf(this.state);
    const grown = Math.max(1.2, size * (shown?.as === "size" ? GROWTH[level] : shown ? 1.3 : 1));
    const color = shown?.as === "shade" ? this.shade(level) : ink.dot;
    const side = Math.ceil(2 * grown + 4);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 2 * side;
    const g = canvas.getContext("2d");
    g.scale(2, 2);
    g.beginPath();
    g.arc(side / 2, side / 2, lead ? grown * 0.85 : grown, 0, 7);
    g.globalAlpha = shown?.as === "size" ? 0.65 : shown ? 0.95 : 0.8;
    g.fillStyle = lead ? ink.casing : color;
    g.fill();
    g.globalAlpha = 0.9;
    g.strokeStyle = lead ? color : ink.casing;
    g.lineWidth = lead ? Math.max(1, grown * 0.3) : 0.7;
    if (lead || grown > 2.2) g.stroke();
    return { canvas, side };
  }

  // Shade of a class, 1 the lowest; none of the measure is grey.
  shade(level) {
    const { ramp } = this.scene.header;
    if (!level) return inkOf(this.state).nobody;
    return ramp[this.state.dark ? "dark" : "light"][level - 1];
  }

  // Accounts that do not follow their unit wear the colour of their territory.
  #exceptions(g, view, size) {
    const { accountX: xs, accountY: ys } = this.scene;
    const ink = inkOf(this.state);
    g.lineWidth = size < 2 ? 0.8 : 1.4;
    g.strokeStyle = ink.mark;
    for (const [row, code] of this.state.overrides) {
      g.beginPath();
      g.arc(xs[row] * view.k - view.ox, ys[row] * view.k - view.oy, size + 1, 0, 7);
      g.fillStyle = this.state.territories.get(code)?.color ?? ink.nobody;
      g.fill();
      g.stroke();
    }
  }
}
