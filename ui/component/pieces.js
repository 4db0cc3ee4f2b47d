// An exact border: the same map with some units replaced by their pieces.

import { Scene } from "./scene.js";

const FAR = -(2 ** 30); // where the anchor of a unit without ground is: nobody asks there

// The scene with pieces, from the scene without them and a message of ui/pieces.py.
export function divided(scene, { header, arrays: cut }) {
  const n = scene.units.nUnits, p = cut.cut_parent.length;
  const gone = new Uint8Array(n);
  for (const u of cut.cut_parent) gone[u] = 1;
  const old = scene.arrays;
  const parents = (list) => list && append(list, Array.from(cut.cut_parent, (u) => list[u]));
  const arrays = {
    ...old, ...arcs(scene.units, old, gone, cut),
    u_unit_ring: append(old.u_unit_ring, new Array(p).fill(old.u_unit_ring[n])),
    anchor_x: anchors(old.anchor_x, gone, cut.cut_anchor_x),
    anchor_y: anchors(old.anchor_y, gone, cut.cut_anchor_y),
    unit_state: parents(old.unit_state), today: parents(old.today),
    account_unit: old.account_unit.slice(),
  };
  cut.cut_account.forEach((row, i) => (arrays.account_unit[row] = cut.cut_account_unit[i]));
  for (const name of scene.header.measures) {
    arrays[`load_${name}`] = append(old[`load_${name}`], cut[`cut_load_${name}`]);
  }
  scene.header.shades.forEach((_, i) => (arrays[`shade_${i}`] = parents(old[`shade_${i}`])));
  const names = Array.from(cut.cut_parent, (u) => `${scene.header.units[u]}, part`);
  const whole = { ...scene.header, units: [...scene.header.units, ...names] };
  const own = walks(arrays, gone, scene.units, cut.cut_left.length);
  const made = new Scene({ header: whole, arrays }, { from: scene, own, sign: header.sign });
  const box = scene.units.unitBox; // where one that is cut was, for who looks for it
  for (const u of cut.cut_parent) made.units.unitBox.set(box.subarray(4 * u, 4 * u + 4), 4 * u);
  return made;
}

function append(list, more) {
  const longer = new list.constructor(list.length + more.length);
  longer.set(list);
  longer.set(more, list.length);
  return longer;
}

function anchors(list, gone, more) {
  return append(list.map((v, u) => (gone[u] ? FAR : v)), more);
}

// Arcs of the units that are cut lose both their sides; those of the pieces follow.
function arcs(units, old, gone, cut) {
  const left = old.u_left.slice(), right = old.u_right.slice();
  const ends = new Map();
  for (let a = 0; a < units.nArcs; a++) {
    if (!gone[left[a]] && !gone[right[a]]) continue;
    left[a] = right[a] = -1;
    for (const i of [units.start[a], units.start[a + 1] - 1]) ends.set(`${units.x[i]} ${units.y[i]}`, i);
  }
  const x = cut.cut_x.slice(), y = cut.cut_y.slice();
  // The two were rounded apart: an end next to one of the map's own is that one.
  const join = (i) => {
    for (const [dx, dy] of NEAR) {
      const at = ends.get(`${x[i] + dx} ${y[i] + dy}`);
      if (at === undefined) continue;
      x[i] = units.x[at];
      y[i] = units.y[at];
      return;
    }
  };
  for (let a = 0; a < cut.cut_left.length; a++) {
    join(cut.cut_start[a]);
    join(cut.cut_start[a + 1] - 1);
  }
  const shift = units.x.length;
  return {
    u_x: append(old.u_x, x), u_y: append(old.u_y, y),
    u_start: append(old.u_start, cut.cut_start.slice(1).map((i) => i + shift)),
    u_left: append(left, cut.cut_left), u_right: append(right, cut.cut_right),
  };
}

const NEAR = [[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1], [-1, -1], [1, 1], [-1, 1], [1, -1]];

// The arcs of the units whose own list is no longer true, in no order.
function walks({ u_left: left, u_right: right }, gone, units, added) {
  const own = new Map();
  gone.forEach((is, u) => is && own.set(u, []));
  const first = left.length - added;
  const touched = new Set();
  for (let a = first; a < left.length; a++) {
    for (const u of [left[a], right[a]]) if (u >= 0) touched.add(u);
  }
  for (const u of touched) {
    const refs = [];
    if (u < units.nUnits) {
      units.eachArc(u, (ref) => {
        const a = ref < 0 ? ~ref : ref;
        if (left[a] >= 0 || right[a] >= 0) refs.push(ref);
      });
    }
    own.set(u, refs);
  }
  for (let a = first; a < left.length; a++) {
    own.get(left[a])?.push(a);
    own.get(right[a])?.push(~a);
  }
  return own;
}
