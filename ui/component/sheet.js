// A canvas that lies on the map: drawn when the view rests, moved and scaled by CSS
// while it does not.

import { WORLD } from "./scene.js";

const MARGIN = 0.25;
const EDGE = 8; // pixels a line may reach past what it outlines
const WHOLE = [-Infinity, -Infinity, Infinity, Infinity];

export class Sheet {
  constructor(map, pane, draw) {
    this.map = map;
    this.draw = draw;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "leaflet-zoom-animated bw-sheet";
    map.getPane(pane).appendChild(this.canvas);
    this.on = {
      moveend: () => this.redraw(),
      resize: () => this.redraw(),
      move: () => this.#follow(),
      zoomanim: (event) => this.#scale(event),
    };
    map.on(this.on);
  }

  remove() {
    this.map.off(this.on);
    this.canvas.remove();
    this.#forget();
  }

  // Ask for a new picture in the next frame; many asks make one. An edit leaves in a
  // timer of Streamlit's: one of ours after it lets it go before the drawing begins.
  // With a box (x0, y0, x1, y1 of the world) only what lies in it has changed.
  later(box = WHOLE) {
    this.box = this.box ? around(this.box, box) : box;
    if (this.wait) return;
    this.wait = setTimeout(() => {
      this.frame = requestAnimationFrame(() => this.#frame());
    }, 0);
  }

  #frame() {
    const { box, view, map } = this;
    if (!view || box === WHOLE || map.getZoom() !== this.zoom) {
      this.redraw();
      return;
    }
    this.#forget();
    const { k, ox, oy, width, height } = view;
    const x0 = Math.max(0, Math.floor(box[0] * k - ox) - EDGE);
    const y0 = Math.max(0, Math.floor(box[1] * k - oy) - EDGE);
    const x1 = Math.min(width, Math.ceil(box[2] * k - ox) + EDGE);
    const y1 = Math.min(height, Math.ceil(box[3] * k - oy) + EDGE);
    if (x0 >= x1 || y0 >= y1) return;
    const g = this.canvas.getContext("2d");
    g.save();
    g.beginPath();
    g.rect(x0, y0, x1 - x0, y1 - y0);
    g.clip();
    g.clearRect(x0, y0, x1 - x0, y1 - y0);
    this.draw(g, { ...view, part: [x0, y0, x1, y1] });
    g.restore();
  }

  #forget() {
    clearTimeout(this.wait);
    cancelAnimationFrame(this.frame);
    this.wait = this.frame = 0;
    this.box = null;
  }

  redraw() {
    this.#forget();
    const { map } = this;
    const size = map.getSize();
    if (!size.x || !size.y) return;
    const margin = [Math.ceil(size.x * MARGIN), Math.ceil(size.y * MARGIN)];
    const width = size.x + 2 * margin[0];
    const height = size.y + 2 * margin[1];
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (this.canvas.width !== width * ratio || this.canvas.height !== height * ratio) {
      this.canvas.width = width * ratio;
      this.canvas.height = height * ratio;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    const corner = map.containerPointToLayerPoint([-margin[0], -margin[1]]);
    L.DomUtil.setTransform(this.canvas, corner, 1);
    this.zoom = map.getZoom();
    this.corner = map.layerPointToLatLng(corner);
    const origin = map.getPixelOrigin();
    const k = (256 * 2 ** this.zoom) / WORLD;
    this.view = {
      k, width, height, zoom: this.zoom,
      ox: origin.x + corner.x, oy: origin.y + corner.y,
    };
    const g = this.canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    this.draw(g, this.view);
  }

  #scale(event) {
    const scale = this.map.getZoomScale(event.zoom, this.zoom);
    const at = this.map._latLngToNewLayerPoint(this.corner, event.zoom, event.center);
    L.DomUtil.setTransform(this.canvas, at, scale);
  }

  // A long drag leaves the margin: draw again before the edge shows.
  #follow() {
    if (!this.view || this.map.getZoom() !== this.zoom) return;
    const seen = this.map.containerPointToLayerPoint([0, 0]);
    const size = this.map.getSize();
    const origin = this.map.getPixelOrigin();
    const dx = origin.x + seen.x - this.view.ox;
    const dy = origin.y + seen.y - this.view.oy;
    const out = dx < 0 || dy < 0 ||
      dx + size.x > this.view.width || dy + size.y > this.view.height;
    if (out) this.later();
  }
}

function around(a, b) {
  if (a === WHOLE || b === WHOLE) return WHOLE;
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

// Pixels of arcs in one view. An arc outside it is its chord: what it encloses is
// outside too. Points closer than half a pixel are skipped, once for both sides.
export class Projection {
  constructor(topology) {
    this.t = topology;
    this.px = new Float32Array(topology.x.length);
    this.py = new Float32Array(topology.x.length);
    this.count = new Int32Array(topology.nArcs);
    this.stamp = new Int32Array(topology.nArcs);
    this.frame = 0;
  }

  begin(view) {
    this.frame++;
    this.view = view;
    const { k, ox, oy, width, height } = view;
    const [x0, y0, x1, y1] = view.part ?? [0, 0, width, height];
    this.box = [(ox + x0) / k, (oy + y0) / k, (ox + x1) / k, (oy + y1) / k];
  }

  sees(boxes, i) {
    const [x0, y0, x1, y1] = this.box;
    const b = 4 * i;
    return boxes[b] <= x1 && boxes[b + 2] >= x0 && boxes[b + 1] <= y1 && boxes[b + 3] >= y0;
  }

  arc(a) {
    if (this.stamp[a] === this.frame) return;
    this.stamp[a] = this.frame;
    const { x, y, start, arcBox } = this.t;
    const { k, ox, oy } = this.view;
    const first = start[a], last = start[a + 1] - 1;
    const { px, py } = this;
    let n = first;
    px[n] = x[first] * k - ox;
    py[n++] = y[first] * k - oy;
    if (this.sees(arcBox, a)) {
      for (let i = first + 1; i < last; i++) {
        const qx = x[i] * k - ox, qy = y[i] * k - oy;
        if (Math.abs(qx - px[n - 1]) + Math.abs(qy - py[n - 1]) < 0.6) continue;
        px[n] = qx;
        py[n++] = qy;
      }
    }
    px[n] = x[last] * k - ox;
    py[n++] = y[last] * k - oy;
    this.count[a] = n - first;
  }

  line(g, a) {
    this.arc(a);
    const first = this.t.start[a], end = first + this.count[a];
    g.moveTo(this.px[first], this.py[first]);
    for (let i = first + 1; i < end; i++) g.lineTo(this.px[i], this.py[i]);
  }

  loop(g, refs) {
    let begun = false;
    for (const ref of refs) {
      const a = ref < 0 ? ~ref : ref;
      this.arc(a);
      const first = this.t.start[a], last = first + this.count[a] - 1;
      if (!begun) {
        begun = true;
        const i = ref < 0 ? last : first;
        g.moveTo(this.px[i], this.py[i]);
      }
      if (ref < 0) {
        for (let i = last - 1; i >= first; i--) g.lineTo(this.px[i], this.py[i]);
      } else {
        for (let i = first + 1; i <= last; i++) g.lineTo(this.px[i], this.py[i]);
      }
    }
    g.closePath();
  }
}
