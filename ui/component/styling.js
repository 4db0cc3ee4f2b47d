// Name and colour of the selected territory, changed where it is seen.

export class Styling {
  constructor(view, root) {
    this.view = view;
    this.root = root;
    root.hidden = true;
    this.name = document.createElement("input");
    this.name.type = "text";
    this.name.maxLength = 60;
    this.name.setAttribute("aria-label", "Name of the territory");
    this.name.onkeydown = (event) => this.#key(event);
    this.name.onchange = () => this.#rename();
    this.swatches = document.createElement("div");
    this.swatches.className = "bw-swatches";
    this.swatches.setAttribute("role", "group");
    this.swatches.setAttribute("aria-label", "Colour of the territory");
    for (const color of view.scene.header.palette) this.swatches.appendChild(this.#swatch(color));
    root.append(this.name, this.swatches);
  }

  #swatch(color) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.color = color;
    button.style.backgroundColor = color;
    button.onclick = () => this.view.recolor(color);
    return button;
  }

  toggle() {
    if (this.root.hidden) this.open();
    else this.close();
  }

  open() {
    this.root.hidden = false;
    this.at = this.said = null;
    this.update();
    this.name.focus();
    this.name.select();
  }

  // Says whether it was open.
  close() {
    const open = !this.root.hidden;
    this.root.hidden = true;
    return open;
  }

  // Follow the territory; what is being typed stays.
  update() {
    if (this.root.hidden) return;
    const territory = this.view.focused();
    if (!territory) {
      this.close();
      return;
    }
    if (this.at !== territory.code) this.name.value = territory.name;
    this.at = territory.code;
    const worn = this.view.colorsBeside(territory.code);
    for (const button of this.swatches.children) {
      const { color } = button.dataset;
      const own = color === territory.color.toLowerCase();
      const taken = !own && worn.has(color);
      button.setAttribute("aria-pressed", String(own));
      button.disabled = taken;
      button.title = taken ? `${color}: a neighbour wears it` : color;
      button.setAttribute("aria-label", button.title);
    }
  }

  #rename() {
    const name = this.name.value.trim();
    const territory = this.view.focused();
    if (!name || !territory || name === territory.name || name === this.said) return;
    this.said = name; // Enter and leaving the field say it twice
    this.view.rename(name);
  }

  #key(event) {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    if (event.key === "Enter") this.#rename();
    this.close();
    this.view.map.getContainer().focus({ preventScroll: true });
  }
}
