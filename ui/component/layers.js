// What is drawn: ground, territories, accounts, marks, labels and homes.

import { Accounts } from "./accounts.js";
import { inkOf } from "./ink.js";
import { NOBODY, WORLD } from "./scene.js";
import { Projection, Sheet } from "./sheet.js";

const PANES = [
  ["ground", 350], ["under", 400], ["dots", 420], ["over", 430], ["marks", 440], ["names", 460],
];
const LEAST_SPAN = 5; // pixels across a middling unit below which its border is not drawn

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
    this.land = scene.land && new Projection(scene.land);
    this.landLines = [];
    for (let a = 0; a < (scene.land?.nArcs ?? 0); a++) {
      if (scene.land.right[a] >= 0) this.landLines.push(a);
    }
    this.ground = new Sheet(map, "bw-ground", (g, view) => this.#ground(g, view));
    this.accounts = new Accounts(map, scene, state);
    this.marks = new Sheet(map, "bw-marks", (g, view) => this.#marks(g, view));
    this.over(scene);
  }

  // Draw over these units: the map's own, or some of them in pieces.
  over(scene) {
    this.scene = this.accounts.scene = scene;
    this.units = new Projection(scene.units);
    const edges = (owner) => (owner ? scene.units.outline(owner, NOBODY).lines : []);
    this.todayLines = edges(scene.today);
    this.stateLines = edges(scene.unitState).filter((a) => scene.units.right[a] >= 0);
    this.outline = null;
    this.shadedAs = -1;
  }

  remove() {
    for (const sheet of [this.ground, this.accounts, this.marks]) sheet.remove();
  }

  get ink() {
    return inkOf(this.state);
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
    const { ink, scene, state } = this;
    if (!state.streets) {
      g.fillStyle = ink.sea;
      g.fillRect(0, 0, view.width, view.height);
    }
    // Round joins of a thousand short lines cost a third of the drawing and are not seen.
    g.lineJoin = "bevel";
    g.lineCap = "butt";
    this.units.begin(view);
    if (this.land && !state.streets && state.layers.outlines) {
      this.#land(g, view);
      this.#inner(g, this.land, this.landLines);
    }
    const shaded = scene.shadeAt(state.fill);
    if (shaded < 0) {
      this.#nobody(g);
      this.#fills(g);
    } else this.#shades(g, shaded);
    if (state.layers.outlines) this.#inner(g, this.units, this.stateLines);
    this.#borders(g);
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
      for (const loop of t.loopsOf(u)) this.units.loop(g, loop);
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
      g.globalAlpha = faded ? 0.16 : load || state.streets ? 0.4 : state.dark ? 0.6 : 0.5;
      g.fillStyle = load ? territory.load_color : territory.color;
      g.fill("evenodd");
    }
    g.globalAlpha = 1;
  }

  // A measure of the units: the outline of each class is found once and kept.
  #shades(g, i) {
    if (this.shadedAs !== i) {
      this.shadedAs = i;
      this.shaded = this.scene.units.outline(this.scene.shades[i], 0).loops;
    }
    for (const [level, loops] of this.shaded) {
      g.beginPath();
      for (const loop of loops) this.units.loop(g, loop);
      g.globalAlpha = this.state.streets ? 0.6 : 0.9;
      g.fillStyle = this.accounts.shade(level);
      g.fill("evenodd");
    }
    g.globalAlpha = 1;
  }

  // Whether borders of units are large enough to be drawn at this zoom.
  get drawsUnits() {
    return this.state.layers.units && this.#span() >= LEAST_SPAN;
  }

  #span() {
    return (this.scene.unitSpan * 256 * 2 ** this.map.getZoom()) / WORLD;
  }

  #borders(g) {
    if (!this.drawsUnits) return;
    const span = this.#span();
    const { t } = this.units;
    g.beginPath();
    for (let a = 0; a < t.nArcs; a++) {
      if (this.units.sees(t.arcBox, a)) this.units.line(g, a);
    }
    g.globalAlpha = Math.min(1, (span - LEAST_SPAN) / 25 + 0.25);
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
    g.lineJoin = "round";
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
    for (const loop of t.loopsOf(u)) this.units.loop(g, loop);
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
