// What is drawn: ground, territories, accounts, marks, labels and homes.

import { NOBODY } from "./scene.js";
import { Projection, Sheet } from "./sheet.js";

export const LIGHT = {
  sea: "#e9eef2", land: "#fbfaf7", coast: "#b9c3cc", unit: "#33415522",
  border: "#1e293b", casing: "#ffffff", today: "#111827", dot: "#1e293b",
  nobody: "#94a3b8", mark: "#0f172a", flag: "#c1121f",
};
export const DARK = {
  sea: "#0f151c", land: "#1b232d", coast: "#47535f", unit: "#e2e8f022",
  border: "#f1f5f9", casing: "#0f172a", today: "#f8fafc", dot: "#e2e8f0",
  nobody: "#64748b", mark: "#f8fafc", flag: "#ff8f85",
};

const PANES = [
  ["ground", 350], ["under", 400], ["dots", 420], ["over", 430], ["marks", 440], ["names", 460],
];

export class Layers {
  constructor(map, scene, state) {
    this.map = map;
    this.scene = scene;
    this.state = state;
    for (const [name, z] of PANES) {
      const pane = map.createPane("bw-" + name);
      pane.style.zIndex = z;
      pane.style.pointerEvents = "none";
    }
    this.units = new Projection(scene.units);
    this.land = scene.land && new Projection(scene.land);
    this.ground = new Sheet(map, "bw-ground", (g, view) => this.#ground(g, view));
    this.dots = new Sheet(map, "bw-dots", (g, view) => this.#dots(g, view));
    this.marks = new Sheet(map, "bw-marks", (g, view) => this.#marks(g, view));
    const edges = (owner) => (owner ? scene.units.outline(owner, NOBODY).lines : []);
    this.todayLines = edges(scene.today);
    this.stateLines = edges(scene.unitState).filter((a) => scene.units.right[a] >= 0);
    this.landLines = [];
    for (let a = 0; a < (scene.land?.nArcs ?? 0); a++) {
      if (scene.land.right[a] >= 0) this.landLines.push(a);
    }
  }

  remove() {
    for (const sheet of [this.ground, this.dots, this.marks]) sheet.remove();
  }

  get ink() {
    return this.state.dark ? DARK : LIGHT;
  }

  // Owners changed, of some units or of all: find the outlines again, draw in the next
  // frame.
  assign(changed) {
    this.outline = this.scene.units.outline(this.state.codes, NOBODY);
    if (changed) this.ground.later(this.scene.units.boxOf(changed));
    else this.ground.later();
    this.marks.later();
  }

  #ground(g, view) {
    const { ink, state } = this;
    g.fillStyle = ink.sea;
    g.fillRect(0, 0, view.width, view.height);
    g.lineJoin = g.lineCap = "round";
    this.units.begin(view);
    if (this.land && state.layers.outlines) {
      this.#land(g, view);
      this.#inner(g, this.land, this.landLines);
    }
    this.#nobody(g);
    this.#fills(g);
    if (state.layers.outlines) this.#inner(g, this.units, this.stateLines);
    if (state.layers.units) this.#borders(g, view);
    this.#outlines(g);
    this.#flags(g);
    if (state.layers.today) this.#today(g);
  }

  #land(g, view) {
    this.land.begin(view);
    g.beginPath();
    for (const loops of this.scene.coast.loops.values()) {
      for (const loop of loops) this.land.loop(g, loop);
    }
    g.fillStyle = this.ink.land;
    g.fill("evenodd");
    g.strokeStyle = this.ink.coast;
    g.lineWidth = 1;
    g.stroke();
  }

  // Borders of states and countries: from the units where they know their state.
  #inner(g, projection, lines) {
    const { arcBox } = projection.t;
    g.beginPath();
    for (const a of lines) if (projection.sees(arcBox, a)) projection.line(g, a);
    g.strokeStyle = this.ink.coast;
    g.lineWidth = 0.9;
    g.stroke();
  }

