// Accounts as dots: a customer is a disc, a lead a ring, by size or shade if wanted.

import { inkOf } from "./ink.js";
import { Sheet } from "./sheet.js";

const GROWTH = [0.75, 0.75, 1, 1.4, 1.95, 2.7]; // radius by class of the chosen measure

const FEW = 2000, MANY = 20_000; // accounts in sight: below it all; past it well apart

export class Accounts {
  constructor(map, scene, state) {
    this.scene = scene;
    this.state = state;
    this.stamps = new Map();
    this.thinned = false;
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
  // and those with the most revenue, which come first, are seen. Where few are in
  // sight, all are drawn.
  #draw(g, view) {
    if (!this.state.layers.accounts) return;
    const { accountX: xs, accountY: ys, accountClass: kinds } = this.scene;
    const { k, ox, oy, width, height } = view;
    const { shown } = this;
    const size = Math.min(5, Math.max(1, 0.5 * (view.zoom - 2.5)));
    const crowd = this.#inSight(view);
    this.thinned = crowd >= FEW;
    const cell = crowd < FEW ? 1 : crowd < MANY
      ? Math.max(shown ? 3 : 2, size * 0.9) : Math.max(3, size * 1.4);
    const columns = Math.ceil(width / cell) + 1;
    const taken = new Uint8Array(columns * (Math.ceil(height / cell) + 1));
    const ratio = g.canvas.width / width;
    const stamps = this.#set(size, ratio, shown);
    const picture = this.#empty(g.canvas);
    for (let i = 0; i < xs.length; i++) {
      const px = xs[i] * k - ox, py = ys[i] * k - oy;
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      const at = ((py / cell) | 0) * columns + ((px / cell) | 0);
      if (taken[at]) continue;
      taken[at] = 1;
      lay(picture, stamps[2 * (shown ? shown.of[i] : 0) + (kinds[i] & 1)], px * ratio, py * ratio);
    }
    g.putImageData(picture, 0, 0);
    this.#exceptions(g, view, size);
  }

  // The pixels dots are laid on: laying thousands of small pictures on a canvas one by
  // one takes five times as long.
  #empty({ width, height }) {
    if (this.picture?.width !== width || this.picture.height !== height) {
      this.picture = new ImageData(width, height);
    } else this.picture.data.fill(0);
    return this.picture;
  }

  #inSight({ k, ox, oy, width, height }) {
    const { accountX: xs, accountY: ys } = this.scene;
    const x0 = ox / k, y0 = oy / k, x1 = (ox + width) / k, y1 = (oy + height) / k;
    let n = 0;
    for (let i = 0; i < xs.length; i++) {
      if (xs[i] >= x0 && xs[i] < x1 && ys[i] >= y0 && ys[i] < y1) n++;
    }
    return n;
  }

  // Pictures of a customer and a lead of each class, made once a size.
  #set(size, ratio, shown) {
    const key = [size, ratio, this.state.dark, shown?.id, shown?.as].join();
    if (!this.stamps.has(key)) {
      if (this.stamps.size > 12) this.stamps.clear();
      const classes = shown ? shown.classes.length + 1 : 1;
      this.stamps.set(key, Array.from({ length: 2 * classes }, (_, i) =>
        this.#stamp(size, ratio, i % 2 === 1, i >> 1, shown)));
    }
    return this.stamps.get(key);
  }

  #stamp(size, ratio, lead, level, shown) {
    const ink = inkOf(this.state);
    const grown = Math.max(1.2, size * (shown?.as === "size" ? GROWTH[level] : shown ? 1.3 : 1));
    const color = shown?.as === "shade" ? this.shade(level) : ink.dot;
    const side = Math.ceil((2 * grown + 3) * ratio) | 1;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const g = canvas.getContext("2d");
    g.scale(ratio, ratio);
    g.beginPath();
    g.arc(side / ratio / 2, side / ratio / 2, lead ? grown * 0.85 : grown, 0, 7);
    g.globalAlpha = shown?.as === "size" ? 0.65 : shown ? 0.95 : grown < 2 ? 0.6 : 0.8;
    g.fillStyle = lead ? ink.casing : color;
    g.fill();
    g.strokeStyle = lead ? color : ink.casing;
    g.lineWidth = lead ? Math.max(0.9, grown * 0.3) : 0.7;
    if (lead || grown > 2.2) g.stroke();
    return g.getImageData(0, 0, side, side);
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

// Lay one small picture on a large one with its middle at x, y.
function lay(picture, stamp, x, y) {
  const { width, height } = picture;
  const { width: side } = stamp;
  const to = (picture.words ??= new Uint32Array(picture.data.buffer));
  const from = (stamp.words ??= new Uint32Array(stamp.data.buffer));
  const left = Math.round(x) - (side >> 1), top = Math.round(y) - (side >> 1);
  for (let row = Math.max(0, -top); row < side && top + row < height; row++) {
    for (let column = Math.max(0, -left); column < side && left + column < width; column++) {
      const ink = from[row * side + column];
      if (ink >>> 24 === 0) continue;
      const at = (top + row) * width + left + column;
      to[at] = to[at] === 0 || ink >>> 24 === 255 ? ink : blend(ink, to[at]);
    }
  }
}

// One colour over another, both with their alpha in the highest byte.
function blend(ink, ground) {
  const a = ink >>> 24, rest = ((ground >>> 24) * (255 - a)) / 255, whole = a + rest;
  let mixed = Math.round(whole) << 24;
  for (let shift = 0; shift < 24; shift += 8) {
    const c = (((ink >>> shift) & 255) * a + ((ground >>> shift) & 255) * rest) / whole;
    mixed |= Math.round(c) << shift;
  }
  return mixed >>> 0;
}
