// Geometry of one map: arcs, rings, outlines by owner, and what lies where.
// Coordinates are Web Mercator, 0 .. WORLD on both axes, y downwards.

export const WORLD = 2 ** 24;
export const NOBODY = 65535;
const CELLS = 160;

export class Topology {
  // `own`: unit -> its arcs, for those that do not go by their rings.
  constructor(arrays, prefix, own = new Map()) {
    const of = (name) => arrays[prefix + name];
    this.own = own;
    this.x = of("x");
    this.y = of("y");
    this.start = of("start");
    this.left = of("left");
    this.right = of("right");
    this.ringArc = of("ring_arc");
    this.ringStart = of("ring_start");
    this.unitRing = of("unit_ring");
    this.nArcs = this.left.length;
    this.nUnits = this.unitRing.length - 1;
    this.#measure();
    this.#join();
  }

  // Boxes of arcs and units: x0, y0, x1, y1 one after the other.
  #measure() {
    const { x, y, start } = this;
    const box = (this.arcBox = new Int32Array(4 * this.nArcs));
    for (let a = 0; a < this.nArcs; a++) {
      let x0 = WORLD * 2, y0 = x0, x1 = -x0, y1 = -x0;
      const none = this.left[a] < 0 && this.right[a] < 0; // cut away: seen nowhere
      for (let i = start[a]; i < start[a + 1] && !none; i++) {
        if (x[i] < x0) x0 = x[i];
        if (x[i] > x1) x1 = x[i];
        if (y[i] < y0) y0 = y[i];
        if (y[i] > y1) y1 = y[i];
      }
      box.set([x0, y0, x1, y1], 4 * a);
    }
    const units = (this.unitBox = new Int32Array(4 * this.nUnits));
    for (let u = 0; u < this.nUnits; u++) {
      let x0 = WORLD * 2, y0 = x0, x1 = -x0, y1 = -x0;
      this.eachArc(u, (ref) => {
        const a = 4 * (ref < 0 ? ~ref : ref);
        x0 = Math.min(x0, box[a]);
        y0 = Math.min(y0, box[a + 1]);
        x1 = Math.max(x1, box[a + 2]);
        y1 = Math.max(y1, box[a + 3]);
      });
      units.set([x0, y0, x1, y1], 4 * u);
    }
  }

  // The box around some units.
  boxOf(units) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const u of units) {
      const b = 4 * u;
      box[0] = Math.min(box[0], this.unitBox[b]);
      box[1] = Math.min(box[1], this.unitBox[b + 1]);
      box[2] = Math.max(box[2], this.unitBox[b + 2]);
      box[3] = Math.max(box[3], this.unitBox[b + 3]);
    }
    return box;
  }

  // Number the ends of arcs, so that loops can be walked.
  #join() {
    const { x, y, start } = this;
    const seen = new Map();
    const number = (i) => {
      const key = x[i] * WORLD * 4 + y[i];
      let n = seen.get(key);
      if (n === undefined) seen.set(key, (n = seen.size));
      return n;
    };
    this.from = new Int32Array(this.nArcs);
    this.to = new Int32Array(this.nArcs);
    for (let a = 0; a < this.nArcs; a++) {
      this.from[a] = number(start[a]);
      this.to[a] = number(start[a + 1] - 1);
    }
    this.nNodes = seen.size;
  }

  eachArc(unit, visit) {
    if (this.own.has(unit)) {
      this.own.get(unit).forEach(visit);
      return;
    }
    const first = this.ringStart[this.unitRing[unit]];
    const last = this.ringStart[this.unitRing[unit + 1]];
    for (let i = first; i < last; i++) visit(this.ringArc[i]);
  }

  // The closed loops of arcs around a unit.
  loopsOf(unit) {
    if (this.own.has(unit)) return this.#loops(this.own.get(unit));
    const { ringArc, ringStart, unitRing } = this;
    const loops = [];
    for (let r = unitRing[unit]; r < unitRing[unit + 1]; r++) {
      loops.push(ringArc.subarray(ringStart[r], ringStart[r + 1]));
    }
    return loops;
  }

  // Outlines of groups of units: arcs whose two sides differ, and closed loops of
  // each group. groupOf is a typed array; `none` marks units in no group.
  outline(groupOf, none) {
    const lines = [];
    const refs = new Map();
    const put = (group, ref) => {
      const list = refs.get(group);
      if (list) list.push(ref);
      else refs.set(group, [ref]);
    };
    for (let a = 0; a < this.nArcs; a++) {
      const l = this.left[a] < 0 ? none : groupOf[this.left[a]];
      const r = this.right[a] < 0 ? none : groupOf[this.right[a]];
      if (l === r) continue;
      lines.push(a);
      if (l !== none) put(l, a);
      if (r !== none) put(r, ~a);
    }
    const loops = new Map();
    for (const [group, list] of refs) loops.set(group, this.#loops(list));
    return { lines, loops };
  }

  // Any way of closing the loops fills the same ground.
  #loops(list) {
    const head = new Map();
    const next = new Int32Array(list.length).fill(-1);
    for (let i = 0; i < list.length; i++) {
      const node = this.#begins(list[i]);
      next[i] = head.has(node) ? head.get(node) : -1;
      head.set(node, i);
    }
    const used = new Uint8Array(list.length);
    const loops = [];
    for (let i = 0; i < list.length; i++) {
      if (used[i]) continue;
      const loop = [];
      for (let at = i; at >= 0; ) {
        used[at] = 1;
        loop.push(list[at]);
        const node = this.#ends(list[at]);
        let step = head.has(node) ? head.get(node) : -1;
        while (step >= 0 && used[step]) step = next[step];
        head.set(node, step);
        at = step;
      }
      loops.push(loop);
    }
    return loops;
  }

  #begins(ref) {
    return ref < 0 ? this.to[~ref] : this.from[ref];
  }

  #ends(ref) {
    return ref < 0 ? this.from[~ref] : this.to[ref];
  }

  contains(unit, px, py) {
    const { x, y, start } = this;
    let inside = false;
    this.eachArc(unit, (ref) => {
      const a = ref < 0 ? ~ref : ref;
      for (let i = start[a] + 1; i < start[a + 1]; i++) {
        if (y[i] > py !== y[i - 1] > py) {
          const t = (py - y[i - 1]) / (y[i] - y[i - 1]);
          if (px < x[i - 1] + t * (x[i] - x[i - 1])) inside = !inside;
        }
      }
    });
    return inside;
  }

  bounds() {
    let x0 = WORLD * 2, y0 = x0, x1 = -x0, y1 = -x0;
    for (let u = 0; u < this.nUnits; u++) {
      if (this.unitRing[u] === this.unitRing[u + 1]) continue;
      x0 = Math.min(x0, this.unitBox[4 * u]);
      y0 = Math.min(y0, this.unitBox[4 * u + 1]);
      x1 = Math.max(x1, this.unitBox[4 * u + 2]);
      y1 = Math.max(y1, this.unitBox[4 * u + 3]);
    }
    return [x0, y0, x1, y1];
  }
}

