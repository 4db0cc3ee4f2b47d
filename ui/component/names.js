// Names and loads on the map, and where reps live. Text only ever by textContent.

import { NOBODY } from "./scene.js";

const BESIDE = [
  [0, 0], [0, -1], [0, 1], [-0.6, 0], [0.6, 0], [-0.6, -1], [0.6, -1], [-0.6, 1], [0.6, 1],
]; // tries in half widths and half heights of a label
const APART = [18, 36, 54, 76, 100, 130]; // pixels beside the middle, with a line to it
const TURNS = 16;
const OFF = 3; // price of a label that the edge of the map cuts off
const LINED = 40; // territories up to which each may have a label with a line
const PAUSE_MS = 160;
const ENOUGH = 6000; // units that tell where a middle is
const MEDIAN_STEPS = 4; // of the search for the middle
const SPREAD = [-0.8, 0, 0.8]; // where in a label the ground under it is looked up

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
    clearTimeout(this.wait);
    this.map.off(this.on);
    this.root.remove();
  }

  // Tell other loads and names at once, where they stand; where they best stand now is
  // found once the reader pauses, for it lays the page out anew.
  retell() {
    for (const label of this.root.querySelectorAll(".bw-name")) {
      const territory = this.state.territories.get(Number(label.dataset.code));
      if (territory) tell(label, territory, this.state);
    }
    clearTimeout(this.wait);
    this.wait = setTimeout(() => this.place(), PAUSE_MS);
  }

  place() {
    clearTimeout(this.wait);
    const origin = this.map.getPixelOrigin();
    const k = (256 * 2 ** this.map.getZoom()) / 2 ** 24;
    const at = (x, y) => [x * k - origin.x, y * k - origin.y];
    this.root.replaceChildren();
    const homes = this.state.layers.homes ? this.#homes(at) : [];
    const taken = this.#panels();
    if (this.state.layers.names) this.#names(at, k, taken, homes);
    if (this.state.layers.units) this.#unitNames(at, k, taken);
  }

  // What lies on the map in its corners: a label under it would not be read.
  #panels() {
    const ground = this.map.getContainer();
    const origin = ground.getBoundingClientRect();
    const shown = ground.parentElement.querySelectorAll(
      ".bw-tools, .bw-find, .bw-legend, .leaflet-control-zoom, .leaflet-control-scale");
    return Array.from(shown, (panel) => panel.getBoundingClientRect())
      .filter((box) => box.width)
      .map((box) => {
        const { x, y } = this.map.containerPointToLayerPoint(
          [box.left - origin.left, box.top - origin.top]);
        return [x, y, x + box.width, y + box.height];
      });
  }

  // A label never lies on another one. It lies on its own territory if that is large
  // enough, else beside it, best on nobody's ground, with a line to it.
  #names(at, k, taken, homes) {
    const wanted = this.#ranked(this.#middles(k));
    const labels = wanted.map((spot) => nameTag(this.state.territories.get(spot.code), this.state));
    this.root.append(...labels);
    // All are measured before any is placed: the page is laid out once, not for each.
    const sizes = labels.map((label) => [label.offsetWidth / 2 + 3, label.offsetHeight / 2 + 2]);
    for (const [i, spot] of wanted.entries()) {
      const label = labels[i];
      const middle = at(spot.x, spot.y);
      const [w, h] = sizes[i];
      const lined = spot.first || wanted.length <= LINED;
      const place = this.#place(spot, middle, w, h, { taken, homes, lined, k });
      if (!place && spot.code !== this.state.selected) {
        label.remove();
        continue;
      }
      const [left, top] = place ?? middle;
      if (Math.abs(left - middle[0]) > w || Math.abs(top - middle[1]) > h) {
        this.#leader(middle, [left, top], w, h);
      }
      taken.push([left - w, top - h, left + w, top + h]);
      label.style.left = `${Math.round(left)}px`;
      label.style.top = `${Math.round(top)}px`;
    }
  }

  // The best free place for a label; null where there is none.
  #place(spot, [x, y], w, h, { taken, homes, lined, k }) {
    const small = spot.weight < 8 * w * h; // it would hide what it names
    const { min, max } = this.#view();
    const inside = ([px, py], dx, dy) =>
      px - dx >= min.x && px + dx <= max.x && py - dy >= min.y && py + dy <= max.y;
    const near = inside([x, y], 0, 0);
    let best = null, least = Infinity;
    const weigh = (p, beside) => {
      const price = beside + (near && !inside(p, w, h) ? OFF : 0);
      if (price >= least || !clear(p, w, h, taken)) return;
      const [own, others] = this.#under(spot, p, [x, y], w, h, k);
      const cost = price + others + (small ? own : 0) + (clear(p, w, h, homes) ? 0 : 0.5);
      if (cost < least) [best, least] = [p, cost];
    };
    for (const [dx, dy] of BESIDE) {
      weigh([x + dx * w, y + dy * h], 0.3 * (Math.abs(dx) + Math.abs(dy)));
    }
    if (!lined || least < 1.5) return best;
    for (const far of APART) {
      for (let turn = 0; turn < TURNS; turn++) {
        const angle = (2 * Math.PI * turn) / TURNS;
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const p = [x + (far + w) * cos, y + (far + h) * sin];
        const along = [0.2, 0.4, 0.6, 0.8].map((t) => [x + t * (p[0] - x), y + t * (p[1] - y)]);
        if (along.every((q) => clear(q, 0, 0, taken))) weigh(p, 0.6 + far / 40);
      }
    }
    return best;
  }

  // What of the map is seen, in the pixels labels are placed in.
  #view() {
    const { x, y } = this.map.getSize();
    return {
      min: this.map.containerPointToLayerPoint([0, 0]),
      max: this.map.containerPointToLayerPoint([x, y]),
    };
  }

  // How much of a label, in ninths, lies on its territory and on those of others.
  #under(spot, p, [x, y], w, h, k) {
    let own = 0, others = 0;
    for (const dx of SPREAD) {
      for (const dy of SPREAD) {
        const unit = this.scene.unitAt(
          spot.x + (p[0] + dx * w - x) / k, spot.y + (p[1] + dy * h - y) / k);
        if (unit < 0) continue;
        if (this.state.codes[unit] === spot.code) own++;
        else others++;
      }
    }
    return [own / 3, others / 3];
  }

  // The selected one first, then those the sentence speaks of, then by their size.
  #ranked(spots) {
    const { territories, selected } = this.state;
    const load = ({ hours, capacity_h: capacity }) => (capacity ? hours / capacity : null);
    const known = [...territories.values()].filter((t) => load(t) !== null)
      .sort((a, b) => load(b) - load(a));
    const told = new Set([selected, known[0]?.code, known.at(-1)?.code]);
    return spots.filter(({ code }) => territories.has(code))
      .map((spot) => ({ ...spot, first: told.has(spot.code) }))
      .sort((a, b) => b.first - a.first || b.weight - a.weight);
  }

  // A line from the middle of a territory to its label beside it.
  #leader([x, y], [left, top], w, h) {
    const dx = left - x, dy = top - y;
    const inside = Math.min(w / Math.max(Math.abs(dx), 1e-6), h / Math.max(Math.abs(dy), 1e-6));
    const line = document.createElement("i");
    line.className = "bw-leader";
    line.style.left = `${x}px`;
    line.style.top = `${y}px`;
    line.style.width = `${Math.hypot(dx, dy) * (1 - Math.min(1, inside))}px`;
    line.style.transform = `rotate(${Math.atan2(dy, dx)}rad)`;
    this.root.prepend(line);
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
      const area = this.#area(u, k);
      const sum = sums.get(code) ?? { code, weight: 0, x: 0, y: 0, best: Infinity };
      sum.weight += area;
      sum.x += area * anchorX[u];
      sum.y += area * anchorY[u];
      sums.set(code, sum);
    }
    for (const sum of sums.values()) {
      sum.x /= sum.weight;
      sum.y /= sum.weight;
    }
    for (let round = 0; round < MEDIAN_STEPS; round++) this.#center(sums, inside, k);
    for (let u = 0; u < units.nUnits; u++) {
      const sum = sums.get(this.state.codes[u]);
      if (!sum || !inside(anchorX[u], anchorY[u])) continue;
      const far = Math.hypot(anchorX[u] - sum.x, anchorY[u] - sum.y);
      if (far < sum.best) {
        sum.best = far;
        sum.unit = u;
      }
    }
    return [...sums.values()].map((sum) => ({
      code: sum.code, weight: sum.weight, x: anchorX[sum.unit], y: anchorY[sum.unit],
    }));
  }

  // One step of Weiszfeld's towards the middle that far-off parts do not draw away.
  #center(sums, inside, k) {
    const { anchorX, anchorY, units } = this.scene;
    const next = new Map();
    const stride = Math.ceil(units.nUnits / ENOUGH);
    for (let u = 0; u < units.nUnits; u += stride) {
      const code = this.state.codes[u];
      const sum = sums.get(code);
      if (!sum || !inside(anchorX[u], anchorY[u])) continue;
      const far = Math.hypot(anchorX[u] - sum.x, anchorY[u] - sum.y);
      const weight = this.#area(u, k) / (far + 8 / k);
      const step = next.get(code) ?? { weight: 0, x: 0, y: 0 };
      step.weight += weight;
      step.x += weight * anchorX[u];
      step.y += weight * anchorY[u];
      next.set(code, step);
    }
    for (const [code, { weight, x, y }] of next) {
      Object.assign(sums.get(code), { x: x / weight, y: y / weight });
    }
  }

  // About how many pixels a unit covers: those of its box.
  #area(u, k) {
    const box = this.scene.units.unitBox;
    const b = 4 * u;
    return (box[b + 2] - box[b]) * (box[b + 3] - box[b + 1]) * k * k + 1;
  }

  // Where reps live; gives the boxes of the marks.
  #homes(at) {
    return Array.from(this.scene.homeX ?? [], (worldX, i) => {
      const [x, y] = at(worldX, this.scene.homeY[i]);
      const home = document.createElement("span");
      home.className = "bw-home";
      home.style.left = `${x}px`;
      home.style.top = `${y}px`;
      home.title = this.scene.header.homes[i] ?? "";
      this.root.appendChild(home);
      return [x - 6, y - 6, x + 6, y + 6];
    });
  }
}

function clear([x, y], w, h, boxes) {
  return boxes.every(([l, t, r, b]) => x - w > r || x + w < l || y - h > b || y + h < t);
}

function nameTag(territory, state) {
  const label = document.createElement("div");
  label.dataset.code = territory.code;
  label.append(document.createElement("b"), document.createElement("span"));
  label.lastChild.className = "bw-load";
  tell(label, territory, state);
  return label;
}

function tell(label, territory, state) {
  const faded = state.selected !== null && state.selected !== territory.code;
  label.className = `bw-name${faded ? " bw-faded" : ""}`;
  label.firstChild.textContent = territory.name;
  label.lastChild.style.color = territory.load_color;
  label.lastChild.textContent = territory.load_text && `${territory.icon} ${territory.load_text}`;
}
