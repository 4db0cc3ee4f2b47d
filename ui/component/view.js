// One mounted map: its state, what the tools do to it, and its talk with Python.

import { Gestures } from "./gestures.js";
import { Layers } from "./layers.js";
import { Names } from "./names.js";
import { Overlays } from "./overlays.js";
import { KEYS, Panel } from "./panel.js";
import { divided } from "./pieces.js";
import { NOBODY, WORLD } from "./scene.js";
import { Streets } from "./streets.js";

const LAYERS_ON = {
  accounts: true, units: true, names: true, homes: true, today: false, flags: true,
  outlines: true, streets: false, legend: true,
};
const SELECT_WAIT_MS = 120;
const TELLS = new Set(["hand", "pick", "paint"]);
export const NEW = -2;

export class MapView {
  constructor({ root, map, scene, kept, talk, send }) {
    Object.assign(this, { root, map, scene, kept, talk, send });
    this.whole = scene;
    this.client = talk.client;
    this.rev = -1;
    this.asked = 0;
    this.pixel = 1;
    this.legend = [];
    this.notice = "";
    const n = scene.units.nUnits;
    this.confirmed = new Uint16Array(n).fill(NOBODY);
    this.state = {
      codes: new Uint16Array(n).fill(NOBODY), territories: new Map(), overrides: [],
      locked: new Set(), flagged: new Set(), ofAccounts: false, found: -1,
      fill: kept.fill ?? "territories", dots: kept.dots ?? { by: "", as: "size" }, layers: { ...LAYERS_ON, ...kept.layers },
      tool: kept.tool ?? "hand", to: kept.to ?? null, selected: null,
      chosen: new Set(), chosenAccounts: new Set(), hover: -1, line: [],
      openLine: false, dark: false, streets: false,
    };
    this.layers = new Layers(map, scene, this.state);
    this.overlays = new Overlays(map, this.state);
    this.names = new Names(map, scene, this.state);
    this.panel = new Panel(this, root);
    this.streets = new Streets(this);
    this.gestures = new Gestures(this);
    this.onKey = (event) => this.#key(event);
    document.addEventListener("keydown", this.onKey);
    map.on("moveend", () => {
      this.#remember();
      this.panel.legends();
    });
    this.moved = Boolean(kept.center);
    map.getContainer().addEventListener("wheel", () => (this.moved = true), { passive: true });
    map.on("dragstart", () => (this.moved = true));
    this.resize = new ResizeObserver(() => this.#resized());
    this.resize.observe(map.getContainer());
    // First the view: choosing a tool remembers it.
    if (kept.center) map.setView(kept.center, kept.zoom, { animate: false });
    else this.fit();
    this.use(this.state.tool);
    this.show({});
    this.talk.open(send);
    this.onHide = () => this.#remember();
    addEventListener("pagehide", this.onHide);
  }

  remove() {
    this.gone = true;
    this.talk.close();
    removeEventListener("pagehide", this.onHide);
    clearTimeout(this.selectWait);
    document.removeEventListener("keydown", this.onKey);
    this.resize.disconnect();
    this.gestures.remove();
    this.layers.remove();
    this.overlays.remove();
    this.names.remove();
    this.map.remove();
  }

  // A page settles in steps: until the reader has moved the map, keep all in sight.
  #resized() {
    if (!this.root.isConnected || !this.root.offsetWidth) return; // leaving the page
    this.map.invalidateSize({ animate: false, pan: false });
    if (!this.moved) this.fit();
  }

  // --- from Python ---