  #nobody(g) {
    if (!this.outline) return;
    g.beginPath();
    const { t } = this.units;
    for (let u = 0; u < t.nUnits; u++) {
      if (this.state.codes[u] !== NOBODY || !this.units.sees(t.unitBox, u)) continue;
      for (let r = t.unitRing[u]; r < t.unitRing[u + 1]; r++) {
        this.units.loop(g, t.ringArc.subarray(t.ringStart[r], t.ringStart[r + 1]));
      }
    }
    g.globalAlpha = 0.35;
    g.fillStyle = this.ink.nobody;
    g.fill("evenodd");
    g.globalAlpha = 1;
  }

  #fills(g) {
    if (!this.outline) return;
    const { state } = this;
    for (const [code, loops] of this.outline.loops) {
      const territory = state.territories.get(code);
      if (!territory) continue;
      g.beginPath();
      for (const loop of loops) this.units.loop(g, loop);
      const faded = state.selected !== null && state.selected !== code;
      const load = state.fill === "load";
      g.globalAlpha = faded ? 0.16 : load ? 0.4 : 0.5;
      g.fillStyle = load ? territory.load_color : territory.color;
      g.fill("evenodd");
    }
    g.globalAlpha = 1;
  }

  #borders(g, view) {
    const span = this.scene.unitSpan * view.k;
    if (span < 5) return;
    const { t } = this.units;
    g.beginPath();
    for (let a = 0; a < t.nArcs; a++) {
      if (this.units.sees(t.arcBox, a)) this.units.line(g, a);
    }
    g.globalAlpha = Math.min(1, (span - 5) / 25 + 0.25);
    g.strokeStyle = this.ink.unit;
    g.lineWidth = span > 60 ? 1 : 0.75;
    g.stroke();
    g.globalAlpha = 1;
  }

  #outlines(g) {
    if (!this.outline) return;
    const { t } = this.units;
    g.beginPath();
    for (const a of this.outline.lines) {
      if (this.units.sees(t.arcBox, a)) this.units.line(g, a);
    }
    const faded = this.state.selected !== null;
    g.globalAlpha = faded ? 0.5 : 0.9;
    g.strokeStyle = this.ink.casing;
    g.lineWidth = 3;
    g.stroke();
    g.globalAlpha = faded ? 0.45 : 0.85;
    g.strokeStyle = this.ink.border;
    g.lineWidth = 1.15;
    g.stroke();
    g.globalAlpha = 1;
    if (faded) this.#selected(g);
  }

  #selected(g) {
    const loops = this.outline.loops.get(this.state.selected);
    if (!loops) return;
    g.beginPath();
    for (const loop of loops) this.units.loop(g, loop);
    g.strokeStyle = this.ink.casing;
    g.lineWidth = 5.5;
    g.stroke();
    g.strokeStyle = this.ink.border;
    g.lineWidth = 2.5;
    g.stroke();
  }

  // Units that are locked are hatched; those that are torn off are ringed.
  #flags(g) {
    const { state, ink } = this;
    if (state.locked.size) {
      this.#path(g, state.locked);
      g.save();
      g.clip("evenodd");
      g.strokeStyle = ink.border;
      g.globalAlpha = 0.35;
      g.lineWidth = 1;
      g.beginPath();
      const { width, height } = this.units.view;
      for (let x = -height; x < width; x += 7) {
        g.moveTo(x, height);
        g.lineTo(x + height, 0);
      }
      g.stroke();
      g.restore();
    }
    if (state.flagged.size && state.layers.flags) {
      this.#path(g, state.flagged);
      g.setLineDash([3, 2.5]);
      g.strokeStyle = ink.flag;
      g.lineWidth = 1.5;
      g.stroke();
      g.setLineDash([]);
    }
  }

  // The outline of some units together.
  #path(g, units) {
    const inside = new Uint8Array(this.scene.units.nUnits);
    for (const u of units) inside[u] = 1;
    g.beginPath();
    for (const loop of this.scene.units.outline(inside, 0).loops.get(1) ?? []) {
      this.units.loop(g, loop);
    }
  }

  #today(g) {
    const { t } = this.units;
    g.beginPath();
    for (const a of this.todayLines) {
      if (this.units.sees(t.arcBox, a)) this.units.line(g, a);
    }
    g.setLineDash([7, 4]);
    g.strokeStyle = this.ink.casing;
    g.lineWidth = 3;
    g.stroke();
    g.strokeStyle = this.ink.today;
    g.lineWidth = 1.4;
    g.stroke();
    g.setLineDash([]);
  }

  // One dot a cell of the screen: a hundred thousand accounts cost what can be seen.
  #dots(g, view) {
    if (!this.state.layers.accounts) return;
    const { accountX: xs, accountY: ys, accountClass: kinds } = this.scene;
    const size = Math.min(5, Math.max(1, 0.5 * (view.zoom - 2.5)));
    const cell = Math.max(2, size * 0.9);
    const columns = Math.ceil(view.width / cell) + 1;
    const taken = new Uint8Array(columns * (Math.ceil(view.height / cell) + 1));
    const stamps = size < 2 ? null : this.#stamps(size);
    g.fillStyle = this.ink.dot;
    g.globalAlpha = stamps ? 1 : 0.5;
    for (let i = 0; i < xs.length; i++) {
      const px = xs[i] * view.k - view.ox, py = ys[i] * view.k - view.oy;
      if (px < 0 || py < 0 || px >= view.width || py >= view.height) continue;
      const at = ((py / cell) | 0) * columns + ((px / cell) | 0);
      if (taken[at]) continue;
      taken[at] = 1;
      if (stamps) {
        const { canvas, side } = stamps[kinds[i] & 1];
        g.drawImage(canvas, px - side / 2, py - side / 2, side, side);
      } else g.fillRect(px - size * 0.7, py - size * 0.7, 1.4 * size, 1.4 * size);
    }
    g.globalAlpha = 1;
    this.#exceptions(g, view, size);
  }

  // A customer is a disc, a lead a ring.
  #stamps(size) {
    const key = `${size} ${this.state.dark}`;
    if (this.stampKey === key) return this.stampList;
    this.stampKey = key;
    const side = Math.ceil(2 * size + 4);
    this.stampList = [0, 1].map((lead) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 2 * side;
      const g = canvas.getContext("2d");
      g.scale(2, 2);
      g.beginPath();
      g.arc(side / 2, side / 2, lead ? size * 0.85 : size, 0, 7);
      g.globalAlpha = 0.8;
      g.fillStyle = lead ? this.ink.casing : this.ink.dot;
      g.fill();
      g.strokeStyle = lead ? this.ink.dot : this.ink.casing;
      g.lineWidth = lead ? 1.1 : 0.7;
      g.stroke();
      return { canvas, side };
    });
    return this.stampList;
  }

  // Accounts that do not follow their unit wear the colour of their territory.
  #exceptions(g, view, size) {
    const { accountX: xs, accountY: ys } = this.scene;
    g.lineWidth = size < 2 ? 0.8 : 1.4;
    g.strokeStyle = this.ink.mark;
    for (const [row, code] of this.state.overrides) {
      g.beginPath();
      g.arc(xs[row] * view.k - view.ox, ys[row] * view.k - view.oy, size + 1, 0, 7);
      g.fillStyle = this.state.territories.get(code)?.color ?? this.ink.nobody;
      g.fill();
      g.stroke();
    }
  }

  #marks(g, view) {
    const { state } = this;
    if (state.chosen.size) this.#chosen(g, view);
    if (state.hover >= 0 && !state.chosen.has(state.hover)) this.#hover(g, view);
    if (state.line.length > 1) this.#line(g, view);
    for (const row of state.chosenAccounts) this.#ring(g, view, row, 5);
    if (state.found >= 0) this.#ring(g, view, state.found, 10);
  }

  #ring(g, view, row, radius) {
    g.beginPath();
    g.arc(this.scene.accountX[row] * view.k - view.ox,
      this.scene.accountY[row] * view.k - view.oy, radius, 0, 7);
    g.strokeStyle = this.ink.casing;
    g.lineWidth = 4;
    g.stroke();
    g.strokeStyle = this.ink.mark;
    g.lineWidth = 1.8;
    g.stroke();
  }

  #chosen(g, view) {
    this.units.begin(view);
    g.lineJoin = "round";
    this.#path(g, this.state.chosen);
    const to = this.state.territories.get(this.state.to);
    g.globalAlpha = to ? 0.72 : 0.3;
    g.fillStyle = to ? to.color : this.ink.mark;
    g.fill("evenodd");
    g.globalAlpha = 1;
    g.strokeStyle = this.ink.casing;
    g.lineWidth = 4;
    g.stroke();
    g.setLineDash([5, 3]);
    g.strokeStyle = this.ink.mark;
    g.lineWidth = 1.8;
    g.stroke();
    g.setLineDash([]);
  }

  #hover(g, view) {
    const { t } = this.units;
    const u = this.state.hover;
    this.units.begin(view);
    g.beginPath();
    for (let r = t.unitRing[u]; r < t.unitRing[u + 1]; r++) {
      this.units.loop(g, t.ringArc.subarray(t.ringStart[r], t.ringStart[r + 1]));
    }
    g.strokeStyle = this.ink.mark;
    g.globalAlpha = 0.75;
    g.lineWidth = 1.5;
    g.stroke();
    g.globalAlpha = 1;
  }

  #line(g, view) {
    g.beginPath();
    this.state.line.forEach(([x, y], i) => {
      g[i ? "lineTo" : "moveTo"](x * view.k - view.ox, y * view.k - view.oy);
    });
    if (!this.state.openLine) g.closePath();
    g.globalAlpha = 0.08;
    g.fillStyle = this.ink.mark;
    if (!this.state.openLine) g.fill();
    g.globalAlpha = 1;
    g.strokeStyle = this.ink.casing;
    g.lineWidth = 4;
    g.stroke();
    g.strokeStyle = this.ink.mark;
    g.lineWidth = 1.6;
    g.stroke();
  }
}

