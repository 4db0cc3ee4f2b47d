// Controls on the map: tools, layers, legend, the bar that applies, what is announced.
// Every text from data is set with textContent.

import { Find } from "./find.js";
import { OVERLAY_LAYERS } from "./overlays.js";
import { NOBODY } from "./scene.js";
import { Styling } from "./styling.js";

const TOOLS = [
  ["hand", "Move the map, click a territory", "H", "M8 13V5.5a1.5 1.5 0 0 1 3 0V12m0-6.5v-2a1.5 1.5 0 0 1 3 0V12m0-6.5a1.5 1.5 0 0 1 3 0V12m0-4.5a1.5 1.5 0 0 1 3 0V16a6 6 0 0 1-6 6h-2a6 6 0 0 1-5-2.7L5.3 15a1.5 1.5 0 0 1 2.6-1.5L9 15"],
  ["pick", "Select units by clicking", "S", "M5 3l14 8-6 1.5L10 19z"],
  ["paint", "Paint units into a territory", "P", "M14 4l6 6-9 9a3 3 0 0 1-2 .9L4 20l.1-5a3 3 0 0 1 .9-2zM12 6l6 6"],
  ["lasso", "Lasso", "L", "M12 4c5 0 9 2.500 9 6s-4 6-9 6-9-2.500-9-6 4-6 9-6zM7 15c-2 1-2 3 0 4s2 2 1 3"],
  ["box", "Box", "B", "M4 6h16v12H4z"],
  ["polygon", "Draw a shape", "D", "M5 8l7-4 8 5-3 10H7zM5 8m-1.500 0a1.500 1.500 0 1 0 3 0a1.500 1.500 0 1 0-3 0"],
  ["cut", "Draw an exact border", "K", "M6 6a2 2 0 1 0 0-.1M6 18a2 2 0 1 0 0-.1M20 4L8 16M14.500 14.500L20 20M8 8l4 4"],
];
const LAYERS = [
  ["accounts", "Accounts"], ["units", "Unit borders"], ["names", "Names and load"],
  ["homes", "Reps' homes"], ["today", "Today's territories"], ["flags", "To mend"], ["outlines", "Base map"],
  ["legend", "Legend"],
];
export const KEYS = Object.fromEntries(TOOLS.map(([id, , key]) => [key, id]));