  // Says whether the message was taken in; not one whose pieces are still to come.
  patch({ header, arrays }) {
    if (header.rev < this.rev && header.plan === this.plan) return true;
    if (header.pieces !== this.scene.sign && !this.#divide(header.pieces)) return false;
    const first = this.rev < 0;
    this.rev = header.rev;
    this.plan = header.plan;
    this.legend = header.legend;
    this.confirmed = arrays.codes;
    this.#state(header, arrays);
    if (!this.state.territories.has(this.state.to)) this.state.to = null;
    const restored = this.talk.heard(header.ack);
    this.#select(header.selected);
    this.#settle();
    const answered = header.ack?.client === this.client && header.ack.seq >= this.asked;
    this.preview = answered ? header.preview : "";
    if (header.notice !== this.notice) {
      this.notice = header.notice;
      this.panel.notice(header.notice);
    }
    if (header.command && header.command.id !== this.kept.command) {
      this.kept.command = header.command.id;
      this.#obey(header.command);
    }
    if (restored) {
      this.panel.notice(`Kept what was done just before this page was loaded: ${plural(restored, "edit", "edits")}.`);
    }
    this.#choiceBack();
    this.panel.find.places(header.found);
    this.streets.take(header.streets);
    this.refresh();
    if (first) this.names.place();
    return true;
  }

  // Put units in pieces as an exact border has cut them, or together again.
  #divide(sign) {
    if (sign && this.pieces?.header.sign !== sign) return false;
    this.scene = sign ? divided(this.whole, this.pieces) : this.whole;
    this.layers.over(this.scene);
    this.names.scene = this.scene;
    this.state.chosen.clear(); // rows of pieces mean others now
    this.state.hover = -1;
    return true;
  }