// Names and loads on the map, and where reps live. Text only ever by textContent.
export class Names {
  constructor(map, scene, state) {
    this.map = map;
    this.scene = scene;
    this.state = state;
    this.root = document.createElement("div");
    this.root.className = "bw-names leaflet-zoom-hide";
    map.getPane("bw-names").appendChild(this.root);
    this.on = { moveend: () => this.place() };
    map.on(this.on);
  }

  remove() {
    this.map.off(this.on);
    this.root.remove();
  }

  place() {
    const origin = this.map.getPixelOrigin();
    const k = (256 * 2 ** this.map.getZoom()) / 2 ** 24;
    const at = (x, y) => [x * k - origin.x, y * k - origin.y];
    this.root.replaceChildren();
    if (this.state.layers.homes) this.#homes(at);
    const taken = [];
    if (this.state.layers.names) this.#names(at, k, taken);
    if (this.state.layers.units) this.#unitNames(at, k, taken);
  }

  #names(at, k, taken) {
    const wanted = [...this.#middles(k)].sort((a, b) => b.weight - a.weight)
      .filter((spot) => this.state.territories.has(spot.code));
    const labels = wanted.map((spot) => nameTag(this.state.territories.get(spot.code), this.state));
    this.root.append(...labels);
    // All are measured before any is placed: the page is laid out once, not for each.
    const sizes = labels.map((label) => [label.offsetWidth / 2 + 3, label.offsetHeight / 2 + 2]);
    for (const [i, spot] of wanted.entries()) {
      const label = labels[i];
      const [x, y] = at(spot.x, spot.y);
      const [w, h] = sizes[i];
      const free = [0, -1, 1, -2, 2].map((step) => y + step * h).find((row) =>
        taken.every(([l, t, r, b]) =>
          x - w > r || x + w < l || row - h > b || row + h < t));
      if (free === undefined && spot.code !== this.state.selected) {
        label.remove();
        continue;
      }
      const row = free ?? y;
      taken.push([x - w, row - h, x + w, row + h]);
      label.style.left = `${Math.round(x)}px`;
      label.style.top = `${Math.round(row)}px`;
    }
  }