// Which boxes touch which cell of a coarse grid: finds a unit under the pointer.
export class Grid {
  constructor(boxes, n, bounds) {
    [this.x0, this.y0] = bounds;
    this.w = Math.max(1, (bounds[2] - bounds[0]) / CELLS);
    this.h = Math.max(1, (bounds[3] - bounds[1]) / CELLS);
    const counts = new Int32Array(CELLS * CELLS + 1);
    this.#each(boxes, n, (cell) => counts[cell + 1]++);
    for (let i = 1; i < counts.length; i++) counts[i] += counts[i - 1];
    this.start = counts.slice();
    this.rows = new Int32Array(counts[CELLS * CELLS]);
    this.#each(boxes, n, (cell, row) => (this.rows[counts[cell]++] = row));
  }

  #column(x) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((x - this.x0) / this.w)));
  }

  #row(y) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((y - this.y0) / this.h)));
  }

  #each(boxes, n, visit) {
    for (let i = 0; i < n; i++) {
      const [x0, y0, x1, y1] = boxes.subarray(4 * i, 4 * i + 4);
      if (x1 < x0) continue;
      for (let r = this.#row(y0); r <= this.#row(y1); r++) {
        for (let c = this.#column(x0); c <= this.#column(x1); c++) {
          visit(r * CELLS + c, i);
        }
      }
    }
  }

  at(x, y) {
    const cell = this.#row(y) * CELLS + this.#column(x);
    return this.rows.subarray(this.start[cell], this.start[cell + 1]);
  }
}

// Points by cell of a coarse grid, made when the pointer first asks.
class Dots {
  constructor(xs, ys, bounds) {
    this.size = Math.max(1, Math.max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / 512);
    this.cells = new Map();
    for (let i = 0; i < xs.length; i++) {
      const key = this.#key(xs[i] / this.size, ys[i] / this.size);
      const cell = this.cells.get(key);
      if (cell) cell.push(i);
      else this.cells.set(key, [i]);
    }
  }