  // Draw again only what is told differently from last time.
  #state(header, arrays) {
    const { state, layers } = this;
    const told = JSON.stringify([header.territories, header.dark, header.selected]);
    const hues = header.territories.map((t) => [
      t.code, state.fill === "load" ? t.load_color : t.color, t.locked]);
    const look = JSON.stringify([hues, header.dark, header.selected]);
    const fixed = `${arrays.locked} ${arrays.flagged}`;
    const exceptions = `${arrays.override_rows} ${arrays.override_codes} ${header.dark}`;
    if (look !== this.look || fixed !== this.fixed) layers.ground.later();
    if (told !== this.told) this.named = false;
    if (exceptions !== this.exceptions) layers.accounts.later();
    Object.assign(this, { told, look, fixed, exceptions });
    if (state.dark !== header.dark) this.overlays.later();
    state.dark = header.dark;
    this.root.classList.toggle("bw-dark", header.dark);
    state.territories = new Map(header.territories.map((t) => [t.code, t]));
    const codes = arrays.override_codes;
    state.overrides = Array.from(arrays.override_rows, (row, i) => [row, codes[i]]);
    state.locked = new Set(arrays.locked);
    state.flagged = new Set(arrays.flagged);
  }

  // What comes beside the plan, in messages of its own.
  aside(message) {
    if (message.header.aside === "pieces") {
      this.pieces = message;
      return;
    }
    if (message.header.aside === "names") {
      if (message.header.people !== this.scene.header.people) return;
      this.scene.names = this.whole.names = message.header.names;
      this.panel.find.again();
      return;
    }
    this.overlays.take(message);
    this.panel.layers();
    this.panel.update();
  }

  // Very many names are sent when they are first wanted.
  wantNames() {
    const { scene } = this;
    if (this.wanted || scene.accountNames.length || !scene.accountX.length) return;
    this.wanted = true;
    this.emit({ kind: "names" });
  }

  get outbox() {
    return this.talk.outbox;
  }

  // What was selected when the page was left, if it still means the same.
  #choiceBack() {
    const { choice } = this.kept;
    delete this.kept.choice;
    if (choice?.ground !== this.scene.name || choice.plan !== this.plan) return;
    this.state.ofAccounts = choice.accounts.length > 0;
    for (const row of choice.accounts) this.state.chosenAccounts.add(row);
    this.choose(choice.units, true);
  }

  #select(id) {
    if (id === this.selectedId) return;
    this.selectedId = id;
    const found = [...this.state.territories.values()].find((t) => t.id === id);
    this.state.selected = found ? found.code : null;
  }

  // What Python confirmed, with what it has not answered yet on top.
  #settle() {
    const codes = this.confirmed.slice();
    for (const event of this.outbox) {
      if (event.kind !== "apply" || !event.units || event.ground !== this.scene.name) continue;
      const code = this.#codeOf(event.to);
      for (const u of event.units) codes[u] = code;
    }
    const changed = this.layers.outline && changes(this.state.codes, codes);
    if (changed && !changed.length) return;
    this.state.codes = codes;
    this.named = false;
    this.layers.assign(changed);
  }

  #codeOf(id) {
    for (const t of this.state.territories.values()) if (t.id === id) return t.code;
    return NOBODY;
  }

  #obey(command) {
    if (command.kind === "territory") this.zoomTo(this.#codeOf(command.territory));
    if (command.kind === "units") this.zoomToUnits(command.rows);
    if (command.kind === "point") this.zoomToPoint(command.lon, command.lat);
    if (command.kind === "all") this.fit();
    if (command.kind === "choose") this.choose(command.rows, false);
  }

  refresh() {
    this.panel.update();
    if (!this.named) this.names.retell();
    this.named = true;
    this.layers.marks.later();
  }

  // --- to Python ---

  emit(event) {
    const { rev, plan, scene } = this;
    return this.talk.say({ ...event, base_rev: rev, plan, ground: scene.name });
  }

  // --- choosing and moving units ---

  use(tool) {
    this.state.tool = tool;
    if (tool === "split") this.panel.notice("Draw a line across the territory, Enter ends it.");
    this.gestures.use(tool);
    this.#remember();
    this.panel.update();
  }

  // Choose the territory that gets what is selected; NEW makes one.
  aim(code) {
    if (code === NEW) {
      this.create();
      return;
    }
    this.state.to = code < 0 ? null : code;
    if (this.some()) this.#chosen();
    else this.panel.update();
    this.#remember();
  }

  // Whether gestures take units or single accounts.
  take(accounts) {
    this.state.ofAccounts = accounts;
    this.clear();
  }

  pick([x, y]) {
    const { ofAccounts, chosen, chosenAccounts } = this.state;
    const found = ofAccounts
      ? this.scene.accountAt(x, y, 10 * this.pixel) : this.scene.unitAt(x, y);
    if (found < 0 || (!ofAccounts && this.isFixed(found))) return;
    const set = ofAccounts ? chosenAccounts : chosen;
    if (!set.delete(found)) set.add(found);
    this.#chosen();
  }

  chooseInside(line, add) {
    if (this.state.ofAccounts) {
      if (!add) this.state.chosenAccounts.clear();
      for (const row of this.scene.accountsIn(line)) this.state.chosenAccounts.add(row);
      this.#chosen();
    } else this.choose(this.scene.unitsIn(line), add);
  }

  choose(rows, add) {
    if (!add) this.state.chosen.clear();
    for (const u of rows) if (!this.isFixed(u)) this.state.chosen.add(u);
    this.#chosen();
  }

  isFixed(unit) {
    return this.state.locked.has(unit) ||
      Boolean(this.state.territories.get(this.state.codes[unit])?.locked);
  }

  clear() {
    this.state.chosen.clear();
    this.state.chosenAccounts.clear();
    this.#chosen();
  }

  #chosen() {
    this.preview = "";
    clearTimeout(this.selectWait);
    this.selectWait = setTimeout(() => this.#tellChosen(), SELECT_WAIT_MS);
    this.panel.update();
    this.layers.marks.later();
    this.panel.announce(this.some() ? this.describe() : "Nothing selected");
  }

  some() {
    return this.state.chosen.size + this.state.chosenAccounts.size > 0;
  }

  #what() {
    const { chosen, chosenAccounts, ofAccounts } = this.state;
    return ofAccounts ? { accounts: [...chosenAccounts] } : { units: [...chosen] };
  }

  #tellChosen() {
    const to = this.state.territories.get(this.state.to)?.id ?? "";
    this.asked = this.emit({ kind: "select", ...this.#what(), to }).seq;
  }

  paint(points) {
    if (this.state.to === null) {
      this.panel.notice("Choose the territory to paint into.");
      return;
    }
    for (const [x, y] of points) {
      const u = this.scene.unitAt(x, y);
      if (u < 0 || this.state.codes[u] === this.state.to || this.isFixed(u)) continue;
      this.state.chosen.add(u);
    }
    this.panel.update();
    this.layers.marks.later();
  }

  finishPaint() {
    if (this.state.chosen.size) this.apply();
  }

  apply() {
    const to = this.state.territories.get(this.state.to);
    if (!this.some() || !to) return;
    this.panel.announce(`${this.describe()} to ${to.name}. ${this.effect()}`);
    this.#do({ kind: "apply", ...this.#what(), to: to.id });
  }

  create() {
    if (this.state.chosen.size) this.#do({ kind: "create", units: [...this.state.chosen] });
  }

  // Accounts go back to the territory of their unit.
  release() {
    const accounts = [...this.state.chosenAccounts];
    if (accounts.length) this.#do({ kind: "clear_override", accounts });
  }

  lock(locked) {
    this.#do({ kind: "lock", territory: this.selectedId, locked });
  }

  // The territory that is selected.
  focused() {
    return this.state.territories.get(this.state.selected);
  }

  rename(name) {
    this.panel.announce(`${this.focused().name} is now ${name}`);
    this.#do({ kind: "rename", territory: this.selectedId, name });
  }

  recolor(color) {
    this.panel.announce(`${this.focused().name} has another colour`);
    this.#do({ kind: "recolor", territory: this.selectedId, color });
  }

  // Colours of the territories that touch one.
  colorsBeside(code) {
    const { codes, territories } = this.state;
    const { left, right, nArcs } = this.scene.units;
    const beside = new Set();
    for (let a = 0; a < nArcs; a++) {
      const l = left[a] < 0 ? NOBODY : codes[left[a]];
      const r = right[a] < 0 ? NOBODY : codes[right[a]];
      if (l !== r && (l === code || r === code)) beside.add(l === code ? r : l);
    }
    return new Set([...beside].map((other) => territories.get(other)?.color.toLowerCase()));
  }

  merge(code) {
    const to = this.state.territories.get(code);
    if (to && this.selectedId) this.#do({ kind: "merge", territory: this.selectedId, to: to.id });
  }

  cut(line) {
    const to = this.state.territories.get(this.state.to);
    if (!to) {
      this.panel.notice("Choose the territory that gets what lies inside.");
      return;
    }
    this.#do({ kind: "cut", line: line.map((point) => this.#degrees(point)), to: to.id });
  }

  halve() {
    this.#do({ kind: "halve", territory: this.selectedId });
  }

  splitBy(line) {
    this.use("hand");
    this.#do({
      kind: "split", territory: this.selectedId,
      line: line.map((point) => this.#degrees(point)),
    });
  }

  // Units nobody owns go to the nearest territory.
  toNearest() {
    this.#do({ kind: "nearest" });
  }

  #do(event) {
    clearTimeout(this.selectWait);
    this.state.chosen.clear();
    this.state.chosenAccounts.clear();
    this.preview = "";
    this.emit(event);
    // Streamlit sends in a timer: what takes time to draw waits until that has run.
    setTimeout(() => {
      if (this.gone) return;
      this.#settle();
      this.refresh();
    }, 0);
  }

  focusAt([x, y]) {
    const u = this.scene.unitAt(x, y);
    const code = u < 0 ? NOBODY : this.state.codes[u];
    const id = this.state.territories.get(code)?.id ?? "";
    const again = id === this.selectedId;
    this.#select(again ? "" : id);
    this.named = false;
    this.emit({ kind: "focus", territory: again ? "" : id });
    this.layers.ground.later();
    this.refresh();
  }

  // --- words ---

  describe() {
    const { chosen, chosenAccounts, ofAccounts } = this.state;
    const { one, many } = this.scene.header.noun;
    if (ofAccounts) return plural(chosenAccounts.size, "account", "accounts");
    const accounts = plural(this.#sum("accounts", chosen), "account", "accounts");
    return `${plural(chosen.size, one, many)}, ${accounts}`;
  }

  // What Python says about the move; until it has answered, hours added up here.
  effect() {
    if (this.preview) return this.preview;
    const to = this.state.territories.get(this.state.to);
    if (!to) return "";
    const given = new Map();
    for (const u of this.state.chosen) {
      const from = this.state.codes[u];
      if (from === to.code) continue;
      given.set(from, (given.get(from) ?? 0) + this.#load("workload_h", u));
    }
    const total = [...given.values()].reduce((a, b) => a + b, 0);
    const parts = [...given].sort((a, b) => b[1] - a[1]).slice(0, 2)
      .map(([code, hours]) => change(this.state.territories.get(code), -hours));
    return [...parts, change(to, total)].filter(Boolean).join(", ");
  }

  #load(measure, unit) {
    const i = this.scene.header.measures.indexOf(measure);
    return i < 0 ? 0 : this.scene.loads[i][unit];
  }

  #sum(measure, rows) {
    let sum = 0;
    for (const u of rows) sum += this.#load(measure, u);
    return sum;
  }

  hoverOver(unit, event, at) {
    const { state } = this;
    if (unit !== state.hover) {
      state.hover = unit;
      this.layers.marks.later();
    }
    if (!event || state.line.length || !TELLS.has(state.tool)) {
      this.panel.tooltip([]);
      return;
    }
    const laid = this.overlays.at(at, this.pixel);
    if (laid) {
      const number = laid.value === null ? "" : `Stop ${Math.round(laid.value)}`;
      this.panel.tooltip([laid.label, number].filter(Boolean), event.clientX, event.clientY);
      return;
    }
    const account = state.layers.accounts && this.map.getZoom() > 5
      ? this.scene.accountAt(...at, 7 * this.pixel) : -1;
    const rows = account < 0 ? this.#aboutUnit(unit) : this.#aboutAccount(account);
    this.panel.tooltip(rows, event.clientX, event.clientY);
  }

  #aboutUnit(unit) {
    if (unit < 0) return [];
    const t = this.state.territories.get(this.state.codes[unit]);
    const rows = [this.scene.header.units[unit], this.#owner(t), t?.rep ?? ""];
    rows.push(plural(this.#load("accounts", unit), "account", "accounts"));
    const i = this.scene.shadeAt(this.state.fill);
    if (i >= 0) {
      const { label, classes } = this.scene.header.shades[i];
      rows.push(`${label}: ${classes[this.scene.shades[i][unit] - 1] ?? "none"}`);
    }
    if (this.isFixed(unit)) rows.push("locked");
    return rows.filter(Boolean);
  }

  #aboutAccount(row) {
    const { units } = this.scene.header;
    this.wantNames();
    const unit = this.scene.accountUnit[row];
    const exception = this.state.overrides.find(([at]) => at === row);
    const code = exception ? exception[1] : this.state.codes[unit];
    const kind = this.scene.accountClass[row] & 1 ? "lead" : "customer";
    return [
      this.scene.accountNames[row] || "Account", `${kind}${unit < 0 ? "" : `, ${units[unit]}`}`,
      this.#owner(this.state.territories.get(code)) + (exception ? ", by exception" : ""),
    ];
  }

  #owner(territory) {
    if (!territory) return "no territory";
    const load = territory.load_text ? `, ${territory.load_text}` : "";
    return territory.name + load;
  }

  trace(line, open) {
    this.state.line = line;
    this.state.openLine = open;
    this.layers.marks.later();
  }

  // --- the view ---

  show(change) {
    Object.assign(this.state, change);
    this.layers.ground.later();
    this.layers.accounts.later();
    this.overlays.later();
    this.#remember();
    this.refresh();
    this.names.place(); // after the panels, which labels keep clear of
  }

  fit() {
    const [west, south, east, north] = this.scene.header.frame;
    this.#frame(L.latLngBounds([south, west], [north, east]), false);
  }

  zoomTo(code) {
    const rows = [];
    this.state.codes.forEach((c, u) => c === code && rows.push(u));
    this.zoomToUnits(rows);
  }

  zoomToPoint(lon, lat) {
    this.moved = true;
    this.map.setView([lat, lon], 9);
  }

  zoomToAccount(row) {
    const { accountX, accountY } = this.scene;
    const [lon, lat] = this.#degrees([accountX[row], accountY[row]]);
    this.zoomToPoint(lon, lat);
    this.state.found = row;
    this.layers.marks.later();
  }

  zoomToUnits(rows) {
    const [x0, y0, x1, y1] = this.scene.units.boxOf(rows);
    if (x0 > x1) return;
    const corner = (x, y) => this.#degrees([x, y]).reverse();
    this.#frame(L.latLngBounds(corner(x0, y0), corner(x1, y1)), true);
  }

  #frame(bounds, animate) {
    if (animate) this.moved = true;
    const size = this.map.getSize();
    if (size.x < 80 || size.y < 40) return; // not laid out yet: a resize follows
    this.map.fitBounds(bounds, {
      animate, paddingTopLeft: [56, 8], paddingBottomRight: [8, 8],
    });
  }

  #degrees([x, y]) {
    const lat = Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / WORLD))) * 180 / Math.PI;
    return [(x / WORLD) * 360 - 180, lat];
  }

  #remember() {
    if (!this.root.isConnected) return;
    const { fill, dots, layers, tool, to } = this.state;
    const { lat, lng } = this.map.getCenter();
    Object.assign(this.kept, {
      fill, dots, layers, to, tool: tool === "split" ? "hand" : tool, center: [lat, lng], zoom: this.map.getZoom(),
    });
    const chosen = this.some() && {
      ground: this.scene.name, plan: this.plan,
      units: [...this.state.chosen], accounts: [...this.state.chosenAccounts],
    };
    const name = `bailiwick.${this.scene.header.key}`;
    sessionStorage.setItem(name, JSON.stringify({ ...this.kept, ...(chosen && { choice: chosen }) }));
    localStorage.setItem(name, JSON.stringify(this.kept)); // for the next time it is opened
  }

  #key(event) {
    const typing = event.target.closest?.(
      "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
    if (typing || !this.root.isConnected) return;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if ((event.ctrlKey || event.metaKey) && (key === "Z" || key === "Y")) {
      event.preventDefault();
      this.emit({ kind: event.shiftKey || key === "Y" ? "redo" : "undo" });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "Escape" && this.panel.close()) return;
    if (key === "Escape" && !this.gestures.escape()) this.clear();
    else if (key === "Enter" && !event.target.closest?.("button, a")) {
      if (!this.gestures.enter()) this.apply();
    } else if (this.root.contains(event.target) || event.target === document.body) {
      if (key === "0") this.fit();
      else if (key === "V") this.panel.toggleMenu();
      else if (key === "N" && this.focused()) {
        event.preventDefault();
        this.panel.styling.open();
      }
      else if (key === "A") this.take(!this.state.ofAccounts);
      else if (KEYS[key]) this.use(KEYS[key]);
    }
  }
}

// The rows in which two lists differ; null when they are of different length.
function changes(before, after) {
  if (before.length !== after.length) return null;
  const rows = [];
  for (let i = 0; i < after.length; i++) if (before[i] !== after[i]) rows.push(i);
  return rows;
}

function change(territory, hours) {
  if (!territory?.capacity_h) return "";
  const percent = (h) => Math.round((100 * h) / territory.capacity_h);
  const before = percent(territory.hours), after = percent(territory.hours + hours);
  return `${territory.name} ${before} → ${after} %`;
}

function plural(n, one, many) {
  return `${Math.round(n).toLocaleString("en-US")} ${n === 1 ? one : many}`;
}