  // Names of units once they are large enough to hold one.
  #unitNames(at, k, taken) {
    const { anchorX, anchorY, units, header, unitSpan } = this.scene;
    if (unitSpan * k < 110) return;
    const view = this.map.getPixelBounds();
    const box = units.unitBox;
    let shown = 0;
    for (let u = 0; u < units.nUnits && shown < 120; u++) {
      const px = anchorX[u] * k, py = anchorY[u] * k;
      if (px < view.min.x || px > view.max.x || py < view.min.y || py > view.max.y) continue;
      const text = header.units[u].replace(/ County(?=,|$)|, [A-Z]{2}$/g, "");
      const w = 3.2 * text.length + 4;
      if ((box[4 * u + 2] - box[4 * u]) * k < 2 * w) continue;
      const [x, y] = at(anchorX[u], anchorY[u]);
      if (taken.some(([l, t, r, b]) => x - w < r && x + w > l && y - 8 < b && y + 8 > t)) continue;
      const name = document.createElement("span");
      name.className = "bw-unit";
      name.textContent = text;
      name.style.left = `${Math.round(x)}px`;
      name.style.top = `${Math.round(y)}px`;
      this.root.appendChild(name);
      taken.push([x - w, y - 8, x + w, y + 8]);
      shown++;
    }
  }

  // The middle of what is seen of each territory, moved to its nearest unit.
  #middles(k) {
    const { anchorX, anchorY, units } = this.scene;
    const view = this.map.getPixelBounds();
    const inside = (x, y) =>
      x * k > view.min.x && x * k < view.max.x && y * k > view.min.y && y * k < view.max.y;
    const sums = new Map();
    for (let u = 0; u < units.nUnits; u++) {
      const code = this.state.codes[u];
      if (code === NOBODY || !inside(anchorX[u], anchorY[u])) continue;
      const b = 4 * u;
      const area = (units.unitBox[b + 2] - units.unitBox[b]) *
        (units.unitBox[b + 3] - units.unitBox[b + 1]) * k * k + 1;
      const sum = sums.get(code) ?? { code, weight: 0, x: 0, y: 0, best: Infinity };
      sum.weight += area;
      sum.x += area * anchorX[u];
      sum.y += area * anchorY[u];
      sums.set(code, sum);
    }
    for (let u = 0; u < units.nUnits; u++) {
      const sum = sums.get(this.state.codes[u]);
      if (!sum || !inside(anchorX[u], anchorY[u])) continue;
      const far = Math.hypot(anchorX[u] - sum.x / sum.weight, anchorY[u] - sum.y / sum.weight);
      if (far < sum.best) {
        sum.best = far;
        sum.unit = u;
      }
    }
    return [...sums.values()].map((sum) => ({
      code: sum.code, weight: sum.weight, x: anchorX[sum.unit], y: anchorY[sum.unit],
    }));
  }

  #homes(at) {
    (this.scene.homeX ?? []).forEach((worldX, i) => {
      const [x, y] = at(worldX, this.scene.homeY[i]);
      const home = document.createElement("span");
      home.className = "bw-home";
      home.style.left = `${x}px`;
      home.style.top = `${y}px`;
      home.title = this.scene.header.homes[i] ?? "";
      this.root.appendChild(home);
    });
  }
}

function nameTag(territory, state) {
  const label = document.createElement("div");
  const faded = state.selected !== null && state.selected !== territory.code;
  label.className = `bw-name${faded ? " bw-faded" : ""}`;
  const name = document.createElement("b");
  name.textContent = territory.name;
  label.appendChild(name);
  if (territory.load_text) {
    const load = document.createElement("span");
    load.className = "bw-load";
    load.style.color = territory.load_color;
    load.textContent = `${territory.icon} ${territory.load_text}`;
    label.appendChild(load);
  }
  return label;
}
