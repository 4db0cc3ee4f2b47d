// Names and loads on the map, and where reps live. Text only ever by textContent.

import { NOBODY } from "./scene.js";

const SHIFTS = [
  [0, 0], [0, -1], [0, 1], [0, -1.6], [0, 1.6], [0, -2.2], [0, 2.2], [-0.6, 0], [0.6, 0],
  [-0.6, -1], [0.6, -1], [-0.6, 1], [0.6, 1],
]; // tries in half widths and half heights of a label

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
    const homes = this.state.layers.homes ? this.#homes(at) : [];
    const taken = [];
    if (this.state.layers.names) this.#names(at, k, taken, homes);
    if (this.state.layers.units) this.#unitNames(at, k, taken);
  }

  // A label never lies on another one; on a rep's home only where nothing else is free.
  #names(at, k, taken, homes) {
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
      const spots = SHIFTS.map(([dx, dy]) => [x + dx * w, y + dy * h]);
      const open = spots.filter((p) => clear(p, w, h, taken));
      if (!open.length && spot.code !== this.state.selected) {
        label.remove();
        continue;
      }
      const near = open.filter(([, top]) => Math.abs(top - y) <= h);
      const [left, top] = near.find((p) => clear(p, w, h, homes)) ?? open[0] ?? [x, y];
      taken.push([left - w, top - h, left + w, top + h]);
      label.style.left = `${Math.round(left)}px`;
      label.style.top = `${Math.round(top)}px`;
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