  #key(column, row) {
    return Math.floor(column) * 2 ** 26 + Math.floor(row);
  }

  *near(x, y, reach) {
    const { size } = this;
    for (let c = Math.floor((x - reach) / size); c <= (x + reach) / size; c++) {
      for (let r = Math.floor((y - reach) / size); r <= (y + reach) / size; r++) {
        yield* this.cells.get(this.#key(c, r)) ?? [];
      }
    }
  }
}

// Everything constant about a map, read from one base message; with `from`, the same
// map with pieces of units, see pieces.js.
export class Scene {
  constructor(message, { from = null, own, sign = "" } = {}) {
    this.header = message.header;
    const a = (this.arrays = message.arrays);
    this.sign = sign;
    this.name = message.header.ground + (sign && `+${sign}`);
    this.units = new Topology(a, "u_", own);
    this.anchorX = a.anchor_x;
    this.anchorY = a.anchor_y;
    this.loads = this.header.measures.map((name) => a["load_" + name]);
    this.shades = this.header.shades.map((_, i) => a["shade_" + i]);
    this.sizes = this.header.sizes.map((_, i) => a["size_" + i]);
    this.accountX = a.account_x;
    this.accountY = a.account_y;
    this.accountUnit = a.account_unit;
    this.accountClass = a.account_class;
    this.homeX = a.home_x;
    this.homeY = a.home_y;
    this.today = a.today;
    this.unitState = a.unit_state;
    this.#land(a, from);
    this.grid = new Grid(this.units.unitBox, this.units.nUnits, this.bounds);
  }

  #land(a, from) {
    this.land = from ? from.land : a.b_x ? new Topology(a, "b_") : null;
    this.bounds = from ? from.bounds : this.units.bounds();
    if (from) {
      this.unitSpan = from.unitSpan;
      this.coast = from.coast;
      this.dots = from.dots;
      this.names = from.names;
      return;
    }
    const spans = Array.from({ length: this.units.nUnits }, (_, u) =>
      this.units.unitBox[4 * u + 2] - this.units.unitBox[4 * u]).sort((p, q) => p - q);
    this.unitSpan = Math.max(1, spans[spans.length >> 1] || 1);
    const groups = new Uint8Array(this.land ? this.land.nUnits : 0);
    this.coast = this.land && this.land.outline(groups, 255);
  }

  // Names of the accounts, in their order; empty until they are here.
  get accountNames() {
    return this.header.accounts.length ? this.header.accounts : this.names ?? [];
  }

  // Which measure a fill shows; -1 if it shows territories or their load.
  shadeAt(fill) {
    return this.header.shades.findIndex((shade) => `by ${shade.id}` === fill);
  }

  unitAt(x, y) {
    const box = this.units.unitBox;
    for (const u of this.grid.at(x, y)) {
      const b = 4 * u;
      if (x < box[b] || x > box[b + 2] || y < box[b + 1] || y > box[b + 3]) continue;
      if (this.units.contains(u, x, y)) return u;
    }
    return -1;
  }

  // The account nearest to a point, at most `reach` away; -1 if there is none.
  accountAt(x, y, reach) {
    const { accountX: xs, accountY: ys } = this;
    if (!xs.length) return -1;
    this.dots ??= new Dots(xs, ys, this.bounds);
    let best = -1, least = reach;
    for (const i of this.dots.near(x, y, reach)) {
      const far = Math.hypot(xs[i] - x, ys[i] - y);
      if (far < least) {
        least = far;
        best = i;
      }
    }
    return best;
  }

  // Units whose anchor lies in a closed line of world points.
  unitsIn(line) {
    return within(line, this.anchorX, this.anchorY);
  }

  accountsIn(line) {
    return within(line, this.accountX, this.accountY);
  }
}

export function within(line, xs, ys) {
  const found = [];
  let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
  for (const [x, y] of line) {
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i], y = ys[i];
    if (x < x0 || x > x1 || y < y0 || y > y1) continue;
    let inside = false;
    for (let p = 0, q = line.length - 1; p < line.length; q = p++) {
      const [ax, ay] = line[p], [bx, by] = line[q];
      if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) {
        inside = !inside;
      }
    }
    if (inside) found.push(i);
  }
  return found;
}
