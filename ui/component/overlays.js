// What a page lays over the map: drive-time bands, routes, stops and points.

import { inkOf, inkOn } from "./ink.js";
import { Sheet } from "./sheet.js";

const REACH = 11; // pixels from the middle of a stop that still mean the stop
export const OVERLAY_LAYERS = { band: "Drive time", route: "Routes", point: "Stops and points" };

export class Overlays {
  constructor(map, state) {
    this.map = map;
    this.state = state;
    this.list = [];
  }

  remove() {
    this.under?.remove();
    this.over?.remove();
  }

  // Sheets are made with the first overlay: most maps never have one.
  take({ header, arrays }) {
    const { overlay_x: x, overlay_y: y, overlay_part: part, overlay_first: first } = arrays;
    this.list = header.overlays.map((overlay, i) => ({
      ...overlay,
      parts: Array.from({ length: first[i + 1] - first[i] }, (_, p) => {
        const at = first[i] + p;
        return { x: x.subarray(part[at], part[at + 1]), y: y.subarray(part[at], part[at + 1]) };
      }),
    }));
    if (this.list.length && !this.under) {
      this.under = new Sheet(this.map, "bw-under", (g, view) => this.#bands(g, view));
      this.over = new Sheet(this.map, "bw-over", (g, view) => this.#paths(g, view));
    }
    this.later();
  }

  later() {
    this.under?.later();
    this.over?.later();
  }

  of(kind) {
    return this.list.filter((overlay) => overlay.kind === kind);
  }

  shows(kind) {
    return this.state.layers[kind] !== false && this.list.some((o) => o.kind === kind);
  }

  // A shorter band takes the place of the longer one under it, so colours do not mix.
  #bands(g, view) {
    if (!this.shows("band")) return;
    g.lineJoin = "round";
    const bands = this.of("band").sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
    for (const band of bands) {
      g.beginPath();
      for (const part of band.parts) trail(g, view, part, true);
      g.globalCompositeOperation = "destination-out";
      g.fill("evenodd");
      g.globalCompositeOperation = "source-over";
      g.globalAlpha = 0.5;
      g.fillStyle = band.color;
      g.fill("evenodd");
      g.globalAlpha = 0.9;
      g.strokeStyle = band.color;
      g.lineWidth = 1.25;
      g.stroke();
      g.globalAlpha = 1;
    }
  }

  #paths(g, view) {
    g.lineJoin = g.lineCap = "round";
    if (this.shows("route")) {
      for (const route of this.of("route")) this.#route(g, view, route);
    }
    if (!this.shows("point")) return;
    const points = this.of("point");
    // The first stop of a day lies on top of the later ones.
    for (const point of points.reverse()) this.#point(g, view, point);
  }

  #route(g, view, route) {
    g.beginPath();
    for (const part of route.parts) trail(g, view, part, false);
    g.strokeStyle = this.casing;
    g.lineWidth = 6;
    g.stroke();
    g.strokeStyle = route.color;
    g.lineWidth = 3.2;
    g.stroke();
  }

  #point(g, view, point) {
    const numbered = point.value !== null;
    const radius = numbered ? 9.5 : 5;
    const text = numbered ? String(Math.round(point.value)) : "";
    for (const [px, py] of spots(point, view)) {
      g.beginPath();
      g.arc(px, py, radius, 0, 7);
      g.fillStyle = point.color;
      g.fill();
      g.strokeStyle = this.casing;
      g.lineWidth = 1.75;
      g.stroke();
      if (!numbered) continue;
      g.fillStyle = inkOn(point.color);
      g.font = `600 ${text.length > 2 ? 8.5 : 11}px system-ui, sans-serif`;
      g.textAlign = "center";
      g.textBaseline = "middle";
      g.fillText(text, px, py + 0.5);
    }
  }

  get casing() {
    return inkOf(this.state).casing;
  }

  // The stop or point under a place of the world, the one drawn on top; null for none.
  at([x, y], pixel) {
    if (!this.shows("point")) return null;
    const reach = REACH * pixel;
    return this.of("point").find((point) => point.parts.some((part) => {
      for (let i = 0; i < part.x.length; i++) {
        if (Math.hypot(part.x[i] - x, part.y[i] - y) < reach) return true;
      }
      return false;
    })) ?? null;
  }

  // Rows of the legend: each band and route, the stops as one, each kind of point.
  legend() {
    const rows = [];
    const seen = new Set();
    for (const { kind, label, color, value } of this.list) {
      if (this.state.layers[kind] === false) continue;
      const stop = kind === "point" && value !== null;
      const row = { kind: stop ? "stop" : kind, color, label: stop ? "stop, in order" : label };
      const key = stop ? "stop" : JSON.stringify(row);
      if (!seen.has(key)) rows.push(row);
      seen.add(key);
    }
    return rows;
  }
}

function trail(g, view, { x, y }, closed) {
  for (let i = 0; i < x.length; i++) {
    g[i ? "lineTo" : "moveTo"](x[i] * view.k - view.ox, y[i] * view.k - view.oy);
  }
  if (closed) g.closePath();
}

function* spots({ parts }, view) {
  for (const { x, y } of parts) {
    for (let i = 0; i < x.length; i++) {
      yield [x[i] * view.k - view.ox, y[i] * view.k - view.oy];
    }
  }
}
