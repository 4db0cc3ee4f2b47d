// The search box: territories, accounts and units by name; places asked of Python.

const MOST = 8;
const PLACE_WAIT_MS = 250;

export class Find {
  constructor(view, root) {
    this.view = view;
    this.input = document.createElement("input");
    this.input.type = "search";
    this.input.placeholder = "Find a territory, account or place";
    this.input.setAttribute("aria-label", this.input.placeholder);
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-expanded", "false");
    this.list = document.createElement("ul");
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    root.append(this.input, this.list);
    this.input.oninput = () => this.#search();
    this.input.onkeydown = (event) => this.#key(event);
    this.input.onblur = () => setTimeout(() => this.#close(), 200);
    this.found = [];
  }

  #search() {
    const text = this.input.value.trim().toLowerCase();
    this.at = 0;
    this.found = text.length < 2 ? [] : this.#local(text);
    this.#show();
    clearTimeout(this.wait);
    if (text.length > 2) {
      this.view.wantNames();
      this.wait = setTimeout(() => this.view.emit({ kind: "find", text }), PLACE_WAIT_MS);
    }
  }

  // Names came in while somebody searches.
  again() {
    const text = this.input.value.trim().toLowerCase();
    if (text.length < 2 || this.input !== document.activeElement) return;
    this.found = this.#local(text);
    this.#show();
  }

  // First what starts with the text, then what has it anywhere.
  #local(text) {
    const { header } = this.view.scene;
    const territories = [...this.view.state.territories.values()];
    const kinds = [
      ["territory", territories.map((t) => t.name), (i) => this.view.zoomTo(territories[i].code)],
      [header.noun.one, header.units, (i) => this.view.zoomToUnits([i])],
      ["account", this.view.scene.accountNames, (i) => this.view.zoomToAccount(i)],
    ];
    const early = [], late = [];
    for (const [kind, names, go] of kinds) {
      for (let i = 0; i < names.length && early.length < MOST; i++) {
        const at = names[i].toLowerCase().indexOf(text);
        if (at < 0 || (at > 0 && late.length >= MOST)) continue;
        (at === 0 ? early : late).push({ name: names[i], kind, go: () => go(i) });
      }
    }
    return [...early, ...late].slice(0, MOST);
  }

  // Places Python knows, for the text they were asked for.
  places(answer) {
    if (!answer || answer.text !== this.input.value.trim().toLowerCase()) return;
    const known = this.found.filter((f) => f.kind !== "place");
    const places = answer.places.map(({ name, lon, lat }) => ({
      name, kind: "place", go: () => this.view.zoomToPoint(lon, lat),
    }));
    this.found = [...known.slice(0, MOST - Math.min(3, places.length)), ...places].slice(0, MOST);
    this.#show();
  }

  #show() {
    this.list.replaceChildren(...this.found.map((entry, i) => {
      const row = document.createElement("li");
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(i === this.at));
      const name = document.createElement("span");
      name.textContent = entry.name;
      const kind = document.createElement("small");
      kind.textContent = entry.kind;
      row.append(name, kind);
      row.onmousedown = (event) => {
        event.preventDefault();
        this.#go(i);
      };
      return row;
    }));
    this.list.hidden = !this.found.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  #key(event) {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) {
      event.preventDefault();
      this.at = (this.at + step + this.found.length) % this.found.length;
      this.#show();
    } else if (event.key === "Enter" && this.found.length) this.#go(this.at);
    else if (event.key === "Escape") this.#close();
  }

  #go(i) {
    const entry = this.found[i];
    this.#close();
    entry.go();
    this.view.panel.announce(`${entry.name} is in the middle of the map`);
  }

  #close() {
    this.found = [];
    this.#show();
  }
}