export class Panel {
  constructor(view, root) {
    this.view = view;
    this.tools = this.#box(root, "bw-tools", "toolbar", "Map tools");
    this.#toolbar();
    this.find = new Find(view, this.#box(root, "bw-find", "search", "Search the map"));
    this.menu = this.#box(root, "bw-menu", "group", "Layers");
    this.menu.hidden = true;
    this.legend = this.#box(root, "bw-legend", "group", "Legend");
    this.bar = this.#box(root, "bw-bar", "region", "Selection");
    this.bar.hidden = true;
    this.styling = new Styling(view, this.#box(root, "bw-styling", "dialog", "Name and colour"));
    this.tip = this.#box(root, "bw-tip", "tooltip", "");
    this.tip.hidden = true;
    this.live = this.#box(root, "bw-live", "status", "");
    this.live.setAttribute("aria-live", "polite");
    this.toast = this.#box(root, "bw-toast", "presentation", "");
    this.toast.hidden = true;
    this.layers();
    this.#actions();
  }

  #box(root, name, role, label) {
    const box = make("div", `bw-panel ${name}`);
    box.setAttribute("role", role);
    if (label) box.setAttribute("aria-label", label);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    root.appendChild(box);
    return box;
  }

  #toolbar() {
    for (const [id, label, key, path] of TOOLS) {
      const button = this.#button(`${label} (${key})`, path);
      button.dataset.tool = id;
      button.onclick = () => this.view.use(id);
      this.tools.appendChild(button);
    }
    this.dots = this.#button("Select accounts, not units (A)",
      "M7 8a2.500 2.500 0 1 0 0-.1M17 6a2.500 2.500 0 1 0 0-.1M12 17a2.500 2.500 0 1 0 0-.1");
    this.dots.onclick = () => this.view.take(!this.view.state.ofAccounts);
    this.dots.classList.add("bw-apart");
    this.tools.appendChild(this.dots);
    const layers = this.#button("Layers (V)", "M12 3l9 5-9 5-9-5zM3 12l9 5 9-5M3 16l9 5 9-5");
    layers.setAttribute("aria-expanded", "false");
    layers.onclick = () => this.toggleMenu();
    this.opener = layers;
    this.tools.appendChild(layers);
    const home = this.#button("Show everything (0)", "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5");
    home.onclick = () => this.view.fit();
    this.tools.appendChild(home);
  }

  // Show or hide the menu of layers; the keyboard goes where the reader goes on.
  toggleMenu() {
    this.menu.hidden = !this.menu.hidden;
    this.find.input.parentElement.hidden = !this.menu.hidden;
    this.opener.setAttribute("aria-expanded", String(!this.menu.hidden));
    if (this.menu.hidden) this.opener.focus();
    else this.menu.querySelector("input:checked")?.focus();
  }

  // Says whether a menu was open.
  close() {
    if (this.styling.close()) return true;
    if (this.menu.hidden) return false;
    this.toggleMenu();
    return true;
  }

  #button(label, path) {
    const button = make("button", "bw-tool");
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", path);
    svg.appendChild(line);
    button.appendChild(svg);
    return button;
  }

  // The menu of layers; made again when there are other overlays.
  layers() {
    const fill = make("fieldset", "bw-two");
    fill.appendChild(make("legend", "", "Fill shows"));
    const shown = (id) => {
      this.view.show({ fill: id });
      if (!id.startsWith("by ")) measure.value = "";
    };
    for (const [id, label] of [["territories", "Territories"], ["load", "Load"]]) {
      fill.appendChild(this.#choice("radio", "bw-fill", id, label,
        () => this.view.state.fill === id, () => shown(id)));
    }
    const measures = this.view.scene.header.shades.map(({ id, label }) => [`by ${id}`, label]);
    const measure = choose("Measure the fill shows", [["", "Shades of ..."], ...measures],
      this.view.scene.shadeAt(this.view.state.fill) < 0 ? "" : this.view.state.fill, (id) => {
        for (const radio of fill.querySelectorAll("input")) {
          radio.checked = radio.value === (id || "territories");
        }
        shown(id || "territories");
      });
    if (measures.length) fill.appendChild(measure);
    const list = make("fieldset", "");
    list.appendChild(make("legend", "", "Show"));
    for (const [id, label] of LAYERS) {
      if (id === "today" && !this.view.scene.today) continue;
      if (id === "homes" && !this.view.scene.homeX?.length) continue;
      list.appendChild(this.#choice("checkbox", "bw-layer", id, label,
        () => this.view.state.layers[id],
        (on) => this.view.show({ layers: { ...this.view.state.layers, [id]: on } })));
    }
    for (const [id, label] of Object.entries(OVERLAY_LAYERS)) {
      if (!this.view.overlays.of(id).length) continue;
      list.appendChild(this.#choice("checkbox", "bw-layer", id, label,
        () => this.view.state.layers[id] !== false,
        (on) => this.view.show({ layers: { ...this.view.state.layers, [id]: on } })));
    }
    list.append(...this.#streets());
    this.menu.replaceChildren(fill, ...this.#dots(), list);
  }

  // Streets are asked for only after a yes: before it, what would leave is told.
  #streets() {
    const { streets } = this.view;
    if (!streets?.told) return [];
    const { label, question, agreed, allowed } = streets.told;
    const button = (name, text, run) => {
      const made = make("button", name, text);
      made.type = "button";
      made.onclick = run;
      return made;
    };
    const ask = make("div", "bw-ask");
    ask.hidden = true;
    ask.setAttribute("role", "alert");
    const row = this.#choice("checkbox", "bw-layer", "streets", label,
      () => streets.wanted, (on) => {
        if (agreed || !on) streets.show(on);
        ask.hidden = agreed || !on;
      });
    const no = () => {
      row.firstChild.checked = false;
      ask.hidden = true;
    };
    ask.append(make("span", "", question));
    if (allowed) ask.append(button("bw-yes", "Show streets", () => streets.answer(true)));
    ask.append(button("", allowed ? "No" : "Close", no));
    if (!agreed) return [row, ask];
    const forget = button("bw-forget", "Withdraw the consent to ask it", () => streets.answer(false));
    return [row, forget];
  }

  // What the dots of accounts show, where accounts have numbers.
  #dots() {
    const { sizes } = this.view.scene.header;
    if (!sizes.length) return [];
    const set = make("fieldset", "");
    set.appendChild(make("legend", "", "Accounts by"));
    const { state } = this.view;
    const by = (change) => this.view.show({ dots: { ...state.dots, ...change } });
    const measures = sizes.map(({ id, label }) => [id, label]);
    const row = make("div", "bw-pair");
    row.append(
      choose("Measure of the dots", [["", "All alike"], ...measures], state.dots.by,
        (value) => by({ by: value })),
      choose("How dots show it", [["size", "as size"], ["shade", "as shade"]], state.dots.as,
        (value) => by({ as: value })),
    );
    set.appendChild(row);
    return [set];
  }

  #choice(type, name, id, label, value, change) {
    const row = make("label", "bw-choice");
    const input = make("input", "");
    input.type = type;
    input.name = name;
    input.value = id;
    input.checked = value();
    input.onchange = () => change(input.checked);
    row.append(input, make("span", "", label));
    return row;
  }

  #actions() {
    this.text = make("span", "bw-what");
    this.effect = make("span", "bw-effect");
    const words = make("span", "bw-words");
    words.append(this.text, this.effect);
    this.target = make("select", "bw-target");
    this.target.onchange = () => this.#aimed(Number(this.target.value));
    const button = (name, label, run) => {
      const made = make("button", name, label);
      made.type = "button";
      made.onclick = run;
      return made;
    };
    this.apply = button("bw-apply", "Apply", () => this.view.apply());
    this.release = button("bw-release", "No exception", () => this.view.release());
    this.lock = button("bw-lock", "Lock", () => this.view.lock(!this.#focused().locked));
    this.zoom = button("bw-zoom", "Zoom", () => this.view.zoomTo(this.#focused().code));
    this.halve = button("bw-halve", "Halve", () => this.view.halve());
    this.halve.title = "Split into two with the same work";
    this.split = button("bw-split", "Split by line", () => this.view.use("split"));
    this.clear = button("bw-clear", "Clear", () => this.view.clear());
    this.pencil = this.#button("Name and colour (N)",
      "M4 20l1-5L16.500 3.500l4 4L9 19zM14 6l4 4");
    this.pencil.classList.add("bw-pencil");
    this.pencil.onclick = () => this.styling.toggle();
    this.bar.append(words, this.pencil, this.target, this.apply, this.release, this.zoom, this.lock,
      this.halve, this.split, this.clear);
  }

  #aimed(code) {
    if (this.mode === "territory") this.view.merge(code);
    else this.view.aim(code);
  }

  #focused() {
    return this.view.focused();
  }

  // What the bar is about: a selection, a tool that needs a territory, or a territory.
  #mode() {
    const { state } = this.view;
    if (this.view.some()) return state.ofAccounts ? "accounts" : "units";
    if (state.tool === "paint" || state.tool === "cut") return "tool";
    return this.#focused() ? "territory" : "";
  }

  // Show the state: pressed tool, legend, targets, and what a selection would do.
  update() {
    const { state } = this.view;
    for (const button of this.tools.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === state.tool));
    }
    this.dots.setAttribute("aria-pressed", String(state.ofAccounts));
    this.mode = this.#mode();
    this.legends();
    this.#targets();
    this.#words();
    const some = this.mode === "units" || this.mode === "accounts";
    const painting = state.tool === "paint";
    if (this.bar.hidden === Boolean(this.mode)) this.view.names.retell(); // legend moves
    this.bar.hidden = !this.mode;
    this.apply.hidden = this.clear.hidden = !some || painting;
    this.apply.disabled = state.to === null;
    this.release.hidden = this.mode !== "accounts" ||
      !state.overrides.some(([row]) => state.chosenAccounts.has(row));
    this.styling.update();
    if (this.mode !== "territory") this.styling.close();
    this.zoom.hidden = this.lock.hidden = this.pencil.hidden = this.mode !== "territory";
    this.halve.hidden = this.split.hidden =
      this.mode !== "territory" || Boolean(this.#focused().locked);
  }

  #words() {
    const { view } = this;
    const territory = this.#focused();
    if (this.mode === "territory") {
      this.text.textContent = [territory.name, territory.load_text].filter(Boolean).join(", ");
      this.effect.textContent = territory.rep || "no rep";
      this.lock.textContent = territory.locked ? "Unlock" : "Lock";
      return;
    }
    const tool = view.state.tool === "cut" ? "Give what lies inside to" : "Paint into";
    this.text.textContent = this.mode === "tool" ? tool : this.mode && view.describe();
    this.effect.textContent = this.mode === "tool" || !this.mode ? "" : view.effect();
  }

  #targets() {
    const { state } = this.view;
    const merging = this.mode === "territory";
    const wanted = [...state.territories.values()].filter(
      (t) => !t.locked && !(merging && t.code === state.selected));
    const key = [this.mode, ...wanted.map((t) => `${t.code} ${t.name}`)].join("\n");
    if (this.targetKey !== key) {
      this.targetKey = key;
      const first = [["-1", merging ? "merge into ..." : "to territory ..."]];
      if (this.mode === "units") first.push(["-2", "a new territory"]);
      const options = [...first, ...wanted.map((t) => [String(t.code), t.name])];
      this.target.replaceChildren(...options.map(([value, name]) => {
        const option = make("option", "", name);
        option.value = value;
        return option;
      }));
      this.target.setAttribute("aria-label",
        merging ? "Territory it dissolves into" : "Territory they go to");
    }
    this.target.value = String(merging ? -1 : state.to ?? -1);
    this.target.hidden = merging && Boolean(this.#focused()?.locked);
  }

  // Only what is drawn now, as it is drawn now.
  legends() {
    const { state, scene, layers } = this.view;
    const rows = [];
    const shaded = scene.header.shades[scene.shadeAt(state.fill)];
    if (shaded) rows.push(...this.#classes(shaded));
    else if (state.fill !== "load") rows.push(this.#territories());
    rows.push(mark("bw-line", "territory border"));
    if (layers.drawsUnits) rows.push(mark("bw-thin", `${scene.header.noun.one} border`));
    if (state.layers.today && scene.today) rows.push(mark("bw-dash", "today's border"));
    if (state.flagged.size && state.layers.flags) rows.push(mark("bw-flag", "torn off or a hole"));
    if (state.locked.size) rows.push(mark("bw-hatch", "locked"));
    if (state.layers.homes && scene.homeX?.length) rows.push(mark("bw-house", "rep's home"));
    if (state.fill === "load" || state.layers.names) rows.push(...this.#loads());
    if (state.layers.accounts && scene.accountX?.length) {
      rows.push(mark("bw-dot", "customer"));
      rows.at(-1).classList.add("bw-first");
      if (scene.header.leads) rows.push(mark("bw-ring", "lead"));
      if (state.overrides.length) rows.push(this.#exception());
      if (layers.accounts.thinned) {
        rows.push(make("span", "bw-row bw-note bw-first", "a dot may be several"));
      }
      const by = layers.accounts.shown;
      if (by) rows.push(this.#sizes(by));
    }
    for (const { kind, color, label } of this.view.overlays.legend()) {
      const row = mark(`bw-over-${kind}`, label);
      row.firstChild.style.backgroundColor = color;
      rows.push(row);
    }
    const nobodys = state.codes.reduce((n, code) => n + (code === NOBODY), 0);
    if (nobodys) {
      rows.push(mark("bw-nobody", `${nobodys.toLocaleString("en-US")} nobody's`));
      const give = make("button", "bw-give", "Give to the nearest");
      give.type = "button";
      give.onclick = () => this.view.toNearest();
      give.classList.add("bw-all");
      rows.push(give);
    }
    const told = rows.map(said).join("\n");
    if (told !== this.legendTold) this.legend.replaceChildren(...rows);
    this.legendTold = told;
    this.legend.hidden = !rows.length || !state.layers.legend;
  }

  // They wear the colour of whatever territory they are in.
  #exception() {
    const row = mark("bw-exception", "exception");
    const colors = [...this.view.state.territories.values()].slice(0, 3).map((t) => t.color);
    const turn = colors.map((c, i) => `${c} ${120 * i}deg ${120 * (i + 1)}deg`).join(", ");
    row.firstChild.style.background = `conic-gradient(${turn})`;
    return row;
  }

  // A few of the colours, and how many territories there are.
  #territories() {
    const { territories } = this.view.state;
    const row = make("span", "bw-row");
    const swatches = make("span", "bw-hues");
    for (const { color } of [...territories.values()].slice(0, 4)) {
      const swatch = make("i", "");
      swatch.style.backgroundColor = color;
      swatches.appendChild(swatch);
    }
    const n = territories.size;
    row.append(swatches, make("span", "", n === 1 ? "1 territory" : `${n} territories`));
    return row;
  }

  // The bands of load: as fill, or as the sign beside the number.
  #loads() {
    const filled = this.view.state.fill === "load";
    return this.view.legend.map(({ icon, color, text }, i) => {
      const row = make("span", i ? "bw-row" : "bw-row bw-first");
      const sign = make("i", filled ? "bw-swatch" : "bw-sign", filled ? "" : icon);
      if (filled) sign.style.backgroundColor = color;
      else sign.style.color = color;
      row.append(sign, make("span", "", filled ? `${icon} ${text}` : text));
      return row;
    });
  }

  // A measure of the units, class by class.
  #classes({ label, classes }) {
    const { noun } = this.view.scene.header;
    const head = make("b", "bw-head bw-all", `${label} by ${noun.one}`);
    const list = make("span", "bw-all bw-classes");
    list.append(...classes.map((text, i) => {
      const row = mark("bw-shade", text);
      row.firstChild.style.backgroundColor = this.view.layers.accounts.shade(i + 1);
      return row;
    }));
    return [head, list];
  }

  // A measure of the accounts in one row: from the least to the most.
  #sizes({ label, classes, as }) {
    const row = make("span", "bw-row");
    const dots = make("span", "bw-dots");
    for (let i = 1; i <= classes.length; i++) {
      const dot = make("i", "");
      const side = as === "size" ? 3 + 2 * i : 9;
      dot.style.width = dot.style.height = `${side}px`;
      if (as === "shade") dot.style.backgroundColor = this.view.layers.accounts.shade(i);
      dots.appendChild(dot);
    }
    row.classList.add("bw-all");
    row.append(dots, make("span", "", `${label}: ${classes[0]} ... ${classes.at(-1)}`));
    return row;
  }

  tooltip(rows, x, y) {
    this.tip.hidden = !rows.length;
    if (!rows.length) return;
    this.tip.replaceChildren(...rows.map((row, i) => make(i ? "span" : "b", "", row)));
    const box = this.tip.parentElement.getBoundingClientRect();
    const left = Math.min(x - box.left + 16, box.width - this.tip.offsetWidth - 8);
    const top = Math.min(y - box.top + 18, box.height - this.tip.offsetHeight - 8);
    this.tip.style.transform = `translate(${left}px, ${top}px)`;
  }

  announce(text) {
    if (text && this.live.textContent !== text) this.live.textContent = text;
  }

  notice(text) {
    this.toast.textContent = text;
    this.toast.hidden = !text;
    this.announce(text);
    clearTimeout(this.toastWait);
    if (text) this.toastWait = setTimeout(() => (this.toast.hidden = true), 8000);
  }
}

function choose(label, options, value, change) {
  const select = make("select", "");
  select.setAttribute("aria-label", label);
  for (const [id, text] of options) {
    const option = make("option", "", text);
    option.value = id;
    select.appendChild(option);
  }
  select.value = value;
  select.onchange = () => change(select.value);
  return select;
}

function mark(name, text) {
  const row = make("span", "bw-row");
  row.append(make("i", name), make("span", "", text));
  return row;
}

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

// What a row of the legend shows: its words, and how its marks look.
function said(row) {
  const marks = Array.from(row.querySelectorAll("i"), (i) => `${i.className} ${i.style.cssText}`);
  return [row.className, row.textContent, ...marks].join("|");
}
