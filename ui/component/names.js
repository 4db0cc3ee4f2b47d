// Names and loads on the map, and where reps live. Text only ever by textContent.

import { NOBODY } from "./scene.js";

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
