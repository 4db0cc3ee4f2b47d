// Controls on the map: tools, layers, legend, the bar that applies, what is announced.
// Every text from data is set with textContent.

const TOOLS = [
  ["hand", "Move the map, click a territory", "H", "M8 13V5.5a1.5 1.5 0 0 1 3 0V12m0-6.5v-2a1.5 1.5 0 0 1 3 0V12m0-6.5a1.5 1.5 0 0 1 3 0V12m0-4.5a1.5 1.5 0 0 1 3 0V16a6 6 0 0 1-6 6h-2a6 6 0 0 1-5-2.7L5.3 15a1.5 1.5 0 0 1 2.6-1.5L9 15"],
  ["pick", "Select units by clicking", "S", "M5 3l14 8-6 1.5L10 19z"],
  ["paint", "Paint units into a territory", "P", "M14 4l6 6-9 9a3 3 0 0 1-2 .9L4 20l.1-5a3 3 0 0 1 .9-2zM12 6l6 6"],
  ["lasso", "Lasso", "L", "M12 4c5 0 9 2.500 9 6s-4 6-9 6-9-2.500-9-6 4-6 9-6zM7 15c-2 1-2 3 0 4s2 2 1 3"],
  ["box", "Box", "B", "M4 6h16v12H4z"],
  ["polygon", "Draw a shape", "D", "M5 8l7-4 8 5-3 10H7zM5 8m-1.500 0a1.500 1.500 0 1 0 3 0a1.500 1.500 0 1 0-3 0"],
];
const CUT = ["cut", "Draw an exact border", "K", "M6 6a2 2 0 1 0 0-.1M6 18a2 2 0 1 0 0-.1M20 4L8 16M14.500 14.500L20 20M8 8l4 4"];
const LAYERS = [
  ["accounts", "Accounts"], ["units", "Unit borders"], ["names", "Names and load"],
  ["homes", "Reps' homes"], ["today", "Today's territories"], ["outlines", "Base map"],
];
export const KEYS = Object.fromEntries([...TOOLS, CUT].map(([id, , key]) => [key, id]));

export class Panel {
  constructor(view, root) {
    this.view = view;
    this.tools = this.#box(root, "bw-tools", "toolbar", "Map tools");
    this.#toolbar();
    this.menu = this.#box(root, "bw-menu", "group", "Layers");
    this.menu.hidden = true;
    this.legend = this.#box(root, "bw-legend", "group", "Legend");
    this.bar = this.#box(root, "bw-bar", "region", "Selection");
    this.bar.hidden = true;
    this.tip = this.#box(root, "bw-tip", "tooltip", "");
    this.tip.hidden = true;
    this.live = this.#box(root, "bw-live", "status", "");
    this.live.setAttribute("aria-live", "polite");
    this.toast = this.#box(root, "bw-toast", "presentation", "");
    this.toast.hidden = true;
    this.#layers();
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
    const offered = this.view.scene.header.cuts ? [...TOOLS, CUT] : TOOLS;
    for (const [id, label, key, path] of offered) {
      const button = this.#button(`${label} (${key})`, path);
      button.dataset.tool = id;
      button.onclick = () => this.view.use(id);
      this.tools.appendChild(button);
    }
    const layers = this.#button("Layers", "M12 3l9 5-9 5-9-5zM3 12l9 5 9-5M3 16l9 5 9-5");
    layers.classList.add("bw-apart");
    layers.setAttribute("aria-expanded", "false");
    layers.onclick = () => {
      this.menu.hidden = !this.menu.hidden;
      layers.setAttribute("aria-expanded", String(!this.menu.hidden));
    };
    this.tools.appendChild(layers);
    const home = this.#button("Show everything (0)", "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5");
    home.onclick = () => this.view.fit();
    this.tools.appendChild(home);
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

  #layers() {
    const fill = make("fieldset", "");
    fill.appendChild(make("legend", "", "Fill shows"));
    for (const [id, label] of [["territories", "Territories"], ["load", "Load"]]) {
      fill.appendChild(this.#choice("radio", "bw-fill", id, label,
        () => this.view.state.fill === id, () => this.view.show({ fill: id })));
    }
    const list = make("fieldset", "");
    list.appendChild(make("legend", "", "Show"));
    for (const [id, label] of LAYERS) {
      if (id === "today" && !this.view.scene.today) continue;
      if (id === "homes" && !this.view.scene.homeX?.length) continue;
      list.appendChild(this.#choice("checkbox", "bw-layer", id, label,
        () => this.view.state.layers[id],
        (on) => this.view.show({ layers: { ...this.view.state.layers, [id]: on } })));
    }
    this.menu.append(fill, list);
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
    this.target.setAttribute("aria-label", "Territory they go to");
    this.target.onchange = () => this.view.aim(Number(this.target.value));
    this.apply = make("button", "bw-apply", "Apply");
    this.apply.type = "button";
    this.apply.onclick = () => this.view.apply();
    this.clear = make("button", "bw-clear", "Clear");
    this.clear.type = "button";
    this.clear.onclick = () => this.view.clear();
    this.bar.append(words, this.target, this.apply, this.clear);
  }

  // Show the state: pressed tool, legend, targets, and what a selection would do.
  update() {
    const { state } = this.view;
    for (const button of this.tools.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === state.tool));
    }
    this.#legend();
    this.#targets();
    const some = state.chosen.size + state.chosenAccounts.size > 0;
    this.bar.hidden = !some && state.tool !== "paint";
    this.apply.hidden = this.clear.hidden = !some || state.tool === "paint";
    this.apply.disabled = state.to === null;
    this.text.textContent = some ? this.view.describe()
      : "Paint into";
    this.effect.textContent = some ? this.view.effect() : "";
  }

  #targets() {
    const { state } = this.view;
    const wanted = [...state.territories.values()].filter((t) => !t.locked);
    const key = wanted.map((t) => `${t.code} ${t.name}`).join("\n");
    if (this.targetKey !== key) {
      this.targetKey = key;
      const first = make("option", "", "to territory ...");
      first.value = "-1";
      const options = wanted.map((t) => {
        const option = make("option", "", t.name);
        option.value = String(t.code);
        return option;
      });
      this.target.replaceChildren(first, ...options);
    }
    this.target.value = String(state.to ?? -1);
  }

  #legend() {
    const { state, scene } = this.view;
    const rows = [];
    if (state.fill === "load") {
      for (const { icon, color, text } of this.view.legend) {
        const row = make("span", "bw-row");
        const swatch = make("i", "bw-swatch");
        swatch.style.background = color;
        row.append(swatch, make("span", "", `${icon} ${text}`));
        rows.push(row);
      }
    }
    if (state.layers.accounts && scene.accountX?.length) {
      rows.push(mark("bw-dot", "customer"));
      if (scene.header.leads) rows.push(mark("bw-ring", "lead"));
    }
    if (state.overrides.length) rows.push(mark("bw-exception", "exception"));
    if (state.layers.homes && scene.homeX?.length) rows.push(mark("bw-house", "rep's home"));
    if (state.layers.today && scene.today) rows.push(mark("bw-dash", "today's border"));
    this.legend.replaceChildren(...rows);
    this.legend.hidden = !rows.length;
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
